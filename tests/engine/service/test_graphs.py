"""Own sets of graphs in TU form, made ready as those of training."""

from pathlib import Path

import pytest

from tests.engine.service.conftest import Workplace, rings

pytestmark = pytest.mark.usefixtures("reads_here")
PARTS = ("A", "graph_indicator", "node_labels", "node_attributes")
FIRST = 13
"""The first graph of the own set; the classes of graphs, which are to be predicted, are not in it."""


def test_the_graphs_of_training_are_predicted_as_its_samples(place: Workplace, tmp_path: Path) -> None:
    run = rings(place)
    about = place.ask("about", run)
    assert about["takes"] == "graphs" and "predict" in about["can"] and about["alone"] == ""
    own = tmp_path / "own"
    own.mkdir()
    lines = {part: (place.folder / "rings" / f"R_{part}.txt").read_text().splitlines() for part in PARTS}
    first = sum(int(owner) < FIRST for owner in lines["graph_indicator"])  # nodes of graphs that are left out
    edges = ([int(end) - first for end in line.split(",")] for line in lines["A"])
    lines = {part: given[first:] for part, given in lines.items()}
    lines["A"] = [f"{one}, {other}" for one, other in edges if min(one, other) > 0]
    for part, given in lines.items():
        (own / f"R_{part}.txt").write_text("\n".join(given))
    (own / "README.txt").write_text("about it")
    found = place.ask("predict", run, inputs={"files": [str(own)]})
    assert [item["name"] for item in found["items"]] == [str(own / f"R graph {n}") for n in range(FIRST, 25)]
    classes = place.context.answer(run).classes
    positions = place.context.data(run).first.content.splits["train"].tolist()
    held = [(index, position) for index, position in enumerate(positions) if position + 1 >= FIRST]
    assert len(held) > 3
    for index, position in held:
        (sample,) = place.ask("samples", run, split="train", indices=[index])["items"]
        told = found["items"][position + 1 - FIRST]
        assert told["top"][0] == [
            classes[sample["predicted"]],
            pytest.approx(sample["probability"], abs=1e-5),
        ]
        assert told["item"]["parts"][0]["kind"] == "graph" and told["item"]["label"] == ""
    every = [str(file) for file in sorted(own.iterdir())]
    assert len(place.ask("predict", run, inputs={"files": every})["items"]) == 25 - FIRST, (
        "one set, however named"
    )


def test_what_the_nodes_lack_is_said(place: Workplace, tmp_path: Path) -> None:
    run = rings(place)
    for file in (place.folder / "rings").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    kinds = tmp_path / "R_node_labels.txt"
    lines = kinds.read_text().splitlines()
    kinds.write_text("\n".join(["77", *lines[1:]]))
    items = place.ask("predict", run, inputs={"files": [str(tmp_path / "R_A.txt")]})["items"]
    assert {item["said"] for item in items} == {"1 node is of a kind that the training had not."}
    kinds.unlink()
    (bad,) = place.ask("predict", run, inputs={"files": [str(kinds.with_name("R_A.txt"))]})["items"]
    assert bad["error"] == f"{tmp_path} has no R_node_labels.txt, by which the model knows nodes."
    other = tmp_path / "notes.txt"
    other.write_text("no graph")
    (bad,) = place.ask("predict", run, inputs={"files": [str(other)]})["items"]
    assert bad["error"].startswith(f"{other} belongs to no set of graphs")
