"""The examples of a split as points: how near to each other a layer takes them to be. Imports torch; scikit-learn for
t-SNE, in a thread, since it cannot be asked to stop.
"""

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from workbench.core.errors import JobError
from workbench.engine.carrying import apart
from workbench.engine.explain import paint
from workbench.engine.explain.layers import Layer, layer_at, use_of, watched
from workbench.engine.service import asked
from workbench.engine.service.context import Context
from workbench.engine.service.rows import Rows, answered, joined, rows_of

_MOST = {"pca": 20_000, "t-sne": 3_000}
_USUAL = {"pca": 1000, "t-sne": 500}
_WIDEST = 4096
"""Outputs of more numbers an example are averaged over their places."""
_FIRST_TO = 50
_EVERY = 0.1
"""Seconds between two looks at whether the answer is still wanted."""


def embedding(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"points", "indices", "targets", "predicted", "classes", "said", "layer", "label", "left_out"}.

    points: two numbers for each example of a split, made of what a layer puts out: of outputs with places their mean
    where they have more than 4,096 numbers, of sequences the mean of their steps. method "pca": the two directions in
    which they differ most (Pearson 1901), of which `said` tells how much they show; "t-sne": neighbours stay
    neighbours, distances mean nothing (van der Maaten and Hinton 2008), after PCA to 50 numbers. Takes "split",
    "layer", "output", "method", "count" (spread over the split), "perplexity" and "seed". Raises WorkbenchError.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    method = asked.choice(request, "method", tuple(_MOST), "pca")
    split, seed = asked.text(request, "split", "validation"), asked.whole(request, "seed", 0)
    perplexity = asked.number(request, "perplexity", 30.0, 2.0, 200.0)
    model, data = context.model(run, which), context.data(run)
    layer = layer_at(model.program, model.analysis.root, asked.text(request, "layer"))
    total = data.count(split)
    count = min(asked.whole(request, "count", _USUAL[method], 3, _MOST[method]), total)
    if count < 3:
        raise JobError(f"The {split} part has {total:,} examples; at least 3 are needed to lay them out.")
    chosen = {place * (total - 1) // (count - 1) for place in range(count)}
    vectors, rows = _vectors(context, request, layer, split, chosen)
    steps = 1 if method == "pca" else 2
    reduced, shown = principal(vectors, 2 if method == "pca" else _FIRST_TO)
    context.progress(1, steps)
    if method == "pca":
        points, said = reduced, f"The two directions show {shown:.0%} of how the examples differ."
    else:
        points = neighbours(reduced, perplexity, seed, context.progress)
        said = "Neighbours are alike; distances between groups and their sizes mean nothing."
    told = context.answer(run, which, asked.text(request, "output"))
    known = told.kind == "classes" and not told.several
    return {
        "points": paint.numbers(points),
        "indices": rows.indices.tolist(),
        "targets": _plain(rows.target if known else rows.truth, len(points)),
        "predicted": _plain(rows.predicted if known else rows.values, len(points)),
        "classes": list(told.classes) if known else [],
        "said": said,
        "layer": layer.path,
        "label": layer.label,
        "left_out": total - len(points),
    }


def principal(vectors: Tensor, count: int) -> tuple[Tensor, float]:
    """Examples × numbers as examples × count along the directions in which they differ most, and the share of the
    variance that these hold. The largest weight of a direction is positive, so that it does not flip by chance.
    """
    centred = vectors.double() - vectors.double().mean(0)
    _, sizes, directions = torch.linalg.svd(centred, full_matrices=False)
    count = min(count, len(sizes))
    chosen = directions[:count]
    largest = chosen.gather(1, chosen.abs().argmax(1, keepdim=True))
    points = centred @ (chosen * largest.sign()).T
    if count < 2:
        points = torch.cat([points, torch.zeros(len(points), 2 - count, dtype=points.dtype)], dim=1)
    variances = sizes.square()
    whole = float(variances.sum())
    return points, float(variances[:count].sum()) / whole if whole else 1.0


def neighbours(vectors: Tensor, perplexity: float, seed: int, progress: Callable[[], None]) -> Tensor:
    """t-SNE of examples × numbers. While it is at work `progress` is asked whether it is still wanted."""
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    fitting = min(perplexity, (len(vectors) - 1) / 3)
    flat = not bool(vectors.std(0).max() > 0)
    if flat:
        return torch.zeros(len(vectors), 2)
    threads = max(1, (os.cpu_count() or 1) // 2)
    found: list[Any] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            method = TSNE(perplexity=fitting, init="pca", random_state=seed, n_jobs=1)
            with threadpool_limits(threads):  # more of them than cores only wait for each other
                found.append(method.fit_transform(vectors.float().numpy()))
        except BaseException as error:  # is told where it was asked for
            failed.append(error)

    thread = threading.Thread(target=work, daemon=True, name="t-sne")
    thread.start()
    while thread.is_alive():
        progress()
        thread.join(_EVERY)
    if failed:
        raise JobError(f"t-SNE could not lay out these examples: {failed[0]}.") from failed[0]
    return torch.from_numpy(found[0])


def _vectors(
    context: Context, request: Mapping[str, Any], layer: Layer, split: str, chosen: set[int]
) -> tuple[Tensor, Rows]:
    """What the layer puts out for the chosen examples, on the CPU, and what the model answers for them."""
    run, which = asked.run(request), asked.checkpoint(request)
    answer = context.answer(run, which, asked.text(request, "output"))
    program, data = context.model(run, which).program, context.data(run)
    vectors: list[Tensor] = []
    rows: list[Rows] = []
    done = 0
    with apart(program), torch.no_grad():
        for indices, batch in data.batches(split):
            context.progress(done, data.count(split))
            done += len(indices)
            kept = [place for place, index in enumerate(indices) if index in chosen]
            if not kept:
                continue
            with watched([layer.module]) as (seen,):
                scores, right = answered(
                    answer, program, context.with_noise(run, batch), data, split, indices
                )
            found = use_of(seen, layer, -1)
            if data.first.whole:
                found = found[
                    torch.tensor([data.row(split, index) for index in indices], device=found.device)
                ]
            if len(found) != len(indices):
                raise JobError(
                    f"“{layer.label}” does not put out something for each example; choose another layer."
                )
            places = torch.tensor(kept)
            vectors.append(_flat(found[places.to(found.device)], layer))
            rows.append(rows_of(answer, scores, right, indices).at(places))
    together = torch.cat(vectors)
    good = torch.isfinite(together).all(1)
    if int(good.sum()) < 3:
        raise JobError(f"“{layer.label}” puts out values that are no numbers, so there are no points.")
    return together[good], joined(rows).at(torch.nonzero(good)[:, 0])


def _flat(found: Tensor, layer: Layer) -> Tensor:
    """One row of numbers for each example."""
    found = found.float()
    if found.dim() > 2 and (found[0].numel() > _WIDEST or not layer.is_map):
        axes = tuple(range(2, found.dim())) if layer.is_map else tuple(range(1, found.dim() - 1))
        found = found.mean(axes)
    return found.reshape(len(found), -1).cpu()


def _plain(values: Tensor, count: int) -> list[Any]:
    """Classes, of which −1 stands for none, or the first number of each example; null where there are none."""
    if len(values) != count or not values.numel():
        return [None] * count
    if values.is_floating_point():
        found: list[Any] = paint.numbers(values.flatten(1)[:, 0])
        return found
    return [None if value == -1 else value for value in values.tolist()]
