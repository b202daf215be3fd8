"""Check of a drawing with 2,000 nodes and 3,000 links: all of it, and again after one edit.

Imports catalog and core, as the window does for its live check.
"""

import statistics
import time
from collections.abc import Callable, Iterator

from benchmarks._figures import Figure, at_most, report
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import BYPASS, Document, Graph, Node, Port
from workbench.core.edits import Disconnect, MoveNodes, SetParam
from workbench.core.looks import SetMode

STAGES = 998
TURNS = 15


def large() -> Document:
    """A residual network as one long chain: each stage is a node and the sum of what it got and gave."""
    nodes = [
        Node("digits", "Dataset", params={"dataset": "digits"}),
        Node("stem", "Conv2d", params={"out_channels": 8, "kernel_size": 3, "padding": 1}),
    ]
    links = {Port("stem", "x"): Port("digits", "image")}
    last = Port("stem", "y")
    for stage in range(STAGES):
        kind = ("Conv2d", "BatchNorm2d", "ReLU", "Dropout")[stage % 4]
        params = {"out_channels": 8, "kernel_size": 3, "padding": 1} if kind == "Conv2d" else {}
        at = (200.0 * (stage % 40), 100.0 * (stage // 40))
        change, total = f"change{stage}", f"sum{stage}"
        nodes += [Node(change, kind, params=params, at=at), Node(total, "Add", at=at)]
        links |= {Port(change, "x"): last, Port(total, "a"): last, Port(total, "b"): Port(change, "y")}
        last = Port(total, "y")
    nodes += [
        Node("flatten", "Flatten"),
        Node("fc", "Linear", params={"out_features": "= classes"}),
        Node("loss", "CrossEntropyLoss"),
    ]
    links |= {
        Port("flatten", "x"): last,
        Port("fc", "x"): Port("flatten", "y"),
        Port("loss", "input"): Port("fc", "y"),
        Port("loss", "target"): Port("digits", "label"),
    }
    return Document("large", graph=Graph({node.id: node for node in nodes}, links))


def milliseconds(work: Callable[[], object]) -> float:
    """Median time of several calls."""
    times = []
    for _ in range(TURNS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def figures() -> Iterator[Figure]:
    """The whole, and again after each of several edits in the middle."""
    document = large()
    before = analyse(document, SAMPLES)
    assert before.ok, before.problems[:3]
    size = f"{len(document.graph.nodes):,} nodes, {len(document.graph.links):,} links"
    whole = milliseconds(lambda: analyse(document, SAMPLES))
    yield at_most(f"check of {size}", whole, "ms", 200)
    middle = f"change{STAGES // 8 * 4}"
    edited = SetParam(middle, "bias", False).apply(document)
    assert analyse(edited, SAMPLES, before).parameters == analyse(edited, SAMPLES).parameters
    once = milliseconds(lambda: analyse(edited, SAMPLES, before))
    yield at_most("check after a field was set", once, "ms", 20, "all of it again, ms", whole)
    moved = MoveNodes({middle: (5.0, 5.0)}).apply(document)
    once = milliseconds(lambda: analyse(moved, SAMPLES, before))
    yield at_most("check after a node was moved", once, "ms", 20, "all of it again, ms", whole)
    unlinked = Disconnect(Port(f"sum{STAGES // 2}", "b")).apply(document)
    once = milliseconds(lambda: analyse(unlinked, SAMPLES, before))
    yield at_most("check after a link was cut", once, "ms", 20, "all of it again, ms", whole)
    bypassed = SetMode((middle,), BYPASS).apply(document)
    once = milliseconds(lambda: analyse(bypassed, SAMPLES, before))
    yield at_most("check after a node was bypassed", once, "ms", 20, "all of it again, ms", whole)


if __name__ == "__main__":
    report(__doc__ or "", figures())
