import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from workbench.core.errors import StoreError
from workbench.store import opening, sqlite, tables
from workbench.store.store import Store

FIRST_FORMAT = Path(__file__).parents[1] / "files" / "workspace-0001.db"
CHANGED = ("alembic_version", "models")  # what the update and the test itself write
NOW = tables.REVISION
TOMORROW = "tomorrow"
NEXT = f"""
from alembic import op

revision = "{TOMORROW}"
down_revision = "{NOW}"


def upgrade() -> None:
    op.execute("ALTER TABLE runs ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'")
    {{more}}
"""


def _connect(path: Path) -> Any:
    return closing(sqlite.connect(path))


def _schema(path: Path) -> set[str]:
    with _connect(path) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {re.sub(r"\s+", "", sql) for (sql,) in rows}


def _scripts(folder: Path, more: str = "pass") -> Path:
    """The migrations as they are, and one from tomorrow."""
    scripts = folder / "migrations"
    shutil.copytree(opening.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "tomorrow.py").write_text(NEXT.format(more=more))
    return scripts


@pytest.fixture
def tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "REVISION", TOMORROW)


def test_a_new_workspace_has_its_journal_and_says_whose_it_is(store: Store, path: Path) -> None:
    journal = "wal" if sqlite.library().wal else "delete"
    with _connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == (journal,)
        assert connection.execute("PRAGMA application_id").fetchone() == (tables.APPLICATION_ID,)
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (tables.REVISION,)
        ]
    assert store.files == path.with_name("experiments.files")
    assert store.check() == []


def test_workspaces_in_one_folder_share_no_files(tmp_path: Path) -> None:
    names = ("exp.db", "exp.v1", "exp.v2", "exp.sqlite")
    for _ in range(2):  # as new ones, and when they are opened again
        found = []
        for name in names:
            with closing(Store(tmp_path / name)) as store:
                found.append(store.files.name)
                store.run_folder(1)
        assert found == ["exp.files", "exp.v1.files", "exp.v2.files", "exp.sqlite.files"]
    with closing(Store(tmp_path / "exp.v1", read_only=True)) as store:
        assert store.files.name == "exp.v1.files"


def test_a_workspace_keeps_the_folder_that_it_has(tmp_path: Path) -> None:
    Store(tmp_path / "exp.v1").close()
    (tmp_path / "exp.v1.files").rename(tmp_path / "exp.files")  # as it was called once
    for _ in range(2):
        with closing(Store(tmp_path / "exp.v1")) as store:
            assert store.files == tmp_path / "exp.files"


def test_missing_folders_are_made(tmp_path: Path) -> None:
    Store(tmp_path / "a" / "b" / "experiments.db").close()
    assert (tmp_path / "a" / "b" / "experiments.db").exists()


def test_the_newest_migration_is_the_revision_of_the_tables() -> None:
    assert ScriptDirectory(str(opening.MIGRATIONS)).get_heads() == [tables.REVISION]


def test_the_migrations_lead_to_the_tables(store: Store, path: Path, tmp_path: Path) -> None:
    migrated = tmp_path / "migrated.db"
    with closing(sqlite.connect(migrated)) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
        connection.execute(f"PRAGMA application_id = {tables.APPLICATION_ID}")
        connection.execute("INSERT INTO alembic_version VALUES ('')")
        connection.execute("DELETE FROM alembic_version")
        _upgrade(connection)
    assert _schema(migrated) == _schema(path)


def _upgrade(connection: Any) -> None:
    from alembic import command
    from alembic.config import Config

    with opening.exclusively(connection) as bound:
        config = Config(attributes={"connection": bound})
        config.set_main_option("script_location", str(opening.MIGRATIONS))
        command.upgrade(config, "head")


def test_alembic_sees_no_difference_to_the_tables(store: Store, path: Path) -> None:
    engine = create_engine("sqlite://", module=sqlite.dbapi(), creator=lambda: sqlite.connect(path))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, tables.metadata) == []
    engine.dispose()


