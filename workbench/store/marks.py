"""What people say of runs: stars, tags, notes, and which runs are put away.

Each write changes only what it names, so that two windows at once never take back one another's. What a method
gives is what it really changed: enough to take it back.
"""

import json
import time
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, literal, select
from sqlalchemy.dialects.sqlite import insert as upsert

from workbench.core import text
from workbench.core.errors import StoreError
from workbench.store import tables
from workbench.store.records import Marks, TagChange
from workbench.store.runs import Runs

MOST_NOTES: Final = 1_000_000
"""Characters that the notes of one run may have."""
_LONGEST_TAG: Final = 60
_MARKS, _TAGS = tables.run_marks.c, tables.run_tags.c


class Marking(Runs):
    """The part of the store that knows stars, tags, notes and the archive. Each method is one transaction."""

    def marks(self, after: int = 0) -> tuple[dict[int, Marks], int]:
        """The marks of all runs that were marked since the cursor, and the next cursor; unmarked runs are left out."""
        with self._read() as connection:
            statement = select(tables.run_marks).where(_MARKS.id > after).order_by(_MARKS.id)
            rows = connection.execute(statement).all()
            wanted = select(_MARKS.run).where(_MARKS.id > after)
            tags: dict[int, list[str]] = {}
            for run, tag in connection.execute(select(tables.run_tags).where(_TAGS.run.in_(wanted))):
                tags.setdefault(run, []).append(tag)
        found = {
            row.run: Marks(
                bool(row.star), tuple(sorted(tags.get(row.run, ()), key=_order)), row.notes, row.archived
            )
            for row in rows
        }
        return found, rows[-1].id if rows else after

    def marks_of(self, run: int) -> Marks:
        with self._read() as connection:
            self._run(connection, run)
            row = connection.execute(select(tables.run_marks).where(_MARKS.run == run)).one_or_none()
            if row is None:
                return Marks()
            tags = connection.execute(select(_TAGS.tag).where(_TAGS.run == run)).scalars()
            return Marks(bool(row.star), tuple(sorted(tags, key=_order)), row.notes, row.archived)

    def star(self, runs: Iterable[int], on: bool = True) -> list[int]:
        """Gives runs a star or takes it away; the runs that this changed."""
        return self._mark(runs, "star", int(on))

    def archive(self, runs: Iterable[int], on: bool = True) -> list[int]:
        """Puts runs away or takes them out again; the runs that this changed."""
        return self._mark(runs, "archived", time.time() if on else 0.0)

    def change_tags(
        self, add: Iterable[tuple[int, str]] = (), remove: Iterable[tuple[int, str]] = ()
    ) -> TagChange:
        """Adds and removes tags of runs, as (run, tag). A tag that differs in its case alone is the same one."""
        added, removed = list(add), list(remove)
        wanted = [(run, _tag(tag)) for run, tag in added]
        with self._write() as connection:
            known = {
                tag.casefold(): tag for tag in connection.execute(select(_TAGS.tag).distinct()).scalars()
            }
            came, went = [], []
            for run, tag in removed:
                self._run(connection, run)
                tag = known.get(" ".join(tag.split()).casefold(), tag)
                taken = delete(tables.run_tags).where(_TAGS.run == run, _TAGS.tag == tag)
                if connection.execute(taken).rowcount:
                    went.append((run, tag))
            for run, tag in wanted:
                self._run(connection, run)
                tag = known.setdefault(tag.casefold(), tag)
                given = upsert(tables.run_tags).values(run=run, tag=tag).on_conflict_do_nothing()
                if connection.execute(given).rowcount:
                    came.append((run, tag))
            self._touch(connection, list(dict.fromkeys(run for run, _ in (*came, *went))))
        return TagChange(tuple(came), tuple(went))

    def tags(self) -> dict[str, int]:
        """All tags in alphabetical order, each with how many runs have it; runs in the trash do not count."""
        runs = tables.runs.c
        statement = (
            select(_TAGS.tag, func.count())
            .join(tables.runs, runs.id == _TAGS.run)
            .where(runs.deleted == 0)
            .group_by(_TAGS.tag)
        )
        with self._read() as connection:
            found = {tag: int(count) for tag, count in connection.execute(statement)}
        return {tag: found[tag] for tag in sorted(found, key=_order)}

    def set_notes(self, run: int, notes: str, expected: str | None = None) -> str:
        """Keeps the notes of a run and gives them.

        `expected` is the text that they are a change of: where another window has changed it meanwhile, both texts
        are kept, one below the other.
        """
        with self._write() as connection:
            self._run(connection, run)
            before = connection.execute(select(_MARKS.notes).where(_MARKS.run == run)).scalar() or ""
            if expected is not None and before not in (expected, notes):
                notes = f"{before.rstrip()}\n\n{notes.lstrip()}"
            if len(notes) > MOST_NOTES:
                raise StoreError(
                    f"The notes of run {run} are longer than {MOST_NOTES:,} characters. Put the text into a file "
                    "and name it here."
                )
            if notes != before:
                self._touch(connection, [run], notes=notes)
        return notes

    def _mark(self, runs: Iterable[int], what: str, value: float) -> list[int]:
        """Sets a mark of those runs that do not have it yet, or still."""
        wanted = list(dict.fromkeys(runs))
        column = _MARKS[what]
        with self._write() as connection:
            there: set[int] = set(connection.execute(_among(tables.runs.c.id, wanted)).scalars())
            if missing := [run for run in wanted if run not in there]:
                raise self._no_run(missing[0])
            marked: set[int] = set(connection.execute(_among(_MARKS.run, wanted).where(column > 0)).scalars())
            changed = [run for run in wanted if (run in marked) != bool(value)]
            self._touch(connection, changed, **{what: value})
        return changed

    def _touch(self, connection: Connection, runs: list[int], **changes: Any) -> None:
        """Writes the rows of runs under new numbers, by which others see that they are other ones."""
        each = func.json_each(json.dumps(runs)).table_valued("value").alias("each").c.value
        kept = {
            name: literal(changes[name]) if name in changes else func.coalesce(_MARKS[name], empty)
            for name, empty in (("star", 0), ("archived", 0.0), ("notes", ""))
        }
        rows = select(each, *kept.values()).outerjoin_from(each.table, tables.run_marks, _MARKS.run == each)
        statement = insert(tables.run_marks).prefix_with("OR REPLACE")
        connection.execute(statement.from_select(["run", *kept], rows))


def _among(column: Any, ids: list[int]) -> "Select[Any]":
    """The column where it is one of many numbers: more of them than a statement may have parameters."""
    return select(column).where(
        column.in_(select(func.json_each(json.dumps(ids)).table_valued("value").c.value))
    )


_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))
"""Not seen themselves: they make one sign of several, as in many emoji."""


def _tag(tag: str) -> str:
    """A tag as it is kept: one line without spaces around it."""
    kept = " ".join(tag.split())
    if not kept:
        raise StoreError("A tag needs at least one character.")
    if len(kept) > _LONGEST_TAG:
        raise StoreError(f"A tag has at most {_LONGEST_TAG} characters; “{kept[:20]}…” has {len(kept)}.")
    if "," in kept:
        raise StoreError(f"“{kept}” cannot be a tag: commas stand between tags. Leave them out.")
    if not kept.translate(_JOINERS).isprintable():
        raise StoreError(
            f"“{text.one_line(kept)}” cannot be a tag: it has signs that nobody sees. Leave them out."
        )
    return kept


def _order(tag: str) -> tuple[str, str]:
    return tag.casefold(), tag
