"""Runs of a drawing: steps that follow each other, each with one way in and one way out, so that rows can be folded.

A step is a card, or a card with all that stands between it and the step before: a residual block is one step.
Standard library only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from workbench.core.document import Port

_START, _END = "", "\0"


def runs(ids: Collection[str], links: Mapping[Port, Port]) -> list[list[list[str]]]:
    """All runs: lists of steps, which are lists of node ids, the last of which is the way out.

    Nodes that only look at something (probes) belong to the step of what they look at. None for a cyclic drawing.
    """
    before: dict[str, list[str]] = {id: [] for id in ids}
    after: dict[str, list[str]] = {id: [] for id in ids}
    for target, source in links.items():
        if target.node in before and source.node in before:
            before[target.node].append(source.node)
            after[source.node].append(target.node)
    beside = {
        id: fed[0] for id, fed in before.items() if len(fed) == 1 and not after[id] and len(after[fed[0]]) > 1
    }
    for id, feeder in beside.items():
        if any(end not in beside for end in after[feeder]):  # else they are the end of it
            after[feeder].remove(id)
            del before[id], after[id]
    order = _order(before, after)
    if len(order) < len(before):
        return []
    gate_in = _gates(order, before, _START)
    gate_out = _gates(order[::-1], after, _END)
    follows = {id: end for id, end in gate_out.items() if gate_in.get(end) == id}
    probes: dict[str, list[str]] = {}
    for id in ids:
        if id not in before and beside[id] in follows:  # at the end of a run they stand behind it
            probes.setdefault(beside[id], []).append(id)
    found = []
    entered = set(follows.values())
    for id in order:
        if id not in entered:
            steps = [[*probes.get(id, ()), id]]
            while (end := follows.get(id)) is not None:
                between = _between(id, end, after)
                loose = [probe for node in (*between, end) for probe in probes.get(node, ())]
                steps.append([*between, *loose, end])
                id = end
            found.append(steps)
    return found


def _order(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> list[str]:
    """Each node behind what feeds it; fewer nodes than there are when some stand in a cycle."""
    waiting = {id: len(fed) for id, fed in before.items()}
    ready = [id for id, count in waiting.items() if not count]
    for id in ready:
        for end in after[id]:
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return ready


def _gates(order: Iterable[str], before: Mapping[str, Sequence[str]], outside: str) -> dict[str, str]:
    """The last node through which all ways from outside to a node go (its immediate dominator)."""
    gate: dict[str, str] = {}
    depth = {outside: 0}
    for id in order:
        found = ""
        for index, source in enumerate(before[id]):
            other = source
            if index == 0:
                found = other
                continue
            while found != other:
                if depth[found] >= depth[other]:
                    found = gate[found]
                else:
                    other = gate[other]
        gate[id] = found if before[id] else outside
        depth[id] = depth[gate[id]] + 1
    return gate


def _between(start: str, end: str, after: Mapping[str, Sequence[str]]) -> list[str]:
    """What stands on the ways from one node to another."""
    found: dict[str, None] = {}
    todo = [*after[start]]
    while todo:
        id = todo.pop()
        if id != end and id not in found:
            found[id] = None
            todo += after[id]
    return list(found)