def test_an_up_to_date_workspace_opens_without_alembic(path: Path) -> None:
    Store(path).close()
    script = f"""
import sys
from workbench.store.store import Store
Store({str(path)!r}).runs()
print("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_records_cost_no_import_of_sqlalchemy() -> None:
    script = "import sys, workbench.store.records; print('sqlalchemy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_many_may_make_the_same_workspace_at_once(path: Path) -> None:
    together, failures = threading.Barrier(6), []

    def make() -> None:
        together.wait()
        try:
            Store(path).close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with closing(Store(path)) as store:
        assert store.check() == []


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"colour,weight\nred,3\n" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is not an SQLite database"):
        Store(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with _connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="of another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_damaged_workspace_is_refused(path: Path) -> None:
    Store(path).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\x5a" * 3996
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        Store(path)


def test_damage_inside_is_found_by_the_check_and_named_when_read(store: Store, path: Path, run: int) -> None:
    with _connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'snapshots'").fetchone()
    store.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\x5a" * 4096
    path.write_bytes(content)
    with closing(Store(path)) as damaged:
        assert damaged.run(run).name == "first"
        assert damaged.check() != []
        with pytest.raises(StoreError, match="is damaged"):
            damaged.document_text(run)


def test_a_newer_workspace_is_refused_untouched(path: Path) -> None:
    Store(path).close()
    with _connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer Workbench.*9999.*Update Workbench"):
        Store(path)
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == ["experiments.db"]


def test_a_folder_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"is a folder.*experiments\.db"):
        Store(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/below cannot be made: Not a directory"):
        Store(tmp_path / "file" / "below" / "experiments.db")


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no write bit there")
@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_is_read_only_is_named(what: str) -> None:
    # Not among the files of these tests: there nobody else may look.
    folder = Path(tempfile.mkdtemp(prefix="workbench-", dir=os.environ["PYTEST_DEBUG_TEMPROOT"]))
    path = folder / "experiments.db"
    Store(path).close()
    (folder if what == "folder" else path).chmod(0o555)
    if what == "file":
        folder.chmod(0o777)
    root = os.geteuid() == 0
    try:
        if root:
            folder.chmod(0o555 if what == "folder" else 0o777)
            os.seteuid(65534)  # root may write anywhere
        with pytest.raises(StoreError, match="is read-only"):
            Store(path)
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_locked_workspace_says_so(path: Path) -> None:
    with closing(Store(path, busy_seconds=0.1)) as store, _connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another program"):
            store.set_setting("theme", "dark")
        other.execute("ROLLBACK")
        store.set_setting("theme", "dark")
        assert store.setting("theme") == "dark"


def test_a_closed_workspace_says_so(store: Store) -> None:
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.runs()
    store.close()


@pytest.mark.usefixtures("tomorrow")
def test_an_older_workspace_is_backed_up_and_migrated(path: Path, tmp_path: Path) -> None:
    scripts, files = _scripts(tmp_path), tmp_path / "experiments.files"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "REVISION", NOW)
        with closing(Store(path)) as store:
            store.set_setting("kept", 1)
    opening.prepare(path, files, 1.0, scripts)
    with _connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (TOMORROW,)
        assert connection.execute("SELECT value FROM settings").fetchone() == ("1",)
        assert "colour" in [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    (backup,) = (files / "backups").iterdir()
    assert re.fullmatch(rf"experiments-{NOW}-\d{{8}}-\d{{6}}\.db", backup.name)
    with _connect(backup) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (NOW,)
        assert connection.execute("SELECT value FROM settings").fetchone() == ("1",)


@pytest.mark.usefixtures("tomorrow")
def test_a_failing_migration_changes_nothing(path: Path, tmp_path: Path) -> None:
    _older(path)
    scripts = _scripts(tmp_path, 'op.execute("INSERT INTO nowhere VALUES (1)")')
    with pytest.raises(Exception, match="nowhere"):
        opening.prepare(path, tmp_path / "experiments.files", 1.0, scripts)
    assert _version_and_columns(path) == (NOW, False)


@pytest.mark.usefixtures("tomorrow")
def test_without_a_backup_nothing_is_migrated(path: Path, tmp_path: Path) -> None:
    _older(path)
    (tmp_path / "experiments.files").write_text("a file in the place of the folder")
    with pytest.raises(StoreError, match="no backup could be made"):
        opening.prepare(path, tmp_path / "experiments.files", 1.0, _scripts(tmp_path))
    assert _version_and_columns(path) == (NOW, False)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_migration_reopens_at_the_old_version_and_then_migrates(path: Path, tmp_path: Path) -> None:
    _older(path)
    half = "import time; print('half', flush=True); time.sleep(60)"
    scripts, files = _scripts(tmp_path, half), tmp_path / "experiments.files"
    script = f"""
