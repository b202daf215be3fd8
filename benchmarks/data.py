"""Reading data and handing out batches, beside torch's DataLoader with PIL or tensors, in the same process.

A first pass is everything from the files to the end of the first epoch, for Workbench including the process that
reads, the checks, the statistics and the copy that it keeps. A warm epoch is a later one. torch runs on one thread, and
the DataLoader of the pictures has a worker process for each core.

`python -m benchmarks.data images pictures` runs these parts only.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks._figures import Figure, at_least, report
from benchmarks._loaders import Case, Images, Pictures, Table, Text, peer_pass

TURNS = 3
SETTLED = 2.5
IN_MEMORY, WARM_FOLDER, FIRST_PASS = 10.0, 2.0, 1.0
PARTS = ("images", "pictures", "table", "text")
CASES: tuple[tuple[str, type[Case], int, float], ...] = (
    ("60,000 images of 28×28 in memory", Images, 60_000, IN_MEMORY),
    ("a folder of 20,000 JPEG pictures", Pictures, 20_000, WARM_FOLDER),
    ("a CSV file of 1,000,000 rows", Table, 1_000_000, IN_MEMORY),
    ("a text of 100 MB", Text, 100_000_000, IN_MEMORY),
)


def measure(name: str, case: Case, budget: float) -> Iterator[Figure]:
    """How many times faster the first pass (where there is something to read) and a warm epoch are."""
    _settle()
    start = time.perf_counter()
    data = case.read()
    case.ours_pass(data, 0)
    first = time.perf_counter() - start
    start = time.perf_counter()
    loader = case.peer()
    peer_pass(loader)
    peer_first = time.perf_counter() - start
    if not isinstance(case, Images):
        yield at_least(
            f"first pass over {name}", peer_first / first, "×", FIRST_PASS, "DataLoader, s", peer_first
        )
    ours, peers = [], []
    for turn in range(TURNS):
        ours.append(_seconds(case.ours_pass, data, turn + 1))
        peers.append(_seconds(peer_pass, loader))
    peer = statistics.median(peers)
    yield at_least(f"epoch over {name}", peer / statistics.median(ours), "×", budget, "DataLoader, s", peer)


def _settle() -> None:
    """Makes the source's files like a person's: on the disk, and older than the tick of its clock.

    Else whoever reads first waits for their being written, and files of this moment are looked at once more by
    their content, since a change of theirs could have the same time.
    """
    if hasattr(os, "sync"):
        os.sync()
    time.sleep(SETTLED)


def _seconds(work: Callable[..., int], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def figures(parts: Sequence[str]) -> Iterator[Figure]:
    """The ratios of the parts that are asked for."""
    torch.set_num_threads(1)
    Pictures.workers = os.cpu_count() or 1
    cases = dict(zip(PARTS, CASES, strict=True))
    for name, kind, items, budget in (cases[part] for part in parts):
        with tempfile.TemporaryDirectory() as folder:
            yield from measure(name, kind(Path(folder), items), budget)


if __name__ == "__main__":
    report(__doc__ or "", figures, PARTS)
