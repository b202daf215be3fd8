"""Metrics of runs as a table for other programs, a row for each value: CSV or Parquet. Imports the store, not torch."""

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from workbench.core import text
from workbench.core.errors import JobError
from workbench.core.files import replacing
from workbench.store.records import Curve, RunRecord
from workbench.store.store import Store

COLUMNS: Final = ("run", "metric", "step", "epoch", "value", "time")
"""`time` is in seconds since 1970; `value` may be NaN, inf or -inf."""
OWN: Final = "workbench."
"""So begins what Workbench tells of its own runs in other programs' files: its name, model, dataset, seed, state …"""
_CHUNK: Final = 200_000
Part = tuple[int, str, Curve]


def write_csv(store: Store, runs: Sequence[int], file: Path) -> int:
    """Writes all values of the runs; gives how many. Numbers are written so that they read back exactly."""
    with replacing(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(COLUMNS)

        def add(run: int, metric: str, curve: Curve) -> None:
            name = text.cell(metric)
            writer.writerows(
                (run, name, step, epoch, repr(value), repr(time))
                for step, epoch, value, time in zip(
                    curve.steps, curve.epochs, curve.values, curve.times, strict=True
                )
            )

        return _written(store, runs, add)


def write_parquet(store: Store, runs: Sequence[int], file: Path) -> int:
    """The same as Parquet; NaN is a value there, and not a gap."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = pa.dictionary(pa.int32(), pa.string())
    kinds: list[Any] = [pa.int64(), name, pa.int64(), pa.int64(), pa.float64(), pa.float64()]
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    with replacing(file) as temporary, pq.ParquetWriter(temporary, schema) as writer:

        def add(run: int, metric: str, curve: Curve) -> None:
            count = len(curve.steps)
            names = pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([metric]))
            numbers = [
                pa.array(memoryview(each)) if count else pa.array([], kind)
                for each, kind in ((curve.steps, pa.int64()), (curve.epochs, pa.int64()))
            ]
            floats = [pa.array(memoryview(each)) for each in (curve.values, curve.times)]
            first = pa.array([run] * count, pa.int64())
            writer.write_table(pa.Table.from_arrays([first, names, *numbers, *floats], schema=schema))

        return _written(store, runs, add)


def parts(store: Store, runs: Sequence[int]) -> Iterator[Part]:
    """All values, run by run and metric by metric, not too many at once. Raises StoreError for an unknown run."""
    for run in runs:
        store.run(run)
    for run in runs:
        for metric in store.summaries([run])[run]:
            after = 0
            while len((curve := store.curve(run, metric, after, _CHUNK)).steps):
                yield run, metric, curve
                after = curve.cursor


def facts(store: Store, record: RunRecord) -> dict[str, str]:
    """What other programs have no place of their own for, by the names under which it comes back from there."""
    marks = store.marks_of(record.id)
    found = {
        "run": str(record.id),
        "name": record.name,
        "model": record.model,
        "dataset": record.dataset,
        "seed": str(record.seed),
        "state": record.state,
        "cause": record.cause,
        "tags": ", ".join(marks.tags),
        "notes": marks.notes,
    }
    return {f"{OWN}{name}": value for name, value in found.items() if value}


def drawing(store: Store, run: int) -> str:
    """The text of a run's drawing; "" for a run from elsewhere that has none."""
    return "" if store.run(run).imported and not store.program_text(run) else store.document_text(run)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill that becomes `folder` at the end, or is gone. Raises JobError where there is one with files."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise JobError(f"{folder} is there already; name a new folder.")
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield temporary
        temporary.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        temporary.replace(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _written(store: Store, runs: Sequence[int], add: Callable[[int, str, Curve], None]) -> int:
    count = 0
    for run, metric, curve in parts(store, runs):
        add(run, metric, curve)
        count += len(curve.steps)
    return count
