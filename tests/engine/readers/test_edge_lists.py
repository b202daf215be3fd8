"""One graph in tables of edges, nodes and classes."""

from pathlib import Path

import pytest

from tests.readings import detected, loaded
from workbench.core.errors import DataError
from workbench.engine.data import assembled
from workbench.engine.readers import edge_lists
from workbench.engine.readers.reader import Reading

NODES = (
    "id,size,colour,label,split\na,1,red,cat,train\nb,2,blue,dog,train\nc,3,red,cat,val\nd,6,blue,dog,test\n"
)
EDGES = "source,target,weight\na,b,1\nb,c,1\nc,d,2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes.csv").write_text(NODES)
    (tmp_path / "edges.csv").write_text(EDGES)
    return tmp_path


def refused(folder: Path, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        loaded(edge_lists.read, folder, options)
    return str(caught.value)


def test_edges_and_nodes_in_a_folder_are_one_graph(folder: Path) -> None:
    found = detected(folder)
    assert found.reader == "edges" and dict(found.schema.facts) == {
        "classes": 2,
        "features": 3,
        "nodes": 4,
        "edges": 6,
    }
    assert found.tensors["edges"].T.tolist() == [[1, 0], [0, 1], [2, 1], [1, 2], [3, 2], [2, 3]]
    assert found.tensors["label"].tolist() == [0, 1, 0, 1] and found.schema.labels == ("cat", "dog")
    # The size is standardised with the nodes that train, 1 and 2.
    assert found.tensors["x"][:, 0].tolist() == [-1, 1, 3, 9]
    assert found.tensors["x"][:, 1:].tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
    assert {name: index.tolist() for name, index in found.splits.items()} == {
        "train": [0, 1],
        "validation": [2],
        "test": [3],
    }
    assert found.problems == ()
    (batch,) = assembled(edge_lists.read(folder, Reading())).batches("train", 1)
    assert batch["label"].tolist() == [0, 1, -100, -100]


def test_nodes_in_no_part_are_told(folder: Path) -> None:
    nodes = NODES.replace("val", "holdout").replace("dog,test", "dog,other")
    (folder / "nodes.csv").write_text(nodes)
    found = detected(folder)
    assert found.splits["test"].tolist() == [2] and 3 not in found.rows
    assert found.problems == ('Left in no part: 1 node of which the column "split" says “other”.',)


def test_edges_may_go_one_way(folder: Path) -> None:
    found = loaded(edge_lists.read, folder, {"directed": "yes"})
    assert found.tensors["edges"].T.tolist() == [[0, 1], [1, 2], [2, 3]]


def test_edges_of_unknown_nodes_loops_and_repetitions_are_told(folder: Path) -> None:
    (folder / "edges.csv").write_text(EDGES + "a,-1,1\nz,a,1\na,a,1\nb,a,1\na,b,3\nc\n")
    found = loaded(edge_lists.read, folder)
    assert found.tensors["edges"].shape == (2, 6)
    assert found.problems == (
        "edges.csv, row 10 has 1 cells instead of 3 and is left out.",
        'edges.csv, row 5: the edge a, -1 is left out; there is no node "-1".',
        'edges.csv, row 6: the edge z, a is left out; there is no node "z".',
        "edges.csv: 1 edges from a node to itself are left out.",
        "edges.csv: 1 edges are given more than once and count once.",
    )


def test_classes_may_stand_in_a_file_of_their_own(folder: Path) -> None:
    (folder / "nodes.csv").unlink()
    (folder / "cora_features.tsv").write_text("node\tsize\n3\t1\n1\t2\n2\t4\n")
    (folder / "labels.csv").write_text("node,group\n1,x\n2,y\n3,x\n3,y\n")
    (folder / "edges.csv").write_text("1 2\n2 3\n")
    found = loaded(edge_lists.read, folder)
    assert found.tensors["label"].tolist() == [0, 0, 1]
    assert found.problems[0] == "labels.csv, row 5 names the node 3 once more and is left out."


def test_cites_and_content_are_read(tmp_path: Path) -> None:
    (tmp_path / "toy.content").write_text("31\t0\t1\tTheory\n7\t1\t1\tNets\n9\t1\t0\tNets\n")
    (tmp_path / "toy.cites").write_text("31\t7\n9\t31\n")
    found = detected(tmp_path)
    assert found.reader == "edges" and found.tensors["x"].tolist() == [[0, 1], [1, 1], [1, 0]]
    assert found.schema.labels == ("Nets", "Theory") and found.tensors["edges"].shape == (2, 4)


def test_a_few_labelled_nodes_train(folder: Path) -> None:
    found = loaded(edge_lists.read, folder, {"per_class": 1})
    assert found.sizes == {"train": 2, "validation": 1, "test": 1}


def test_nodes_without_a_class_are_in_no_part(folder: Path) -> None:
    (folder / "nodes.csv").write_text(NODES.replace("split", "more") + "e,2,red,,train\n")
    found = loaded(edge_lists.read, folder, {"validation": 0, "test": 0.5})
    assert found.tensors["label"].tolist()[-1] == -1 and 4 not in found.rows.tolist()
    assert 'no class in the column "label"' in found.problems[0]


def test_without_any_features_neighbours_are_counted(folder: Path) -> None:
    (folder / "nodes.csv").write_text("id,label\na,1\nb,2\nc,1\nd,2\n")
    found = loaded(edge_lists.read, folder)
    assert found.tensors["x"].argmax(1).tolist() == [1, 2, 2, 1]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("nodes.csv", "id,size\na,1\nb,2\n", "tells no class of the nodes"),
        ("nodes.csv", "id,label\na,1\nb,1\n", "at least two classes"),
        ("nodes.csv", "", "is empty"),
        ("nodes.csv", "id,label\n", "has no rows"),
        ("edges.csv", "source,target\n1,2\n", 'there is no node "1"'),
        ("edges.csv", "a\nb\n", "one column"),
        ("edges.csv", 'a,"b\n', "edges.csv"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, file: str, text: str, message: str) -> None:
    (folder / file).write_text(text)
    assert message in refused(folder)


def test_options_that_do_not_fit_are_refused(folder: Path) -> None:
    assert 'no column "size2"; it has id, size' in refused(folder, target="size2")
    assert "yes or no" in refused(folder, directed="both")
    (folder / "links.csv").write_text(EDGES)
    assert "several files of edges: edges.csv, links.csv" in refused(folder)
    assert loaded(edge_lists.read, folder / "links.csv").schema.items == 4


def test_statistics_tell_the_graph(folder: Path) -> None:
    reading = Reading()
    edge_lists.read(folder, reading)
    figure = reading.figures[0]
    told = dict(zip(figure.names, figure.values, strict=True))
    assert told == {
        "nodes": "4",
        "directed edges": "6",
        "neighbours of a node": "1.5",
        "isolated nodes": "0",
        "edges inside a class": "0.0%",
    }
    assert reading.figures[1].kind == "histogram" and reading.figures[1].values == (0, 2, 2)
