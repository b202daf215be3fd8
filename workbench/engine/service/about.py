"""What a run's model is: its data, its answers, its layers, and what can be asked of it. Imports the context."""

from collections.abc import Mapping
from typing import Any

from workbench.core.document import OUTPUT
from workbench.core.errors import DataError
from workbench.engine.service import asked
from workbench.engine.service.context import Context, Opened
from workbench.engine.service.told import names_of

_MOST_NAMES = 1_000


def about(context: Context, request: Mapping[str, Any]) -> dict[str, Any]:
    """{"said", "splits", "inputs", "outputs", "layers", "checkpoints", "can", "trouble"}.

    `trouble` says why there are no splits where the data is gone: own files may be predicted all the same.
    """
    run, which = asked.run(request), asked.checkpoint(request)
    opened = context.opened(run, which)
    root = opened.model.analysis.root
    splits: dict[str, int] = {}
    names = {each.name: list(each.classes) for each in opened.answers}
    trouble = ""
    try:
        data = context.data(run)
        splits, names = data.splits, {each.name: names_of(each, data) for each in opened.answers}
    except DataError as error:
        trouble = str(error)
    return {
        "said": opened.model.about,
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
        "can": [],
        "trouble": trouble,
    }


def layers(opened: Opened) -> list[dict[str, Any]]:
    """The nodes that compute something, by their paths in the drawing."""
    added = {name for each in opened.answers for name in (each.method, each.target_method)}
    found = []
    for path, info in opened.model.analysis.nodes.items():
        kind = info.kind
        if kind is None or kind.family in ("data", "loss", "metric", "probe"):
            continue
        if info.node.type == OUTPUT or info.node.id in added or not info.outputs:
            continue
        found.append(
            {
                "path": path,
                "type": info.type,
                "label": info.node.title or path,
                "shape": list(next(iter(info.outputs.values())).shape),
                "kind": kind.family,
            }
        )
    return found
