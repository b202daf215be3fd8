"""One number of a model's answer to one example, for variants of that example: what explanations ask a model for.

Nothing of the model changes by it. Imports torch, the answers and the parts of an example.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from workbench.core.errors import JobError
from workbench.engine.carrying import apart, carried, put_back
from workbench.engine.explain.attribution import drawn
from workbench.engine.service.answers import Answer
from workbench.engine.trained import Model

Batch = Mapping[str, Tensor]


@contextmanager
def steady(program: nn.Module, seed: int, *, gradients: bool) -> Iterator[None]:
    """Inside, the program computes the same for the same input and leaves nothing behind.

    cuDNN's recurrent layers cannot give gradients in evaluation mode, so that torch's own take their place.
    """
    device = next(program.parameters(), torch.zeros(0)).device
    before = carried(program)
    with drawn(seed), apart(program), torch.set_grad_enabled(gradients):
        try:
            if gradients and device.type == "cuda":
                with torch.backends.cudnn.flags(enabled=False):
                    yield
            else:
                yield
        finally:
            put_back(program, before, device)


@dataclass(frozen=True, slots=True)
class Target:
    """Which number of an answer is meant: of a class or column, where there are places at one of them."""

    answer: Answer
    index: int
    place: int = 0
    """Of tokens, series and the nodes of a graph."""
    area: Tensor | None = None
    """Of masks: the places that count, H×W."""

    @property
    def name(self) -> str:
        """The class or column as people read it."""
        known = self.answer.classes
        if self.index < len(known):
            return known[self.index]
        if self.answer.kind == "numbers" and all(size == 1 for size in self.answer.spec.shape[1:]):
            return self.answer.origin.name if self.answer.origin is not None else self.answer.name
        return f"number {self.index + 1}"

    def of(self, scores: Tensor, *, alone: bool) -> Tensor:
        """The number of each variant. `alone`: the scores are of one graph, whose nodes are places."""
        table = self.columns(scores, alone=alone)
        if alone:
            return table[self.place : self.place + 1, self.index]
        if table.dim() == 2:
            return table[:, self.index]
        if self.area is not None:
            chosen = table[..., self.index].flatten(1)
            area = self.area.flatten().to(chosen)
            return (chosen * area).sum(1) / area.sum().clamp(min=1)
        return table[:, self.place, self.index]

    def columns(self, scores: Tensor, *, alone: bool) -> Tensor:
        """Scores with classes or columns last; a yes or no has two of them, the one the other's negative."""
        answer = self.answer
        if answer.kind == "vector" and not alone:
            return scores.flatten(1)
        if answer.kind not in ("classes", "tokens", "mask"):
            return scores[:, None] if scores.dim() == 1 else scores
        if answer.several:
            return scores
        if answer.axis is not None:
            return scores.movedim(answer.axis, -1)
        if answer.kind == "mask":
            yes = scores[:, 0] if scores.shape[1] == 1 else scores
        else:
            yes = scores[..., 0] if scores.dim() > (1 if answer.kind == "classes" else 2) else scores
        return torch.stack([-yes, yes], dim=-1)


@dataclass(frozen=True, slots=True)
class Question:
    """A target for one example. `batch` holds that example alone (of graphs one graph)."""

    model: Model
    answer: Answer
    batch: Batch
    seed: int = 0

    @property
    def alone(self) -> bool:
        """Whether variants cannot lie side by side in one batch: a graph's nodes would become others' neighbours."""
        return any(self._shape(port)[:1] != ("N",) for port in map(str, self.answer.given))

    def scores(self, *, gradients: bool = False) -> Tensor:
        """All that the model answers to the example."""
        program = self.model.program
        with steady(program, self.seed, gradients=gradients):
            return self.answer.scores(program, self.batch, gradients=gradients).float()

    def numbers(self, target: Target, values: Mapping[str, Tensor]) -> Tensor:
        """The target's number for S variants, which replace entries of the example: each S×E.

        Gradients are kept where they are on.
        """
        gradients = torch.is_grad_enabled()
        count = len(next(iter(values.values())))
        program, answer = self.model.program, self.answer
        if not self.alone:
            batch = {**self._spread(count), **values}
            with steady(program, self.seed, gradients=gradients):
                return target.of(answer.scores(program, batch, gradients=gradients).float(), alone=False)
        found = []
        for row in range(count):
            batch = {**self.batch, **{name: value[row] for name, value in values.items()}}
            with steady(program, self.seed, gradients=gradients):
                scores = answer.scores(program, batch, gradients=gradients).float()
            found.append(target.of(scores, alone=True))
        return torch.cat(found)

    def finite(self, scores: Tensor) -> Tensor:
        """Raises JobError for scores that are no numbers."""
        if not bool(torch.isfinite(scores).all()):
            raise JobError(
                "The model's answer to this example is no number (NaN or infinite), so nothing can be said about "
                "what decided it."
            )
        return scores

    def _spread(self, count: int) -> dict[str, Tensor]:
        needed = map(str, self.answer.given)
        return {name: self.batch[name].expand(count, *self.batch[name].shape[1:]) for name in needed}

    def _shape(self, port: str) -> Sequence[int | str]:
        node, _, name = port.partition(".")
        return self.model.analysis.root.infos[node].outputs[name].shape


def target_of(question: Question, wanted: int | None, place: int | None) -> tuple[Target, Tensor]:
    """The wanted class or column, else what the model itself says; and all that it answers. Raises JobError.

    Of tokens and series it is about one place: the last one, where none is wanted.
    """
    answer, scores = question.answer, question.finite(question.scores())
    if answer.kind == "picture":
        raise JobError(
            "A picture is no single score that something could have decided; choose another output."
        )
    table = Target(answer, 0).columns(scores, alone=question.alone)
    places = table.shape[0] if question.alone else table.shape[1] if table.dim() > 2 else 1
    if place is None:
        place = 0 if question.alone else places - 1
    if not 0 <= place < places:
        raise JobError(f"There are {places:,} places, numbered from 0; there is none with number {place:,}.")
    columns = table.shape[-1]
    if wanted is not None and not 0 <= wanted < columns:
        raise JobError(
            f"The answer “{answer.name}” has {columns:,} classes or columns; {wanted} is none of them."
        )
    if answer.kind == "mask":
        guess = table[0].argmax(-1)
        # Class 0 is what lies behind everything else, as pictures of areas have it.
        found = guess[guess > 0] if bool((guess > 0).any()) else guess
        index = int(found.flatten().mode().values) if wanted is None else wanted
        area = guess == index
        return Target(answer, index, area=area if bool(area.any()) else torch.ones_like(area)), scores
    here = table[place] if question.alone else table[0, place] if table.dim() == 3 else table[0]
    judged = answer.kind in ("classes", "tokens")
    index = wanted if wanted is not None else int(here.argmax()) if judged else 0
    return Target(answer, index, place), scores
