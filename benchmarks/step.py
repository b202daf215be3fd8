"""Time of a training step: the trainer's own loop beside a loop written by hand, and whether both end alike.

Both train the same model on the same batches in turns, with one torch thread. The trainer's time includes writing
every point to a database; the hand-written loop writes nothing. Where a process happens to put its arrays changes
either loop by some per cent, so the figure is the median over the turns of several processes (`_race.py`).
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

from benchmarks._figures import Figure, at_most, report

CASES = ("lenet5", "char-gpt", "gcn")
BUDGET = 1.05
PROCESSES = 4


def measure(case: str) -> Figure:
    """The ratio of both times; the budget is missed, too, when the weights differ in a single bit."""
    command = [sys.executable, "-m", "benchmarks._race", case]
    races = [
        json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for _ in range(PROCESSES)
    ]
    turns = [turn for race in races for turn in race["turns"]]
    ratio = statistics.median(ours / theirs for ours, theirs in turns)
    hand = statistics.median(theirs * 1000 for _, theirs in turns)
    same = all(race["identical"] for race in races)
    name = f"training step of {races[0]['name']}, weights {'identical' if same else 'DIFFERENT'}"
    figure = at_most(name, ratio, "×", BUDGET, "loop written by hand, ms", hand)
    return figure if same else replace(figure, ok=False)


def figures() -> Iterator[Figure]:
    """One figure for each model."""
    for case in CASES:
        yield measure(case)


if __name__ == "__main__":
    report(__doc__ or "", figures())
