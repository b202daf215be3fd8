"""The tables, and the revision that they are. A change here needs a migration; a test compares the two."""

from typing import Final

from sqlalchemy import (
    REAL,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

APPLICATION_ID: Final = (
    0x5742454E  # "WBEN" in the file's header: tells a workspace from any other SQLite file
)
REVISION: Final = "0007"

metadata = MetaData()


def _id() -> "Column[int]":
    return Column("id", Integer, primary_key=True)


def _run(*, primary_key: bool = False) -> "Column[int]":
    target = ForeignKey("runs.id", ondelete="CASCADE")
    return Column("run", Integer, target, nullable=False, primary_key=primary_key)


def _integer(name: str) -> "Column[int]":
    return Column(name, Integer, nullable=False, server_default=text("0"))


def _real(name: str) -> "Column[float]":
    return Column(name, REAL, nullable=False, server_default=text("0"))


def _text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False, server_default="")


def _kind(name: str) -> "Column[int]":
    """What stands beside a value: 0 finite, 1 NaN, 2 +inf, 3 -inf (SQLite would turn NaN into NULL)."""
    return Column(name, Integer, CheckConstraint(f"{name} BETWEEN 0 AND 3"), nullable=False)


# STRICT everywhere: a numpy integer would otherwise be stored as a blob without a word.
runs = Table(
    "runs",
    metadata,
    _id(),
    _text("name"),
    _text("model"),
    _text("state"),
    _text("cause"),
    _text("device"),
    _text("used_device"),
    _integer("seed"),
    _real("created"),
    _real("started"),
    _real("ended"),
    _integer("epoch"),
    _integer("epochs"),
    _integer("step"),
    _integer("steps"),
    _integer("parameters"),
    _text("dataset"),
    _text("request"),
    _integer("pid"),
    _real("process_started"),
    _real("heartbeat"),
    _text("message"),
    _integer("resumed_from"),
    _integer("model_id"),
    _real("deleted"),
    Index("runs_by_state", "state"),
    sqlite_autoincrement=True,  # a deleted run's number, and so its folder, is never given to another
    sqlite_strict=True,
)

# Apart from the row that changes every second, which SQLite rewrites as a whole.
snapshots = Table(
    "snapshots", metadata, _run(primary_key=True), _text("document"), _text("program"), sqlite_strict=True
)
run_params = Table("run_params", metadata, _run(primary_key=True), _text("params"), sqlite_strict=True)

# What people say of a run. Each change gives the row a new number, never used before: it serves as a cursor.
run_marks = Table(
    "run_marks",
    metadata,
    _id(),
    _run(),
    _integer("star"),
    _real("archived"),
    _text("notes"),
    UniqueConstraint("run"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# A row for each tag, so that two windows that tag the same run never take back one another's.
run_tags = Table(
    "run_tags",
    metadata,
    _run(primary_key=True),
    Column("tag", Text, nullable=False, primary_key=True),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# One row per run and metric: the summary, and the short number under which its points stand. `type` is the node type
# that recorded it, "" for none, such as a sum of losses.
metrics = Table(
    "metrics",
    metadata,
    _id(),
    _run(),
    _text("name"),
    _integer("count"),
    Column("last", REAL),
    _kind("last_kind"),
    _integer("last_step"),
    Column("min", REAL),
    _kind("min_kind"),
    _integer("min_step"),
    Column("max", REAL),
    _kind("max_kind"),
    _integer("max_step"),
    _integer("last_number"),
    _text("type"),
    UniqueConstraint("run", "name"),
    sqlite_strict=True,
)

# `number` counts the points of the whole run, so it serves as a cursor over one metric and over all of them.
# Stored in that order (no rowid): a curve's points lie together on the disk however many runs wrote at once.
points = Table(
    "points",
    metadata,
    Column("metric", Integer, ForeignKey("metrics.id", ondelete="CASCADE"), nullable=False, primary_key=True),
    Column("number", Integer, nullable=False, primary_key=True),
    _integer("step"),
    _integer("epoch"),
    Column("value", REAL),
    _kind("kind"),
    _real("time"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)

# Some points of every long curve, as `outlines.pack` gives them.
outlines = Table(
    "outlines",
    metadata,
    Column("metric", Integer, ForeignKey("metrics.id", ondelete="CASCADE"), nullable=False, primary_key=True),
    Column(
        "points",
        LargeBinary,
        CheckConstraint("length(points) > 0 AND length(points) % 32 = 0"),
        nullable=False,
    ),
    sqlite_strict=True,
)

media = Table(
    "media",
    metadata,
    _id(),
    _run(),
    _text("probe"),
    _text("kind"),
    _integer("step"),
    _integer("epoch"),
    Column("data", LargeBinary, nullable=False),
    _text("caption"),
    Index("media_by_run", "run"),
    sqlite_strict=True,
)

log_lines = Table(
    "log_lines",
    metadata,
    _id(),
    _run(),
    _real("time"),
    _text("level"),
    _text("text"),
    Index("log_lines_by_run", "run"),
    sqlite_strict=True,
)

checkpoints = Table(
    "checkpoints",
    metadata,
    _id(),
    _run(),
    _integer("step"),
    _integer("epoch"),
    _text("kind"),
    _text("path"),
    _text("sha256"),
    _integer("bytes"),
    Column("value", REAL),
    _kind("value_kind"),
    Index("checkpoints_by_run", "run"),
    sqlite_strict=True,
)

models = Table(
    "models",
    metadata,
    _id(),
    _text("name"),
    _text("document"),
    _integer("revision"),
    _real("created"),
    _real("updated"),
    _real("deleted"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# What a model was at some moment: kept under a name by a person, or without one before an older state came back.
versions = Table(
    "versions",
    metadata,
    _id(),
    Column("model", Integer, ForeignKey("models.id", ondelete="CASCADE"), nullable=False),
    _text("name"),
    _text("document"),
    _integer("nodes"),
    _integer("parameters"),
    _real("created"),
    _real("deleted"),
    Index("versions_by_model", "model"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

# Blocks for all models. The ports are texts to be shown, as in "x, image".
library = Table(
    "library",
    metadata,
    _id(),
    _text("name"),
    _text("document"),
    _text("inputs"),
    _text("outputs"),
    _integer("parameters"),
    _real("created"),
    _real("deleted"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

datasets = Table(
    "datasets",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    _text("title"),
    _text("source"),
    _text("reader"),
    _text("options"),
    _text("schema"),
    _text("splits"),
    _text("fingerprint"),
    _real("created"),
    Column("details", Text, nullable=False, server_default="{}"),
    sqlite_strict=True,
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True, nullable=False),
    _text("value"),
    sqlite_strict=True,
)