from pathlib import Path
from workbench.store import opening, tables
tables.REVISION = {TOMORROW!r}
opening.prepare(Path({str(path)!r}), Path({str(files)!r}), 1.0, Path({str(scripts)!r}))
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert _version_and_columns(path) == (NOW, False)
    (scripts / "versions" / "tomorrow.py").write_text(NEXT.format(more="pass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "REVISION", TOMORROW)
        opening.prepare(path, files, 1.0, scripts)
    assert _version_and_columns(path) == (TOMORROW, True)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(
    "script",
    [
        "m0002_versions.py",
        "m0003_library.py",
        "m0004_dataset_details.py",
        "m0005_types_of_metrics.py",
        "m0007_outlines.py",
    ],
)
def test_a_workspace_of_the_first_format_survives_a_kill_at_any_step_of_its_update(
    path: Path, tmp_path: Path, script: str
) -> None:
    shutil.copy(FIRST_FORMAT, path)
    before, scripts, files = _rows(path), tmp_path / "migrations", tmp_path / "experiments.files"
    shutil.copytree(opening.MIGRATIONS, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    with (scripts / "versions" / script).open("a") as file:  # stands still once its tables are made
        file.write("    import time; print('half', flush=True); time.sleep(60)\n")
    program = f"""
from pathlib import Path
from workbench.store import opening
opening.prepare(Path({str(path)!r}), Path({str(files)!r}), 5.0, Path({str(scripts)!r}))
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert _rows(path) == before
    with closing(Store(path)) as store:
        assert store.check() == []
        model = store.save_model(None, '{"name": "new"}')
        assert (
            store.add_version(model.id, '{"name": "new"}', "one").name == "one" and store.kept_blocks() == []
        )
    assert _rows(path).keys() == {*before, "versions", "library", "run_marks", "run_tags", "outlines"}
    after = _rows(path)
    for name in before.keys() - set(CHANGED):  # newer columns come last
        width = len(before[name][0]) if before[name] else 0
        assert [row[:width] for row in after[name]] == [row[:width] for row in before[name]]
        assert len(after[name]) == len(before[name])
    with _connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(NOW,)]
        assert connection.execute("SELECT count(*) FROM models").fetchone() == (len(before["models"]) + 1,)


def _rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All that a workspace holds, by table."""
    with _connect(path) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}


def _older(path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "REVISION", NOW)
        Store(path).close()


def _version_and_columns(path: Path) -> tuple[str, bool]:
    with _connect(path) as connection:
        (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return version, "colour" in [row[1] for row in connection.execute("PRAGMA table_info(runs)")]


@pytest.fixture
def unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    library = sqlite.SqliteLibrary("sqlite3", "3.40.1", False, "because.")
    monkeypatch.setattr(sqlite, "library", lambda: library)


@pytest.mark.usefixtures("unsafe")
def test_an_unsafe_library_works_with_a_rollback_journal(path: Path) -> None:
    with closing(Store(path)) as store, _connect(path) as connection:
        store.set_setting("a", 1)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert store.setting("a") == 1


@pytest.mark.skipif(not sqlite.library().wal, reason="this machine's SQLite makes no WAL")
def test_an_unsafe_library_does_not_join_a_workspace_in_wal(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = sqlite.SqliteLibrary("sqlite3", "3.40.1", False, "SQLite 3.40.1 can lose rows.")
    monkeypatch.setattr(sqlite, "library", lambda: library)
    store.set_setting("a", 1)
    with pytest.raises(StoreError, match="in use by a program with a newer SQLite"):
        Store(store.path, busy_seconds=0.1)
