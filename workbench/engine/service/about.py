"""What a run's model is: its data, its answers, its layers, and what can be asked of it. Imports the context."""

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import DataError
from workbench.engine.explain.actions import able
from workbench.engine.explain.layers import layers_of
from workbench.engine.service import asked
from workbench.engine.service.answers import Answer
from workbench.engine.service.context import Context, Opened
from workbench.engine.service.data import Data, Source
from workbench.engine.service.generating import is_translator, writes
from workbench.engine.service.preparing.given import alone, kind_of
from workbench.engine.service.told import names_of

_MOST_NAMES = 1_000
_OWN: Mapping[str, tuple[str, ...]] = {
    "image": ("predict", "draw"),
    "video": ("predict",),
    "audio": ("predict",),
    "text": ("predict", "type"),
    "table": ("predict", "row"),
    "volume": ("predict",),
    "series": ("predict",),
    "molecule": ("predict", "type"),
    "graphs": ("predict",),
}
"""What own inputs a model takes, by what its items are made of."""


def about(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"said", "splits", "inputs", "outputs", "layers", "checkpoints", "can", "columns", "trouble", "note", "takes",
    "alone"}.

    `can` names what works for the output that is asked about (the main one, which stands first, unless another is
    named), `columns` those of a row to be filled in. `trouble` says why there are no splits: without its data a model
    can only be looked into. `note` is a sentence about data that has changed. `takes` says of what own inputs can be
    made (see `kind_of`), and `alone` why of none.
    """
    run, which, name = asked.run(request), asked.checkpoint(request), asked.text(request, "output")
    opened = context.opened(run, which)
    main = context.answer(run, which, name) if name or opened.answers else None
    root = opened.model.analysis.root
    splits: dict[str, int] = {}
    names = {each.name: list(each.classes) for each in opened.answers}
    trouble, note, data = "", context.other_data(run), None
    try:
        data = context.data(run)
        note = " ".join(filter(None, (note, _unmeasured(main, data))))
        splits, names = data.splits, {each.name: names_of(each, data) for each in opened.answers}
    except DataError as error:
        trouble = str(error)
    can = _able(opened, main, data)
    columns: list[str] = []
    if "row" in can and main is not None:
        try:
            columns = context.columns(run, main.data[0])
        except DataError as error:  # rows cannot be measured; everything else goes on
            note, can = str(error), [each for each in can if each not in ("row", "predict")]
    return {
        "said": f"{opened.checkpoint.kind.capitalize()} weights, epoch {opened.checkpoint.epoch}",
        "splits": splits,
        "inputs": [
            {"name": f"{id}.{port}", "kind": spec.dtype, "shape": list(spec.shape)}
            for id, info in root.infos.items()
            if info.node.type == "Dataset"
            for port, spec in info.outputs.items()
        ],
        "outputs": [
            {"name": each.name, "kind": each.kind, "classes": names[each.name][:_MOST_NAMES]}
            for each in opened.answers
        ],
        "layers": layers(opened),
        "checkpoints": [each.kind for each in context.store.checkpoints(run)],
        "can": can,
        "columns": columns,
        "trouble": trouble,
        "note": note,
        "takes": _kind(main, data) if "predict" in can and data is not None else "",
        "alone": "" if data is None or "predict" in can else _alone(main, data),
    }


def _only(main: Answer | None, data: Data) -> Source | None:
    """The one dataset that an answer depends on; None where there are several, or none."""
    return data.source(main.data[0]) if main is not None and len(main.data) == 1 else None


def _unmeasured(main: Answer | None, data: Data) -> str:
    """What to say where nothing leads the columns that are foretold back to the units of the data."""
    source = _only(main, data)
    if main is None or source is None or main.origin is None or main.origin.name != "y":
        return ""
    schema = source.content.schema
    if schema.scales or int(schema.facts.get("targets", 1)) < 2:
        return ""
    return (
        f"“{schema.title}” was added before Workbench kept the units of several columns: what is foretold is told in "
        "those of training. Read it anew in Data to see its own."
    )


def _kind(main: Answer | None, data: Data) -> str:
    """Of what items of the data that an answer depends on can be made; "" where of nothing."""
    if (source := _only(main, data)) is None:
        return ""
    return kind_of(source.content, source.record.reader if source.record else "")


def _alone(main: Answer | None, data: Data) -> str:
    """Why nothing of one's own can be predicted, where that is for the data's sake."""
    if (source := _only(main, data)) is None:
        return ""
    if source.record is None:
        return alone(source.content, source.content.schema.title, "")
    return alone(source.content, source.record.title, source.record.reader)


def _able(opened: Opened, main: Answer | None, data: Data | None) -> list[str]:
    """The names of what can be asked for about an answer."""
    found: list[str] = []
    if data is not None and main is not None:
        found += ["samples"] if main.data else []
        found += ["evaluate"] if main.target is not None else []
        if (source := _only(main, data)) is not None:
            found += _OWN.get(_kind(main, data), ())
            if writes(source, main):
                found += ["predict", "type"]
        writers = (each for each in opened.answers if len(each.data) == 1)
        if any(
            writes(data.source(a.data[0]), a) or is_translator(data.source(a.data[0]), a) for a in writers
        ):
            found.append("generate")
    if any(each.kind == "picture" and not each.data and each.noise for each in opened.answers):
        found.append("generate_pictures")
    return list(dict.fromkeys(found + able(opened, main, data=data is not None)))


def layers(opened: Opened) -> list[dict[str, Any]]:
    """What can be looked into, by its path in the drawing: nodes with a module of their own, and blocks."""
    return [
        {
            "path": layer.path,
            "type": layer.type,
            "label": layer.label,
            "shape": list(layer.shape),
            "kind": layer.info.kind.family if layer.info.kind is not None else "block",
        }
        for layer in layers_of(opened.model.program, opened.model.analysis.root)
    ]
