"""Fixes that the check offers: each makes its problem disappear, and clicking on mends the model."""

from dataclasses import replace
from random import Random

import pytest

from tests.catalog.bad_models import CASES, one_block
from tests.damage import tried
from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import analyse
from workbench.catalog.problems import Problem
from workbench.catalog.samples import SAMPLES
from workbench.core.document import BYPASS, Block, Document, Graph, Port
from workbench.core.edits import Disconnect
from workbench.core.looks import SetMode


def fixable() -> dict[str, Document]:
    """Documents that have problems with fixes."""
    found = {name: bad() for name, (bad, _) in CASES.items()}
    found |= {
        "images into a layer of vectors": draw(
            CLASSIFIER.replace("fc1 Linear out_features=16 < flat", "fc1 Linear out_features=16 < digits")
        ),
        "vectors into a convolution": draw(
            "digits Dataset\nflat Flatten < digits\nconv Conv2d out_channels=4 kernel_size=3 < flat\n"
            "again Flatten < conv\nfc Linear out_features=10 < again\nloss CrossEntropyLoss < fc digits.label"
        ),
        "tokens into a layer": draw(
            "text Dataset dataset=reference-text\nfc Linear out_features='= vocabulary' < text\n"
            "loss CrossEntropyLoss < fc text.next"
        ),
        "a shortcut of another width": draw(
            "data Dataset dataset=iris\nfc Linear out_features=8 < data\nadd Add < fc data\n"
            "head Linear out_features=3 < add\nloss CrossEntropyLoss < head data.label"
        ),
        "a shortcut of another size": draw(
            "digits Dataset\nconv Conv2d out_channels=8 kernel_size=3 stride=2 padding=1 < digits\n"
            "add Add < conv digits\nflat Flatten < add\nfc Linear out_features=10 < flat\n"
            "loss CrossEntropyLoss < fc digits.label"
        ),
        "a kernel larger than the image": draw(
            "digits Dataset\nconv Conv2d out_channels=8 kernel_size=11 < digits\nflat Flatten < conv\n"
            "fc Linear out_features=10 < flat\nloss CrossEntropyLoss < fc digits.label"
        ),
        "heads that do not divide": draw(
            "text Dataset dataset=reference-text\nemb Embedding embedding_dim=10 < text\n"
            "att MultiheadAttention num_heads=4 < emb\nfc Linear out_features='= vocabulary' < att\n"
            "loss CrossEntropyLoss < fc text.next"
        ),
        "a sequence where one answer is wanted": draw(
            "digits Dataset\nrows Reshape shape=[8,8] < digits\nlstm LSTM hidden_size=5 < rows\n"
            "fc Linear out_features=10 < lstm.y\nloss CrossEntropyLoss < fc digits.label"
        ),
        "a regression of another width": draw(
            "data Dataset dataset=diabetes\nfc Linear out_features=2 < data\nloss MSELoss < fc data.target"
        ),
        "degrees of one graph kept for many": draw(
            "graphs Dataset dataset=rings\nconv GCNConv out_channels=8 cached=true < graphs.x graphs.edges\n"
            "mean GlobalMeanPool < conv graphs.graph\nfc Linear out_features='= classes' < mean\n"
            "loss CrossEntropyLoss < fc graphs.label"
        ),
        "degrees of one graph kept while its edges are drawn anew": draw(
            "club Dataset dataset=karate\nsome EdgeDrop p=0.2 < club.edges\n"
            "conv GCNConv out_channels='= classes' cached=true < club.x some.edges\n"
            "loss CrossEntropyLoss < conv club.label"
        ),
        "more outputs than classes": draw(
            "digits Dataset\nflat Flatten < digits\nfc Linear out_features=64 < flat\n"
            "loss CrossEntropyLoss < fc digits.label"
        ),
        "no last layer": draw(
            "digits Dataset\nflat Flatten < digits\nloss CrossEntropyLoss < flat digits.label"
        ),
        "a target that is not linked": Disconnect(Port("loss", "target")).apply(draw(CLASSIFIER)),
        "softmax twice": draw(
            CLASSIFIER.replace(
                "loss CrossEntropyLoss < fc2", "soft Softmax < fc2\nloss CrossEntropyLoss < soft"
            )
        ),
        "a bias before batch norm": draw(
            CLASSIFIER.replace("relu ReLU < fc1", "norm BatchNorm1d < fc1\nrelu ReLU < norm")
        ),
        "the same inside a block": one_block(
            "x Input\nfc Linear out_features=4 < x\nnorm BatchNorm1d < fc\ny Output < norm"
        ),
        "images into a vector layer inside a block": draw(
            "digits Dataset\nbody @Body < digits\nloss CrossEntropyLoss < body digits.label",
            blocks={"Body": block("x Input\nfc Linear out_features=10 < x\ny Output < fc")},
        ),
        "no loss": draw(CLASSIFIER.replace("loss CrossEntropyLoss < fc2 digits.label", "")),
        "no loss of a regression": draw("data Dataset dataset=diabetes\nfc Linear out_features=3 < data"),
        "a layer that is not linked": Disconnect(Port("fc1", "x")).apply(draw(CLASSIFIER)),
        "a loss that is not linked": Disconnect(Port("loss", "input")).apply(draw(CLASSIFIER)),
        "nothing uses it": draw(f"{CLASSIFIER}\nlost Linear out_features=2 < flat"),
        "a cycle in a block": replace_block_links(
            one_block("x Input\na ReLU < x\nb ReLU < a\ny Output < b"), "Body", "b.y", "a.x"
        ),
    }
    return found


