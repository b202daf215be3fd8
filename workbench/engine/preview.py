"""`python -m workbench.engine.preview WORKSPACE`: real examples before and after one node, in JSON lines.

A line {"id", "document", "node", "seed", "count"} on stdin is answered by {"id", "samples"} or {"id", "error"}; a
sample is {"before", "after", "caption"}, each of the two {"kind": "image", "png": base64} or {"kind": "text",
"text"}. It ends with its input. Imports torch, the data, codegen, catalog and the store.
"""

import inspect
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from workbench.catalog.check import Analysis, analyse
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.catalog.scope import NodeInfo
from workbench.catalog.spec import node_types
from workbench.codegen.program import generate
from workbench.core.document import OUTPUT, Document, Graph, Node, Port, Training
from workbench.core.errors import DataError, WorkbenchError
from workbench.core.files import loads
from workbench.core.names import unique_id
from workbench.core.shapes import TensorSpec
from workbench.engine import ending
from workbench.engine.data import Loaded, load, load_sample
from workbench.engine.feeds import Feeds
from workbench.engine.pictures import pictured
from workbench.engine.program import build, method
from workbench.engine.readers import limits
from workbench.engine.readers.tokens import Vocabulary
from workbench.store.store import Store

_CPU = torch.device("cpu")
_PARTNERS = 16
"""Examples that are changed together: those that are mixed want others to be mixed with."""
_MOST = 64


def main(arguments: Sequence[str]) -> int:
    """Answers until the input ends."""
    limits.apply()
    ending.heed()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="workbench-preview-") as folder:
        preview = Preview(Path(arguments[0]), Path(folder))
        for line in sys.stdin:
            request = json.loads(line)
            print(json.dumps({"id": request["id"], **preview.answer(request)}), flush=True)
    return 0


