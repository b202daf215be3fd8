"""Items of a split with what the model answers about them: as stored, the worst ones, those it was sure of.

Imports torch, the pass over the split and what shows answers.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from workbench.core.errors import DataError, JobError
from workbench.engine.carrying import apart
from workbench.engine.service import asked
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Context
from workbench.engine.service.data import Data
from workbench.engine.service.passes import passed
from workbench.engine.service.rows import Rows, answered, joined, rows_of
from workbench.engine.service.told import areas, picture, told

ORDERS = ("as stored", "worst", "most sure and wrong", "least sure")
_MOST = 400
_SHOWN = ("mask", "picture", "tokens", "series")


def samples(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"count": how many fit, "output", "kind", "items": [{"index", "item", "target", "predicted", "probability",
    "loss"}, …]}; null stands for what there is not.

    Of masks, pictures, tokens and series an item has "answer" (see `told`) and, where it is known, "truth" besides.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    split, name = asked.text(request, "split", "validation"), asked.text(request, "output")
    order = asked.choice(request, "order", ORDERS, "as stored")
    offset, count = asked.whole(request, "offset", 0), asked.whole(request, "count", 50, 1, _MOST)
    answer, data = context.answer(run, which, name), context.data(run)
    only = request.get("only") or {}
    wanted = request.get("indices")
    total = data.count(split)
    if wanted is None and (order != "as stored" or only):
        rows = passed(context, run, which, split, name).rows
        rows = rows.at(_ordered(answer, rows, _fitting(answer, rows, only), order))
        total = len(rows)
        indices = rows.indices[offset : offset + count].tolist()
    else:
        indices = _indices(wanted) if wanted is not None else list(range(offset, min(offset + count, total)))
    with apart(context.model(run, which).program):
        items = _items(context, request, answer, data, indices)
    return {"count": total, "output": answer.name, "kind": answer.kind, "items": items}


def _items(
    context: Context, request: Mapping[str, Any], answer: Answer, data: Data, indices: list[int]
) -> list[dict[str, Any]]:
    run, split = asked.run(request), asked.text(request, "split", "validation")
    program = context.model(run, asked.checkpoint(request)).program
    parts: list[Rows] = []
    extra: list[dict[str, Any]] = []
    for start in range(0, len(indices), data.batch_size):
        context.progress(start, len(indices))
        some = indices[start : start + data.batch_size]
        batch = context.batch(run, split, some)
        scores, right = answered(answer, program, batch, data, split, some)
        parts.append(rows_of(answer, scores, right, some))
        extra += _shown(answer, scores, right, batch, data)
    if not parts:
        return []
    rows = joined(parts)
    return [
        {"index": index, "item": data.shown(split, index, answer), **_figures(answer, rows, place), **more}
        for place, (index, more) in enumerate(zip(indices, extra, strict=True))
    ]


def _figures(answer: Answer, rows: Rows, place: int) -> dict[str, Any]:
    def one(tensor: Tensor) -> float | None:
        return float(tensor[place]) if len(tensor) else None

    def klass(tensor: Tensor) -> int | None:
        return int(tensor[place]) if len(tensor) and int(tensor[place]) >= 0 else None

    target: float | None = klass(rows.target)
    predicted: float | None = klass(rows.predicted)
    if answer.kind == "numbers" and rows.values.shape[1] == 1:
        predicted = float(rows.values[place, 0])
        target = float(rows.truth[place, 0]) if len(rows.truth) else None
    return {
        "target": target,
        "predicted": predicted,
        "probability": one(rows.probability),
        "loss": one(rows.loss),
    }


def _shown(
    answer: Answer, scores: Tensor, right: Tensor | None, batch: Mapping[str, Tensor], data: Data
) -> list[dict[str, Any]]:
    """What cannot be told by a class or a number."""
    if (
        answer.kind not in _SHOWN
        and not answer.several
        and not (answer.kind == "numbers" and scores[0].numel() > 1)
    ):
        return [{} for _ in scores]
    found: list[dict[str, Any]] = [{"answer": each} for each in told(answer, scores, batch, data)]
    if right is None:
        return found
    for row in range(len(scores)):
        truth = right[row : row + 1]
        if answer.kind == "mask":
            own = {name: tensor[row : row + 1] for name, tensor in batch.items()}
            found[row]["truth"] = areas(answer, truth.long(), own)
        elif answer.kind == "picture":
            found[row]["truth"] = {"picture": picture(truth, answer.shape)}
        elif answer.kind == "series":
            values = answer.in_units(truth)[0].cpu()
            columns = values.reshape(len(values), -1).T.tolist()
            found[row]["truth"] = {"series": {"names": list(answer.classes), "predicted": columns}}
    return found


def _indices(wanted: object) -> list[int]:
    if (
        not isinstance(wanted, list)
        or len(wanted) > _MOST
        or not all(isinstance(each, int) for each in wanted)
    ):
        raise JobError(f"“indices” is a list of at most {_MOST} places in the split.")
    return list(wanted)


def _fitting(answer: Answer, rows: Rows, only: object) -> Tensor:
    """The places of the items of a class, or that were taken for one. Raises JobError."""
    fits = torch.ones(len(rows), dtype=torch.bool)
    if not isinstance(only, Mapping):
        raise JobError("“only” says which class is the target, or was predicted.")
    for name, wanted in only.items():
        values = {"target": rows.target, "predicted": rows.predicted}.get(str(name))
        if wanted is None and values is not None:
            continue
        if values is None or not isinstance(wanted, int) or answer.kind != "classes" or answer.several:
            raise JobError("Only items with one class each can be chosen by what they are or were taken for.")
        if not len(values):
            raise DataError(f"Nothing says what would be right for “{answer.name}”.")
        fits &= values == wanted
    return torch.nonzero(fits).flatten()


def _ordered(answer: Answer, rows: Rows, places: Tensor, order: str) -> Tensor:
    """Those places in an order. Raises JobError where there is nothing to go by."""
    if order == "as stored":
        return places[rows.indices[places].argsort(stable=True)]
    if order == "worst":
        if not len(rows.loss):
            raise JobError(f"Nothing in the drawing says what would be right for “{answer.name}”.")
        return places[rows.loss[places].nan_to_num(torch.inf).argsort(descending=True, stable=True)]
    if not len(rows.probability) or not answer.scale:
        raise JobError(f"“{answer.name}” has no probabilities: nothing says how sure the model is.")
    if order == "least sure":
        return places[rows.probability[places].argsort(stable=True)]
    if not len(rows.target) or answer.kind != "classes":
        raise JobError("Only of items with one class each it can be said that an answer is wrong.")
    wrong = places[(rows.predicted != rows.target)[places] & (rows.target >= 0)[places]]
    return wrong[rows.probability[wrong].argsort(descending=True, stable=True)]