def replace_block_links(document: Document, name: str, source: str, target: str) -> Document:
    body = document.blocks[name]
    links = {**body.graph.links, Port.parse(target): Port.parse(source)}
    return replace(
        document, blocks={**document.blocks, name: Block(body.params, Graph(body.graph.nodes, links))}
    )


FIXABLE = fixable()


def same(problem: Problem) -> tuple[str, str, str, str, str]:
    return (problem.severity, problem.message, problem.where, problem.node, problem.port)


@pytest.mark.parametrize("name", FIXABLE)
def test_every_fix_makes_its_problem_disappear(name: str) -> None:
    document = FIXABLE[name]
    for problem in analyse(document, SAMPLES).problems:
        for fix in problem.fixes:
            mended = analyse(fix.edit.apply(document), SAMPLES)
            assert same(problem) not in [same(each) for each in mended.problems], f"{problem} / {fix.label}"


MENDED = [
    "images into a layer of vectors",
    "tokens into a layer",
    "a shortcut of another width",
    "a shortcut of another size",
    "heads that do not divide",
    "a sequence where one answer is wanted",
    "a regression of another width",
    "more outputs than classes",
    "no last layer",
    "a target that is not linked",
    "softmax twice",
    "a bias before batch norm",
    "the same inside a block",
    "images into a vector layer inside a block",
    "nothing uses it",
    "no loss",
    "no loss of a regression",
    "a layer that is not linked",
    "a loss that is not linked",
]


@pytest.mark.parametrize("name", MENDED)
def test_one_click_after_the_other_mends_the_model(name: str) -> None:
    document = FIXABLE[name]
    for _ in range(4):
        found = analyse(document, SAMPLES).problems
        if not found:
            return
        assert found[0].fixes, f"no way out of: {found[0]}"
        document = found[0].fixes[0].edit.apply(document)
    assert analyse(document, SAMPLES).problems == ()


def test_a_dimension_that_is_not_there_has_no_fix() -> None:
    document = draw(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2 digits.label", "pick Select dim=1 < digits.label")
    )
    (problem,) = [each for each in analyse(document, SAMPLES).problems if each.node == "pick"]
    assert "is not a dimension after the batch of N" in problem.message and problem.fixes == ()


def test_only_what_is_certain_is_offered() -> None:
    two = draw(
        "digits Dataset\nflat Flatten < digits\na Linear out_features=10 < flat\nb Linear out_features=10 < flat"
    )
    (missing,) = [each for each in analyse(two, SAMPLES).problems if "no loss" in each.message]
    assert missing.fixes == ()


def test_a_layer_just_put_down_is_not_to_be_deleted() -> None:
    problems = analyse(draw(f"{CLASSIFIER}\nnew Linear out_features=4"), SAMPLES).problems
    assert [(each.node, each.severity) for each in problems] == [("new", "error")]
    assert "Delete new" not in [fix.label for each in problems for fix in each.fixes]


@pytest.mark.parametrize("seed", range(4))
def test_fixes_hold_for_whatever_people_try(seed: int) -> None:
    random = Random(seed)
    for _ in range(60):
        document = tried(random)
        for problem in analyse(document, SAMPLES).problems:
            for fix in problem.fixes:
                mended = analyse(fix.edit.apply(document), SAMPLES)
                assert same(problem) not in map(same, mended.problems), f"{problem} / {fix.label}"


def test_what_is_bypassed_stays_where_it_is_drawn() -> None:
    document = draw(
        "digits Dataset\nconv Conv2d out_channels=4 kernel_size=3 < digits\ndrop Dropout < conv\n"
        "fc Linear out_features=10 < drop\nloss CrossEntropyLoss < fc digits.label"
    )
    document = SetMode(("drop",), BYPASS).apply(document)
    (problem,) = [each for each in analyse(document, SAMPLES).problems if each.node == "fc"]
    mended = problem.fixes[0].edit.apply(document)
    assert not analyse(mended, SAMPLES).problems
    assert str(mended.graph.links[Port("flatten", "x")]) == "drop.y"


def test_linked_copies_get_as_many_outputs_as_their_owner() -> None:
    document = draw(
        "data Dataset dataset=iris\na Linear out_features=5 < data\nb Linear out_features=5 ~a < data\n"
        "loss CrossEntropyLoss < a data.label\nloss2 CrossEntropyLoss < b data.label"
    )
    (fix,) = next(each for each in analyse(document, SAMPLES).problems if each.node == "loss2").fixes
    mended = fix.edit.apply(document)
    assert not [each for each in analyse(mended, SAMPLES).problems if each.severity == "error"]
    assert {mended.graph.nodes[id].params["out_features"] for id in "ab"} == {"= classes"}
