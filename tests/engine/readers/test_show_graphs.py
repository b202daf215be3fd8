"""Graphs as a window draws them."""

import json

import numpy as np

from workbench.catalog.schema import Schema, graph_outputs, graphs_outputs
from workbench.engine.readers import show
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.samples import sample


def test_of_one_big_graph_the_neighbourhood_of_a_node_is_shown() -> None:
    (item,) = show.items(sample("karate"), "train", range(1))
    (part,) = item["parts"]
    assert part["kind"] == "graph" and part["numbers"][part["centre"]] == item["position"]
    assert part["nodes"] == len(part["at"]) == len(part["labels"]) and part["nodes"] + part["left_out"] == 34
    assert part["names"] == ["Mr. Hi", "Officer"] and part["size"] == [34, 156]
    assert all(0 <= value <= 1 for place in part["at"] for value in place)
    sources, targets = part["edges"]
    assert max(*sources, *targets) < part["nodes"] and len(sources) == len(targets) > 0
    json.dumps(item)


def test_of_a_huge_neighbourhood_the_nearest_nodes_are_shown() -> None:
    star = np.stack([np.zeros(4_999, dtype=np.int64), np.arange(1, 5_000)])
    arrays: dict[str, Array] = {
        "x": np.ones((5_000, 1), np.float32),
        "edges": star,
        "label": np.zeros(5_000, np.int64),
    }
    schema = Schema("s", "S", graph_outputs(1, classes=2), kind="graph", items=5_000)
    (item,) = show.items(Content(schema, arrays, {"train": np.array([0])}, "graph"), "train", [0])
    assert item["parts"][0]["nodes"] == 60 and item["parts"][0]["left_out"] == 4_940


def test_of_many_graphs_each_is_shown_with_the_kinds_of_its_nodes() -> None:
    schema = Schema("g", "G", graphs_outputs(1, classes=2), kind="graph", items=3, labels=("a", "b"))
    arrays: dict[str, Array] = {
        "x": np.arange(406, dtype=np.float32)[:, None],
        "edges": np.array([[0, 1, 0, 399], [1, 0, 1, 398]]),
        "nodes": np.array([0, 2, 402, 406]),
        "links": np.array([0, 2, 4, 4]),
        "label": np.array([0, 1, 1]),
        "_kinds": np.arange(406) % 3,
        "_smiles": np.array(["CC", "C", "N"]),
    }
    content = Content(schema, arrays, {"train": np.array([0, 1, 2])}, "graphs")
    small, large, loose = show.items(content, "train", range(3))
    assert small["label"] == "a" and small["parts"][0]["edges"] == [[0, 1], [1, 0]]
    assert small["parts"][0]["labels"] == [0, 1] and small["parts"][0]["x"] == [[0.0], [1.0]]
    assert small["parts"][1] == {"name": "smiles", "kind": "value", "text": "CC"}
    assert large["parts"][0]["nodes"] == 300 and large["parts"][0]["left_out"] == 100
    assert large["parts"][0]["edges"] == [[0], [1]]
    assert loose["parts"][0]["edges"] == [[], []] and loose["parts"][0]["nodes"] == 4
