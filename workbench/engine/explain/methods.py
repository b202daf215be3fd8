"""The methods of attribution for an example of any kind: what each of them needs of it, and what it says about it.

Imports torch, the attribution and the example.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from workbench.core.errors import JobError
from workbench.engine.explain import attribution
from workbench.engine.explain.layers import Layer, head_of, layer_at, layers_of, watched
from workbench.engine.explain.parts import Baseline, Parts
from workbench.engine.explain.scores import Question, Target, steady
from workbench.engine.explain.vectors import vectors_of
from workbench.engine.service import asked

Method = Literal["grad_cam", "integrated_gradients", "occlusion", "lime", "shap"]
METHODS: tuple[Method, ...] = get_args(Method)
BASELINES: Mapping[Method, Baseline] = {"integrated_gradients": "zero"}
"""What stands for nothing, where a method has another habit than the mean."""
_ROWS, _STEPS = 2**22, 2**20
"""So many numbers of an example at once: without gradients, and with them."""
_MOST_WINDOWS = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """Weights for each number of the pieces of an example, and a sentence about them.

    `shared`: a weight is that of a whole place, and stands at each of its channels; else channels add up.
    """

    values: tuple[Tensor, ...]
    said: str
    shared: bool = True


@dataclass(frozen=True, slots=True)
class Wish:
    """A question with its parts, and who hears of progress."""

    question: Question
    target: Target
    parts: Parts
    request: Mapping[str, Any]
    progress: Callable[[int, int], None]

    @property
    def seed(self) -> int:
        return self.question.seed

    @property
    def rows(self) -> int:
        """So many variants at once where no gradients are needed."""
        size = sum(piece.value.numel() for piece in self.parts.pieces)
        return max(1, min(64, _ROWS // max(1, size)))

    def counted(self, score: Callable[..., Tensor], total: int) -> Callable[..., Tensor]:
        """The same, with progress told after each call; Stopped comes from there."""
        done = 0

        def told(*values: Tensor) -> Tensor:
            nonlocal done
            found = score(*values)
            done += len(values[0])
            self.progress(min(done, total), total)
            return found

        return told

    def score(self, there: Tensor) -> Tensor:
        """Scores of variants, each a row of ones for the parts that are there."""
        return self.question.numbers(self.target, self.parts.variants(there)).float().cpu()


def _integrated_gradients(wish: Wish) -> Found:
    steps = asked.whole(wish.request, "steps", 64, 8, 512)
    vectors = vectors_of(wish.question, wish.target, wish.parts.pieces)
    score = wish.counted(vectors.score, steps + 2)
    size = sum(value.numel() for value in vectors.values)
    rows = max(1, min(64, _STEPS // max(1, size)))
    path = attribution.integrated_gradients(score, vectors.values, vectors.bases, steps, rows)
    share = abs(path.gap) / max(abs(path.change), 1e-9)
    said = (
        f"The weights add up to {path.change + path.gap:.4g}; from the baseline to the example the score changes by "
        f"{path.change:.4g}, so they are off by {share:.1%}."
    )
    said = said if share < 0.05 else f"{said} More steps bring them nearer."
    return Found(vectors.by_piece(path.values), said, shared=False)


def _occlusion(wish: Wish) -> Found:
    parts = wish.parts
    if parts.kind not in ("picture", "volume", "series"):
        score = wish.counted(wish.score, parts.count + 1)
        weights = attribution.left_out(score, parts.count, wish.rows)
        found = tuple(piece.spread(weights) for piece in parts.pieces)
        return Found(found, "A weight is by how much the score falls when this part alone is left out.")
    (piece,) = parts.pieces
    window, stride = _window(wish)
    count = attribution.windows(piece.value.shape, window, stride)

    def covered(values: Tensor) -> Tensor:
        return wish.question.numbers(wish.target, {piece.port: values})

    values = attribution.occlusion(
        wish.counted(covered, count + 1), piece.value, piece.base, window, stride, wish.rows
    )
    wide = "×".join(str(size) for size in (window[1:] if parts.channels_first else window[:1]))
    return Found(
        (values,), f"A weight is by how much the score falls while a window of {wide} around it is covered."
    )


def _window(wish: Wish) -> tuple[list[int], list[int]]:
    """The window and its stride: a seventh of the longest side, moved by half of it, over all channels at once."""
    parts = wish.parts
    (piece,) = parts.pieces
    shape = list(piece.value.shape)
    channel = 0 if parts.channels_first else len(shape) - 1
    sizes = [size for axis, size in enumerate(shape) if axis != channel]
    side = asked.whole(wish.request, "window", max(1, -(-max(sizes) // 7)), 1, max(sizes))
    step = max(1, side // 2)
    while (
        attribution.windows(sizes, [min(side, size) for size in sizes], [step] * len(sizes)) > _MOST_WINDOWS
    ):
        step += 1
    window = [size if axis == channel else min(side, size) for axis, size in enumerate(shape)]
    stride = [size if axis == channel else min(step, window[axis]) for axis, size in enumerate(shape)]
    return window, stride


def _lime(wish: Wish) -> Found:
    samples = asked.whole(wish.request, "samples", 512, 16, 10_000)
    weights = attribution.lime(
        wish.counted(wish.score, samples), wish.parts.count, samples, wish.seed, wish.rows
    )
    said = f"Weights of the linear model that comes nearest to the score of {samples:,} variants with parts left out."
    return Found(tuple(piece.spread(weights) for piece in wish.parts.pieces), said)


def _shap(wish: Wish) -> Found:
    count = wish.parts.count
    exact = count <= attribution.EXACT
    samples = (
        2**count if exact else asked.whole(wish.request, "samples", max(1024, 2 * count), 2 * count, 10_000)
    )
    score = wish.counted(wish.score, samples)
    weights = attribution.shap(score, count, samples, wish.seed, wish.rows)
    how = f"exactly, from all {samples:,} choices of parts" if exact else f"from {samples:,} choices of parts"
    said = f"Shapley values, {how}; they add up to {float(weights.sum()):.4g}, what all parts change the score by."
    return Found(tuple(piece.spread(weights) for piece in wish.parts.pieces), said)


def _grad_cam(wish: Wish) -> Found:
    parts, question = wish.parts, wish.question
    sizes = _places(parts)
    program, root = question.model.program, question.model.analysis.root
    wanted = asked.text(wish.request, "layer")
    known = [layer_at(program, root, wanted)] if wanted else layers_of(program, root)
    layers = [layer for layer in known if layer.is_map and len(layer.shape) == len(sizes) + 2]
    if not layers:
        if wanted:
            raise JobError(
                f"“{known[0].label}” puts out no maps of the input's places, as a convolution does."
            )
        raise JobError(
            "The model has no convolution whose maps have the places of this input, which Grad-CAM needs; "
            "integrated gradients, occlusion, LIME and SHAP need none."
        )
    wish.progress(0, 2)
    with watched([layer.module for layer in layers]) as seen:
        with steady(program, wish.seed, gradients=True):
            scores = question.answer.scores(program, question.batch, gradients=True).float()
            score = wish.target.of(scores, alone=False)[0]
        wish.progress(1, 2)
        layer, maps, gradients = _last_map(layers, seen, score, head_of(root, question.answer.source.node))
    cam = attribution.grad_cam(maps, gradients, sizes)
    shape = parts.pieces[0].value.shape
    values = (
        cam[..., None].expand(shape)
        if not parts.channels_first and cam.dim() < len(shape)
        else cam.expand(shape)
    )
    said = f"Where “{layer.label}” is active in a way that raises the score"
    return Found((values,), f"{said}{f', over its {len(maps)} uses' if len(maps) > 1 else ''}.")


def _places(parts: Parts) -> list[int]:
    """The places of an input that maps can lie over. Raises JobError."""
    shape = list(parts.pieces[0].value.shape)
    if parts.kind in ("picture", "volume"):
        return shape[1:]
    if parts.kind == "tokens":
        return shape
    if parts.kind == "series":
        return shape[1:] if parts.channels_first else shape[:1]
    what = "columns" if parts.kind == "columns" else "nodes"
    raise JobError(
        f"Grad-CAM tells where in a picture or series something is; {what} have no places like that."
    )


def _last_map(
    layers: Sequence[Layer], seen: Sequence[Sequence[Tensor]], score: Tensor, answered: str
) -> tuple[Layer, list[Tensor], list[Tensor]]:
    """The last layer that the score depends on with its maps and their gradients, one for each use.

    One with several places counts before one with a single place, a convolution before any other, and the layer that
    is the answer itself last. Raises JobError.
    """
    ranks = [
        (
            layer.path != answered,
            bool(found) and found[0][0, 0].numel() > 1,
            layer.kind == "convolution",
            place,
        )
        for place, (layer, found) in enumerate(zip(layers, seen, strict=True))
    ]
    for *_, place in sorted(ranks, reverse=True):
        found = list(seen[place])
        if not found or not score.requires_grad:
            continue
        gradients: Sequence[Tensor | None] = torch.autograd.grad(
            score, found, retain_graph=True, allow_unused=True
        )
        pairs = [
            (value[0], each[0]) for value, each in zip(found, gradients, strict=True) if each is not None
        ]
        if pairs:
            return layers[place], [value.detach() for value, _ in pairs], [each for _, each in pairs]
    raise JobError(
        f"The score does not depend on “{layers[-1].label}”; choose a layer in front of the answer."
    )


BY_NAME: Mapping[Method, Callable[[Wish], Found]] = {
    "grad_cam": _grad_cam,
    "integrated_gradients": _integrated_gradients,
    "occlusion": _occlusion,
    "lime": _lime,
    "shap": _shap,
}
