"""Tokens and categories as the vectors that a model looks up for them, of which gradients can be taken.

Imports torch and the questions.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workbench.core.errors import JobError
from workbench.engine.explain.parts import Piece
from workbench.engine.explain.scores import Question, Target


@dataclass(frozen=True, slots=True)
class Vectors:
    """Inputs made of numbers: pieces that are numbers as they are, of others what each Embedding gives for them."""

    question: Question
    target: Target
    pieces: tuple[Piece, ...]
    values: tuple[Tensor, ...]
    bases: tuple[Tensor, ...]
    places: tuple[int, ...]
    """The piece that each input is of."""
    modules: tuple[nn.Embedding | None, ...]

    def score(self, *given: Tensor) -> Tensor:
        """Scores of S variants, of which each input has a row."""
        count = len(given[0])
        inputs = {
            piece.port: piece.value.expand(count, *piece.value.shape).clone()
            for piece in self.pieces
            if not piece.value.is_floating_point()
        }
        with ExitStack() as hooks:
            for place, module, value in zip(self.places, self.modules, given, strict=True):
                port = self.pieces[place].port
                if module is None:
                    inputs[port] = value
                else:
                    hooks.enter_context(_instead(module, inputs[port], value))
            return self.question.numbers(self.target, inputs)

    def by_piece(self, found: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """One number for each of a piece: of vectors their sum, of several vectors of a token all together."""
        values = [torch.zeros(piece.value.shape, device=piece.value.device) for piece in self.pieces]
        for place, module, value in zip(self.places, self.modules, found, strict=True):
            values[place] += value.float() if module is None else value.float().sum(-1)
        return tuple(values)


def vectors_of(question: Question, target: Target, pieces: tuple[Piece, ...]) -> Vectors:
    """Raises JobError for tokens that no Embedding looks up."""
    values: list[Tensor] = []
    bases: list[Tensor] = []
    places: list[int] = []
    modules: list[nn.Embedding | None] = []
    for place, piece in enumerate(pieces):
        if piece.value.is_floating_point():
            values.append(piece.value)
            bases.append(piece.base)
            places.append(place)
            modules.append(None)
            continue
        found = _looked_up(question, piece.port)
        if not found:
            raise JobError(
                f"Gradients need numbers, but “{piece.port}” is looked up in no Embedding, so there are none that "
                "could be changed a little. Occlusion, LIME and SHAP do without."
            )
        for module in found:
            with torch.no_grad():
                values.append(module(piece.value))
                bases.append(module(piece.base))
            places.append(place)
            modules.append(module)
    return Vectors(question, target, pieces, tuple(values), tuple(bases), tuple(places), tuple(modules))


def _looked_up(question: Question, port: str) -> list[nn.Embedding]:
    """The Embeddings that are given an entry of the batch as it is."""
    found: list[nn.Embedding] = []
    wanted = question.batch[port]

    def before(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        if inputs and inputs[0] is wanted and isinstance(module, nn.Embedding) and module not in found:
            found.append(module)

    with ExitStack() as hooks:
        for module in question.model.program.modules():
            if isinstance(module, nn.Embedding):
                hooks.callback(module.register_forward_pre_hook(before).remove)
        question.scores()
    return found


@contextmanager
def _instead(module: nn.Embedding, tokens: Tensor, vectors: Tensor) -> Iterator[None]:
    """Inside, the module gives these vectors for these very tokens."""

    def after(module: nn.Module, inputs: tuple[Any, ...], result: Tensor) -> Tensor:
        return vectors if inputs[0] is tokens else result

    hook = module.register_forward_hook(after)
    try:
        yield
    finally:
        hook.remove()
