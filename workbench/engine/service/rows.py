"""What a model answers about each item of a batch, beside what is right. Imports torch, answers and the data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workbench.catalog.schema import OUTSIDE
from workbench.core.errors import JobError
from workbench.engine.service.answers import Answer
from workbench.engine.service.data import Data

MOST_NUMBERS, _KEPT = 512, 64
Entry = tuple[Tensor, Tensor, Tensor]
"""Of what counts: the right class, the answered one, and the share that it was given."""


@dataclass(frozen=True, slots=True)
class Rows:
    """One entry an item, on the CPU; of things that an answer has not, empty tensors.

    `target` and `predicted` are classes (−1 where there is none, or where the scores are no numbers), `values` and
    `truth` are numbers in the units of the data, `loss` is −ln of the share that was given to what is right (of
    several entries their mean) or the mean squared error (of several columns in units of training, in which each
    counts alike), `off` the mean absolute one. Of items of very many numbers
    only some are kept, which are enough to look at.
    """

    indices: Tensor
    loss: Tensor
    target: Tensor
    predicted: Tensor
    probability: Tensor
    shares: Tensor
    values: Tensor
    truth: Tensor
    off: Tensor

    def __len__(self) -> int:
        return len(self.indices)

    def at(self, places: Tensor) -> "Rows":
        """Some of the items."""
        taken = (getattr(self, each.name) for each in fields(self))
        return Rows(*(tensor[places] if len(tensor) else tensor for tensor in taken))


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all batches."""
    return Rows(*(torch.cat([getattr(part, each.name) for part in parts]) for each in fields(Rows)))


def answered(
    answer: Answer,
    program: nn.Module,
    batch: Mapping[str, Tensor],
    data: Data,
    split: str,
    indices: Sequence[int],
) -> tuple[Tensor, Tensor | None]:
    """The scores of the items of a batch, a row for each, and what is right. Raises JobError."""
    if data.first.whole:
        rows = torch.tensor([data.row(split, index) for index in indices])
    elif answer.spec.shape[:1] != ("N",):
        raise JobError(
            f"“{answer.name}” answers for the nodes of many graphs at once, not for the graphs, which are the "
            "examples here; that can be looked at only in the figures of training."
        )
    else:
        rows = None
    with torch.no_grad():
        scores = answer.scores(program, batch)
        right = answer.right(program, batch)
    if rows is not None:
        scores = scores[rows.to(scores.device)]
        right = right[rows.to(right.device)] if right is not None else None
    return scores, right


def rows_of(answer: Answer, scores: Tensor, right: Tensor | None, indices: Sequence[int]) -> Rows:
    """The rows of one batch. Without what is right `loss` and `target` are empty."""
    if answer.kind in ("classes", "mask", "tokens"):
        return _classes(answer, scores, right, indices)
    none = torch.zeros(0)
    computed = answer.computed(scores)
    values, columns = answer.in_units(computed).flatten(1).cpu(), max(1, len(answer.std))
    empty = torch.zeros(0, dtype=torch.int64)
    if right is None:
        return Rows(torch.tensor(indices), none, empty, empty, none, none, _some(values, columns), none, none)
    truth = answer.in_units(right).flatten(1).cpu()
    apart = (computed - right).double().flatten(1).cpu() if columns > 1 else values - truth
    loss, off = apart.square().mean(1), (values - truth).abs().mean(1)
    return Rows(
        torch.tensor(indices),
        loss,
        empty,
        empty,
        none,
        none,
        _some(values, columns),
        _some(truth, columns),
        off,
    )


def _some(values: Tensor, columns: int) -> Tensor:
    """So many of the numbers of each item as can be kept of all items; of columns side by side whole rows."""
    if values.shape[1] <= MOST_NUMBERS:
        return values
    steps = values.reshape(len(values), -1, columns)
    places = torch.linspace(0, steps.shape[1] - 1, max(1, _KEPT // columns)).long()
    return steps[:, places].flatten(1)


def _classes(answer: Answer, scores: Tensor, right: Tensor | None, indices: Sequence[int]) -> Rows:
    shares = answer.probabilities(scores)
    none, empty = torch.zeros(0), torch.zeros(0, dtype=torch.int64)
    broken = shares.isnan().flatten(1).any(1)
    if answer.several:
        truth = right.float().cpu() if right is not None else none
        loss = -_likely(shares, right).mean(1).cpu() if right is not None else none
        return Rows(torch.tensor(indices), loss, empty, empty, none, shares.cpu(), none, truth, none)
    best, guess = shares.max(-1)
    loss, target = none, empty
    if right is not None:
        truth = _as_classes(answer, right)
        counts = truth != OUTSIDE
        chosen = _log_shares(answer, scores).gather(-1, truth.clamp(min=0)[..., None])[..., 0]
        loss = (-_mean(chosen, counts)).cpu() if answer.scale else torch.full((len(truth),), torch.nan)
        target = truth if truth.dim() == 1 else truth.new_full((len(truth),), -1)
        target = target.where(target != OUTSIDE, -1).cpu()
    single = guess.dim() == 1
    predicted = guess.where(~broken, -1).cpu() if single else guess.new_full((len(guess),), -1).cpu()
    probability = (best if single else best.flatten(1).mean(1)).cpu()
    if not answer.scale:
        probability = torch.full_like(probability, torch.nan)
    kept = shares.cpu() if single else none
    return Rows(torch.tensor(indices), loss, target, predicted, probability, kept, none, none, none)


def entries(answer: Answer, scores: Tensor, right: Tensor) -> Entry:
    """All classes that count, also those of pixels and tokens, on the CPU; −1 for scores that are no numbers."""
    shares = answer.probabilities(scores)
    best, guess = shares.max(-1)
    truth = _as_classes(answer, right)
    guess = guess.where(~shares.isnan().any(-1), -1)
    counts = truth != OUTSIDE
    return truth[counts].cpu(), guess[counts].cpu(), best[counts].cpu()


def _as_classes(answer: Answer, right: Tensor) -> Tensor:
    """What is right as classes; of shares of classes the largest."""
    if right.is_floating_point() and right.dim() == 2 and answer.axis is not None:
        return right.argmax(1)
    return right.long()


def _log_shares(answer: Answer, scores: Tensor) -> Tensor:
    """The logarithms of the shares, exact also where these are tiny."""
    scores = scores.float()
    if answer.axis is not None and answer.scale == "exp":
        return scores.movedim(answer.axis, -1)
    if answer.axis is not None:
        return F.log_softmax(scores.movedim(answer.axis, -1), -1)
    if answer.scale == "sigmoid":
        flat = answer.flat(scores)
        return torch.stack([F.logsigmoid(-flat), F.logsigmoid(flat)], dim=-1)
    return answer.probabilities(scores).clamp(min=1e-38).log()


def _likely(shares: Tensor, right: Tensor) -> Tensor:
    """Of labels of which several may be true: the logarithm of the share that each was rightly given."""
    truth = right.float()
    shares = shares.clamp(1e-7, 1 - 1e-7)
    return truth * shares.log() + (1 - truth) * (1 - shares).log()


def _mean(values: Tensor, counts: Tensor) -> Tensor:
    """The mean of what counts of each item; 0 where nothing does."""
    if values.dim() == 1:
        return values.where(counts, 0.0)
    flat, kept = values.flatten(1), counts.flatten(1)
    return flat.where(kept, 0.0).sum(1) / kept.sum(1).clamp(min=1)