@dataclass(slots=True)
class Preview:
    """Programs of what leads to a node, run on examples; data stays in memory from one request to the next."""

    workspace: Path
    folder: Path
    _loaded: dict[str, Loaded] = field(default_factory=dict)

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Samples, or the reason why there are none."""
        try:
            document = loads(str(request["document"]), "preview")
            count = max(1, min(int(request["count"]), _MOST))
            return {"samples": self.samples(document, str(request["node"]), int(request["seed"]), count)}
        except WorkbenchError as error:
            return {"error": str(error)}
        except (RuntimeError, MemoryError) as error:  # torch's: such as no more memory
            return {"error": f"The examples cannot be shown: {str(error).splitlines()[0] or 'no memory'}"}

    def samples(self, document: Document, node: str, seed: int, count: int) -> list[dict[str, Any]]:
        """Examples of the training part before and after a node, which a seed decides. Raises WorkbenchError."""
        leading, ends = leading_to(document, node)
        schemas = self._schemas(leading)
        analysis = analyse(leading, schemas)
        wrong = next((str(each) for each in analysis.problems if each.severity == "error"), "")
        if wrong:
            raise DataError(f"{wrong.rstrip('.')}.")
        text = generate(leading, analysis)
        links = analysis.active.graph.links  # around bypassed nodes
        if any(Port(end, "x") not in links for end in ends.values()):
            raise DataError("A muted node leads to it, so nothing comes through.")
        feeds = Feeds.of(analysis, self._data(analysis), max(count, _PARTNERS), _CPU)
        batch = next(feeds.epoch(seed, 0), None)
        if batch is None:
            raise DataError("The dataset has no examples to train on.")
        program = build(self.folder / "program.py", text, 0, _CPU).train()
        values = {name: self._value(program, end, batch, analysis, seed) for name, end in ends.items()}
        infos = analysis.root.infos
        specs = {name: _spec(infos, links[Port(end, "x")]) for name, end in ends.items()}
        kinds = [info.kind for info in infos.values() if isinstance(info.kind, Dataset)]
        schema = next((kind.schema for kind in kinds if kind.schema is not None), None)
        assert schema is not None, "there is a batch, so there is a dataset"
        vocabulary = self._vocabulary(analysis, links[Port(ends["before"], "x")])
        return pictured(values, specs, schema, vocabulary, _labels(batch), count)

    def _value(
        self, program: nn.Module, end: str, batch: Mapping[str, Tensor], analysis: Analysis, seed: int
    ) -> Tensor:
        """What comes out at an end. Before and after a node the same random numbers led to it."""
        ask = method(program, end)
        given = {name.replace(".", "_"): tensor for name, tensor in batch.items()}
        size = len(next(iter(batch.values())))
        torch.manual_seed(seed)
        for name in inspect.signature(ask).parameters:
            if name not in given:  # noise, of which the node's id is what stands before the last _
                (noise,) = analysis.root.infos[name.rpartition("_")[0]].outputs.values()
                given[name] = torch.randn(size, *(dim for dim in noise.shape[1:] if isinstance(dim, int)))
        torch.manual_seed(seed)
        return cast(Tensor, ask(**{name: given[name] for name in inspect.signature(ask).parameters}))

    def _vocabulary(self, analysis: Analysis, source: Port) -> Vocabulary | None:
        """What tokens stand for that come out of a port: that of the dataset from which they came."""
        links, infos = analysis.active.graph.links, analysis.root.infos
        for _ in infos:
            kind, inputs = infos[source.node].kind, infos[source.node].ports
            if isinstance(kind, Dataset):
                known = self._loaded[kind.dataset].vocabularies
                return known.get(source.name) or next(iter(known.values()), None)
            before = next((links[Port(source.node, name)] for name in inputs), None)
            if before is None:
                break
            source = before
        return None

    def _schemas(self, document: Document) -> dict[str, Schema]:
        named = {
            str(node.params.get("dataset", Dataset.dataset))
            for node in document.graph.nodes.values()
            if node.type == "Dataset"
        }
        if named <= SAMPLES.keys():
            return dict(SAMPLES)
        store = Store(self.workspace)
        try:
            return {**SAMPLES, **{each.id: Schema.from_json(each.schema) for each in store.datasets()}}
        finally:
            store.close()

    def _data(self, analysis: Analysis) -> dict[str, Loaded]:
        for info in analysis.root.infos.values():
            if isinstance(info.kind, Dataset) and info.kind.dataset not in self._loaded:
                id = info.kind.dataset
                self._loaded[id] = (load_sample(id) if id in SAMPLES else self._own(id)).to(_CPU)
        return self._loaded

    def _own(self, id: str) -> Loaded:
        store = Store(self.workspace)
        try:
            return load(store, id)
        finally:
            store.close()


def leading_to(document: Document, node: str) -> tuple[Document, dict[str, str]]:
    """The part of a model that leads to a node, with outputs before and after it.

    Also which output gives what: "before" and "after", and "label after" where it changes labels. A loss of nothing
    makes it a model that could train. Raises DataError for a node that cannot be shown.
    """
    graph = document.graph
    if node not in graph.nodes:
        raise DataError(f"There is no node {node} in the model.")
    kept = graph.upstream([node])
    nodes = {  # a copy whose owner stands elsewhere has weights of its own here
        id: each if each.linked_to in kept else replace(each, linked_to="")
        for id, each in graph.nodes.items()
        if id in kept
    }
    links = {target: source for target, source in graph.links.items() if target.node in kept}
    fed = {target.name: source for target, source in links.items() if target.node == node}
    if not fed:
        raise DataError("Nothing is linked to it yet.")
    if not any(each.type == "Dataset" for each in nodes.values()):
        raise DataError("No dataset leads to it.")
    cls = node_types().get(nodes[node].type)
    if cls is None or not cls.inputs or not cls.outputs:
        raise DataError(f"{node} takes nothing in or gives nothing out, so there is nothing to compare.")
    ends: dict[str, str] = {}

    def end(name: str, source: Port) -> None:
        id = ends[name] = unique_id(Graph({**graph.nodes, **nodes}), "preview")
        nodes[id] = Node(id, OUTPUT)
        links[Port(id, "x")] = source

    if cls.inputs[0] not in fed:
        raise DataError(f"Nothing is linked to its input {cls.inputs[0]}.")
    end("before", fed[cls.inputs[0]])
    end("after", Port(node, cls.outputs[0]))
    if "label" in cls.outputs and "label" in fed:
        end("label after", Port(node, "label"))
    taken = Graph({**graph.nodes, **nodes})
    zero, layer, loss = (unique_id(taken, type) for type in ("Constant", "Linear", "MSELoss"))
    for each in (
        Node(zero, "Constant"),
        Node(layer, "Linear"),
        Node(loss, "MSELoss", params={"target": 0.0}),
    ):
        nodes[each.id] = each
    links |= {Port(layer, "x"): Port(zero, "y"), Port(loss, "input"): Port(layer, "y")}
    return replace(document, graph=Graph(nodes, links), training=Training()), ends


def _spec(infos: Mapping[str, NodeInfo], source: Port) -> TensorSpec:
    return infos[source.node].outputs[source.name]


def _labels(batch: Mapping[str, Tensor]) -> Tensor | None:
    found = (value for name, value in batch.items() if name.endswith(".label") and value.dim() == 1)
    return next(found, None)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
