"""A pass of a model over a whole split, made once for each checkpoint: the rows of all items, and what is counted.

Imports torch, the context and the rows.
"""

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from workbench.core.errors import DataError
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Context
from workbench.engine.service.data import Data
from workbench.engine.service.rows import Rows, answered, entries, joined, rows_of
from workbench.jobs.starts import Which

BINS = 15
"""Of the diagram that holds how sure a model was against how often it was right."""
_MOST_COUNTED = 1_000
"""Of more classes it is not counted which was taken for which."""
MOST_CURVES, _MOST_SHARES = 100, 20_000_000
"""Of more classes, or of more numbers, the shares are not kept, of which curves are drawn."""


@dataclass(slots=True)
class Counts:
    """What is counted of all classes, also those of pixels and tokens."""

    confusion: Tensor
    """C×C, rows are what is right; empty where there are too many classes."""
    bins: Tensor = field(default_factory=lambda: torch.zeros(BINS, 3, dtype=torch.float64))
    """How many answers were so sure, how sure they were in all, and how many were right."""
    entries: int = 0
    right: int = 0
    broken: int = 0

    def add(self, truth: Tensor, guess: Tensor, share: Tensor) -> None:
        self.entries += len(truth)
        self.right += int((truth == guess).sum())
        self.broken += int((guess < 0).sum())
        known = guess >= 0
        truth, guess, share = truth[known], guess[known], share[known].double()
        size = len(self.confusion)
        if size:
            inside = (truth >= 0) & (truth < size)
            places = truth[inside] * size + guess[inside]
            self.confusion += torch.bincount(places, minlength=size * size).view(size, size)
        place = (share * BINS).long().clamp(0, BINS - 1)
        for column, values in enumerate((torch.ones_like(share), share, (truth == guess).double())):
            self.bins[:, column].scatter_add_(0, place, values)


@dataclass(frozen=True, slots=True)
class Pass:
    """What came of it; `judged` says whether the drawing knows what is right."""

    answer: Answer
    rows: Rows
    counts: Counts
    judged: bool


def passed(context: Context, run: int, which: Which, split: str, name: str = "") -> Pass:
    """The pass of a run's checkpoint over a split of its data, made when it is first asked for.

    Raises WorkbenchError, and Stopped when nobody wants it any more.
    """
    opened, data = context.opened(run, which), context.data(run)
    answer = context.answer(run, which, name)
    key = ("pass", run, opened.checkpoint.sha256, data.fingerprint, split, answer.name)
    return context.result(key, lambda: _pass(context, run, answer, which, data, split))


def _pass(context: Context, run: int, answer: Answer, which: Which, data: Data, split: str) -> Pass:
    total = data.count(split)
    if not total:
        raise DataError(f"The {split} part of the data has nothing in it.")
    program = context.model(run, which).program
    size = len(answer.classes)
    counted = size if answer.axis is not None or size == 2 else 0
    counts = Counts(torch.zeros(*(2 * [counted if counted <= _MOST_COUNTED else 0]), dtype=torch.int64))
    drawn = size <= MOST_CURVES and total * size <= _MOST_SHARES
    parts: list[Rows] = []
    judged, done = False, 0
    # Layers that keep their state go on from batch to batch where the data does, and begin anew here.
    program.train().eval()
    for indices, batch in data.batches(split):
        context.progress(done, total)
        scores, right = answered(answer, program, context.with_noise(run, batch), data, split, indices)
        rows = rows_of(answer, scores, right, indices)
        parts.append(rows if answer.several or drawn else replace(rows, shares=torch.zeros(0)))
        if right is not None:
            judged = True
            if answer.kind in ("classes", "mask", "tokens") and not answer.several:
                counts.add(*entries(answer, scores, right))
        done += len(indices)
    program.train().eval()  # nothing of this split is left for whatever comes next
    return Pass(answer, joined(parts), counts, judged)
