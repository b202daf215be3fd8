"""How texts are made of a model's scores: the likeliest token each time, drawn ones, or beam search. Imports torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

Following = Callable[[Tensor, Tensor], Tensor]
"""Of texts N×L, and which example each of them belongs to (N): scores of the next token, N×V."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is taken; a temperature of 0 takes the likeliest."""

    temperature: float = 0.0
    top_k: int = 0
    top_p: float = 1.0

    def take(self, scores: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """A token for each row of scores N×V. Raises ValueError for scores that are no numbers."""
        if bool(scores.isnan().any()):  # multinomial would end the whole process on a GPU
            raise ValueError("the model's scores are no numbers (NaN)")
        if self.temperature == 0:
            return scores.argmax(dim=-1)
        return torch.multinomial(self.shares(scores), 1, generator=generator)[:, 0]

    def shares(self, scores: Tensor) -> Tensor:
        """With which share each token is drawn: first come temperature, then top k, then top p."""
        scores = scores - scores.amax(dim=-1, keepdim=True)  # a small temperature leaves no infinite ones
        scores = scores / self.temperature
        if 0 < self.top_k < scores.shape[-1]:
            least = scores.topk(self.top_k, dim=-1).values[:, -1:]
            scores = scores.masked_fill(scores < least, -torch.inf)
        shares = torch.softmax(scores, dim=-1)
        if self.top_p < 1:
            ranked, places = shares.sort(dim=-1, descending=True, stable=True)
            over = ranked.cumsum(dim=-1) - ranked >= self.top_p
            over[..., 0] = False  # the likeliest one always stays
            ranked = ranked.masked_fill(over, 0.0)
            shares = torch.zeros_like(shares).scatter(-1, places, ranked)
        return shares


def continued(
    following: Following,
    start: Tensor,
    length: int,
    sampling: Sampling,
    *,
    end: int | None,
    generator: torch.Generator | None = None,
) -> list[list[int]]:
    """Each of the rows N×P with up to `length` tokens more, cut in front of `end`. Rows that ended cost nothing."""
    found: list[list[int]] = [[] for _ in range(len(start))]
    text, rows = start, torch.arange(len(start), device=start.device)
    for _ in range(length):
        taken = sampling.take(following(text, rows).float(), generator)
        text = torch.cat([text, taken[:, None]], dim=1)
        if end is None:
            continue
        over = taken == end
        if bool(over.any()):
            for row, tokens in zip(rows[over].tolist(), text[over, :-1].tolist(), strict=True):
                found[row] = tokens
            text, rows = text[~over], rows[~over]
            if not len(rows):
                break
    for row, tokens in zip(rows.tolist(), text.tolist(), strict=True):
        found[row] = tokens
    return found


@dataclass(slots=True)
class _Beam:
    """What beam search has of one example: the beginnings that go on, and the best text that ended."""

    row: int
    live: list[tuple[float, list[int]]]
    best: list[int] = field(default_factory=list)
    score: float = -torch.inf

    def settled(self, length: int, penalty: float) -> bool:
        """Whether no beginning can become better than what has ended: they only become less likely."""
        return not self.live or self.score >= self.live[0][0] / _lengthened(length, penalty)


def beam_search(
    following: Following, start: Tensor, length: int, *, width: int, penalty: float, end: int
) -> list[list[int]]:
    """For each row of `start` N×P the text of at most `length` tokens more whose score is the highest.

    The score is log P / ((5 + tokens) / 6)^penalty (Wu et al., 2016), `end` counted as a token and not given back.
    Where none of the `width` beginnings comes to an end, the likeliest of them is given.
    """
    beams = [_Beam(row, [(0.0, tokens)]) for row, tokens in enumerate(start.tolist())]
    open_beams = beams
    for place in range(1, length + 1):
        _go_on(following, open_beams, start.device, width, end, _lengthened(place, penalty))
        open_beams = [beam for beam in open_beams if not beam.settled(length, penalty)]
        if not open_beams:
            break
    return [beam.best if beam.score > -torch.inf else beam.live[0][1] for beam in beams]


def _lengthened(tokens: int, penalty: float) -> float:
    return float(((5 + tokens) / 6) ** penalty)


def _go_on(
    following: Following, beams: list[_Beam], device: torch.device, width: int, end: int, divisor: float
) -> None:
    """One token more for all beginnings of all examples at once."""
    texts = [tokens for beam in beams for _, tokens in beam.live]
    rows = torch.tensor([beam.row for beam in beams for _ in beam.live], device=device)
    scores = torch.log_softmax(following(torch.tensor(texts, device=device), rows).float(), dim=-1)
    if bool(scores.isnan().any()):
        raise ValueError("the model's scores are no numbers (NaN)")
    # Of each beginning the best ones suffice: one of them at most is the end.
    values, tokens = scores.topk(min(width + 1, scores.shape[-1]), dim=-1)
    listed = list(zip(values.tolist(), tokens.tolist(), strict=True))
    place = 0
    for beam in beams:
        candidates = [
            (before + value, text, token)
            for (before, text), (likely, ids) in zip(
                beam.live, listed[place : place + len(beam.live)], strict=True
            )
            for value, token in zip(likely, ids, strict=True)
            if value > -torch.inf
        ]
        place += len(beam.live)
        candidates.sort(key=lambda candidate: -candidate[0])
        beam.live = [(score, [*text, token]) for score, text, token in candidates if token != end][:width]
        for score, text, token in candidates:
            if token == end and score / divisor > beam.score:
                beam.score, beam.best = score / divisor, text
