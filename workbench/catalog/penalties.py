"""Penalties on weights: which weights they reach, and whether the part that they name is there. Pure; no torch."""

from collections.abc import Iterable

from workbench.catalog.nodes.losses_structured import WeightPenalty
from workbench.catalog.problems import Problems
from workbench.catalog.rules import fix
from workbench.catalog.scope import Scope
from workbench.core.edits import SetParam


def penalised(scope: Scope, ends: Iterable[str]) -> set[str]:
    """Owners of the weights that those of the given nodes which are penalties make small."""
    found: set[str] = set()
    for id in ends:
        info = scope.infos.get(id)
        if info is None or not isinstance(info.kind, WeightPenalty):
            continue
        part = info.kind.part
        found |= {part} if part else {other for other, each in scope.infos.items() if each.parameters}
    return found


def check_penalties(root: Scope, problems: Problems) -> None:
    """Tells of penalties whose part is not there or has no weights of its own."""
    owners = [id for id, info in root.infos.items() if info.parameters]
    for id, info in root.infos.items():
        if not isinstance(info.kind, WeightPenalty) or info.kind.part in owners:
            continue
        part = info.kind.part
        if not part and owners:
            continue
        known = f" (there are: {', '.join(owners[:20])}{', …' if len(owners) > 20 else ''})"
        fixes = fix(f"Set part to {owners[0]}", SetParam(id, "part", owners[0])) if len(owners) == 1 else ()
        drawn = root.drawn.nodes.get(part)
        if not owners:
            message = "nothing in the model learns, so there are no weights to make small."
        elif drawn is None:
            message = f"part: there is no node or block “{part}” here{known}."
        elif part not in root.infos:
            message = (
                f"part: “{part}” is bypassed, muted or has a problem, so its weights do not count{known}."
            )
        elif drawn.linked_to:
            message = f"part: “{part}” uses the weights of “{drawn.linked_to}”; name that one."
            fixes = fix(f"Set part to {drawn.linked_to}", SetParam(id, "part", drawn.linked_to))
        else:
            message = f"part: “{part}” has no weights{known}."
        problems.error(message, root, info.node, "part", fixes)
