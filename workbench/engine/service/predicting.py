"""What a model answers about files, drawn pictures, typed texts and rows. Imports torch, the context and what tells.

One bad input is an error of that item; the others go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workbench.core.errors import JobError
from workbench.engine.carrying import apart
from workbench.engine.service import asked
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Context, one_node
from workbench.engine.service.data import Data
from workbench.engine.service.generating import continue_text, is_translator, translated_texts, writes
from workbench.engine.service.preparation import Ready
from workbench.engine.service.told import told
from workbench.jobs.starts import Which

_CHUNK = 64
"""Inputs that are made ready at a time."""
_MOST_TOP = 1_000


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of which model."""

    run: int
    which: Which
    answer: Answer
    node: str
    top: int
    shown: bool


def predict(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"output", "kind", "said", "items": [{"name", …what `told` says…, "item", "said"} or {"name", "error"}]}.

    "inputs" has files (also folders), a picture, a text, a row, or split and index of an item; "top" how
    many classes are told; "items" false leaves out how each input looked to the model. `said` is what was changed
    to make an input ready.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    answer = context.answer(run, which, asked.text(request, "output"))
    top, shown = asked.whole(request, "top", 5, 1, _MOST_TOP), request.get("items") is not False
    given = request.get("inputs")
    if isinstance(given, Mapping) and "split" in given:
        return {**_of_data(context, run, which, answer, given, top), "said": context.other_data(run)}
    wish = _Asked(run, which, answer, one_node(answer), top, shown)
    inputs, left_out = context.listed(run, wish.node, given)
    said = " ".join(filter(None, (left_out, context.other_data(run))))
    if writes(context.data(run).source(wish.node), answer):
        found = continue_text(context, run, which, answer, inputs)
        return {"output": answer.name, "kind": answer.kind, "items": found, "said": said}
    items: list[dict[str, Any]] = []
    for start in range(0, len(inputs), _CHUNK):
        context.progress(start, len(inputs))
        chunk = inputs[start : start + _CHUNK]
        ready, data = context.ready(run, wish.node, chunk)
        rows = _answered(context, wish, ready, data) if data is not None else []
        items += _in_order(chunk, ready, rows)
    return {"output": answer.name, "kind": answer.kind, "items": items, "said": said}


def _of_data(
    context: Context, run: int, which: Which, answer: Answer, given: Mapping[str, Any], top: int
) -> dict[str, Any]:
    """The answer about an item of the data itself."""
    sample, program = context.sample(run, answer, given), context.model(run, which).program
    with apart(program), torch.no_grad():
        scores = answer.scores(program, sample.batch)[sample.row :][:1]
    (found,) = told(answer, scores, sample.batch, sample.data, top)
    item = {"name": "", **found, "item": sample.item}
    return {"output": answer.name, "kind": answer.kind, "items": [item]}


def _in_order(
    chunk: Sequence[Mapping[str, Any]], ready: Ready, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What became of each input, in the order in which they were given."""
    found: list[dict[str, Any]] = []
    places: dict[int, list[int]] = {}
    for place, (number, _) in enumerate(ready.items):
        places.setdefault(number, []).append(place)
    for number, each in enumerate(chunk):
        if number in ready.errors:
            found.append({"name": each["name"], "error": ready.errors[number]})
        for place in places.get(number, ()):
            said = {"said": ready.said[number]} if number in ready.said else {}
            found.append({"name": ready.items[place][1], **rows[place], **said})
    return found


def _answered(context: Context, wish: _Asked, ready: Ready, data: Data) -> list[dict[str, Any]]:
    answer, program = wish.answer, context.model(wish.run, wish.which).program
    if is_translator(data.first, answer):
        rows = translated_texts(context, wish.run, wish.which, answer, data)
    else:
        rows = []
        with apart(program), torch.no_grad():
            for _, batch in data.batches("given"):
                context.progress()
                full = context.with_noise(wish.run, batch)
                if not rows:
                    _refuse_hidden(context, wish, ready, full)
                rows += told(answer, answer.scores(program, full), full, data, wish.top)
    if wish.shown:
        rows = [{**row, "item": data.item("given", place)} for place, row in enumerate(rows)]
    return rows


def _refuse_hidden(context: Context, wish: _Asked, ready: Ready, batch: Mapping[str, Tensor]) -> None:
    """Raises JobError where the answer depends on something that no input has, such as what is to be predicted.

    Labels that go through the augmentation of training come to nothing when a model is asked; others do not.
    """
    answer, program = wish.answer, context.model(wish.run, wish.which).program
    hidden = [port for port in answer.given if port.node == wish.node and port.name not in ready.given]
    if not hidden:
        return
    other = dict(batch)
    for port in hidden:
        values = batch[str(port)]
        other[str(port)] = torch.ones_like(values)
    before, after = answer.scores(program, batch), answer.scores(program, other)
    if not torch.equal(before.nan_to_num(), after.nan_to_num()):
        names = " and ".join(f"“{port.name}”" for port in hidden)
        raise JobError(
            f"“{answer.name}” also depends on {names} of the dataset, which an input of your own does not have. Name "
            "another output, or choose items of the dataset."
        )
