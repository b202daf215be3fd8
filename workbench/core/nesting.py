"""Which block stands in which: an order from the innermost out, and blocks that contain themselves. Core only."""

from collections.abc import Mapping

from workbench.core.document import Block, Graph


def inside(block: Block, blocks: Mapping[str, Block]) -> list[str]:
    """Names of the blocks that stand in a block's graph, each once, in drawing order."""
    return _within(block.graph, blocks)


def below(graph: Graph, blocks: Mapping[str, Block]) -> set[str]:
    """Names of the blocks that stand in a graph, or in a block in it, however deep."""
    found: set[str] = set()
    todo = _within(graph, blocks)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += inside(blocks[name], blocks)
    return found


def inner_first(blocks: Mapping[str, Block]) -> tuple[list[str], list[str]]:
    """Names of blocks so that each stands after those that it contains, and the names of those that contain
    themselves or something that does. Takes chains of any length.
    """
    waiting = {name: inside(block, blocks) for name, block in blocks.items()}
    users: dict[str, list[str]] = {name: [] for name in blocks}
    for name, inner in waiting.items():
        for other in inner:
            users[other].append(name)
    left = {name: len(inner) for name, inner in waiting.items()}
    ready = [name for name, count in left.items() if count == 0]
    for name in ready:
        for user in users[name]:
            left[user] -= 1
            if left[user] == 0:
                ready.append(user)
    done = set(ready)
    return ready, [name for name in blocks if name not in done]


def circles(blocks: Mapping[str, Block]) -> list[list[str]]:
    """Ways from a block back to itself (A, B, A), one for each group of blocks that contain each other."""
    _, left = inner_first(blocks)
    endless = set(left)
    told: set[str] = set()
    found = []
    for start in left:
        trail: dict[str, None] = {}
        name = start
        while name not in trail and name not in told:
            trail[name] = None
            name = next(inner for inner in inside(blocks[name], blocks) if inner in endless)
        if name in trail:
            way = list(trail)
            found.append([*way[way.index(name) :], name])
        told.update(trail)
    return found


def _within(graph: Graph, blocks: Mapping[str, Block]) -> list[str]:
    return list(dict.fromkeys(node.block for node in graph.nodes.values() if node.block in blocks))
