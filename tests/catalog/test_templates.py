"""The ready models: each is an ordinary document, whole, and found by its id."""

import json

import pytest

from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import CATEGORIES, RENAMED, load, templates
from workbench.core.errors import DocumentError
from workbench.core.files import dumps
from workbench.core.resources import resource

IDS = [each.id for each in templates()]
LANDMARKS = {each.id for each in templates() if each.landmark}
AS_PUBLISHED = {"m5": {("conv", "bias")}}
"""What the check has to say about networks that are drawn as their authors had them."""
WANTED = (
    "logistic-regression mlp mlp-regression lenet5 lstm char-lstm char-gpt autoencoder vae gan gcn "
    "graph-classifier small-cnn small-resnet small-unet cnn3d rnn gru bilstm lstm-forecast dlinear cnn1d cnn1d-sound "
    "text-cnn denoising seq2seq-lstm transformer small-bert vit-small adding copying".split()
)


def test_the_models_of_every_family_are_there() -> None:
    assert set(WANTED) <= set(IDS) and len(IDS) == len(set(IDS))
    assert {each.category for each in templates()} == set(CATEGORIES)
    assert all(each.title and each.goal for each in templates())


def test_the_folder_holds_them_and_nothing_else() -> None:
    found = {path.stem for path in resource("templates").glob("*.json")} - {"index"}
    assert found == set(IDS)
    assert len(json.loads((resource("templates") / "index.json").read_text("utf-8"))) == len(IDS)


@pytest.mark.parametrize("id", IDS)
def test_it_is_whole_and_without_any_problem(id: str) -> None:
    document = load(id)
    analysis = analyse(document, SAMPLES)
    told = {(problem.node, problem.port) for problem in analysis.problems}
    assert told == ({("data", "dataset")} if id in LANDMARKS else set()) | AS_PUBLISHED.get(id, set())
    assert analysis.parameters > 0 and analysis.updates
    assert document.name == id and document.description
    (listed,) = [each for each in templates() if each.id == id]
    assert analysis.parameters == listed.parameters


@pytest.mark.parametrize("id", IDS)
def test_its_file_is_as_workbench_would_write_it(id: str) -> None:
    assert (resource("templates") / f"{id}.json").read_text("utf-8") == dumps(load(id))


@pytest.mark.parametrize("id", IDS)
def test_boxes_stand_apart(id: str) -> None:
    document = load(id)
    for graph in (document.graph, *(block.graph for block in document.blocks.values())):
        places = [node.at for node in graph.nodes.values()]
        assert len(places) == len(set(places))


def test_ids_of_earlier_versions_are_understood() -> None:
    assert not set(RENAMED) & set(IDS)
    assert {load(old).name for old in RENAMED} == set(RENAMED.values()) <= set(IDS)


def test_an_unknown_one_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(DocumentError, match=r"There is no template “resnet”\. Known are: lenet5, "):
        load("resnet")
