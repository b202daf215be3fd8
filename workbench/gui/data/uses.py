"""Which ready models a dataset suits.  Imports the catalogue and the document; no Qt."""

from dataclasses import replace

from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.catalog.templates import Template, load, templates


def suiting(schema: Schema) -> list[tuple[Template, str]]:
    """The templates that can be trained on a dataset as they are, each with the node that takes it."""
    found = []
    for template in templates():
        document = load(template.id)
        nodes = [name for name, node in document.graph.nodes.items() if node.type == "Dataset"]
        if len(nodes) != 1:
            continue
        node = document.graph.nodes[nodes[0]]
        sample = SAMPLES.get(str(node.params.get("dataset")))
        if sample is None or not alike(sample, schema):
            continue
        changed = replace(node, params={**node.params, "dataset": schema.id})
        graph = replace(document.graph, nodes={**document.graph.nodes, nodes[0]: changed})
        if analyse(replace(document, graph=graph), {**SAMPLES, schema.id: schema}).ok:
            found.append((template, nodes[0]))
    return found


def alike(one: Schema, other: Schema) -> bool:
    """Whether two datasets offer the same things, in whatever sizes."""
    kinds = [
        {name: (len(spec.shape), spec.dtype) for name, spec in schema.outputs.items()}
        for schema in (one, other)
    ]
    return one.kind == other.kind and kinds[0] == kinds[1]
