"""Blocks that repeat: what differs between repetitions, what is checked in each, and how deep they may nest."""

import time

from tests.drawing import block, draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.core.document import Block, Document
from workbench.core.edits import SetParam, SetRepeat
from workbench.core.files import dumps, loads

GROWING = block("x Input\nfc Linear out_features='= width' < x\ny Output < fc", width=8)
HEAD = "head Linear out_features=3 < body\nloss CrossEntropyLoss < head data.label"


def iris(line: str, **blocks: Block) -> Document:
    return draw(f"data Dataset dataset=iris\n{line} < data\n{HEAD}", blocks=blocks)


def said(document: Document) -> list[str]:
    return [str(each) for each in analyse(document, SAMPLES).problems]


def nested(levels: int, inside: str) -> Document:
    """A block in a block in a block …, the innermost of which holds `inside`; each repeats twice."""
    blocks = {"L1": block(inside, w=4)}
    for level in range(2, levels + 1):
        line = f"x Input\nmany @L{level - 1} *2 w='= w + i' < x\ny Output < many"
        blocks[f"L{level}"] = block(line, blocks, w=4)
    return iris(f"body @L{levels} *2", **blocks)


def test_channels_grow_with_the_number_of_the_repetition() -> None:
    document = iris("body @Growing *4 width='= 8 * 2 ** i'", Growing=GROWING)
    found = analyse(document, SAMPLES)
    assert found.ok and str(found.nodes["body"].outputs["y"]) == "N×64"
    assert [found.nodes[f"body#{n}/fc"].parameters for n in (1, 2, 3, 4)] == [40, 144, 544, 2112]
    assert found.nodes["body"].copies[3].params == {"width": 64}


def test_each_repetition_is_checked_by_itself() -> None:
    body = block(
        "x Input\nshape Reshape shape=[2,2] < x\nflat Flatten < shape\n"
        "fc Linear out_features='= 4 + i' < flat\ny Output < fc"
    )
    assert said(iris("body @Body *2", Body=body)) == []
    assert said(iris("body @Body *3", Body=body)) == [
        "body#3/shape.x: cannot make 2×2 (4 elements) from N×5 (5 elements)"
    ]


def test_a_problem_deep_inside_names_every_level_and_the_repetition() -> None:
    document = nested(5, "x Input\nfc Linear out_features='= 7 - w' < x\ny Output < fc")
    (problem,) = analyse(document, SAMPLES).problems
    assert problem.path == "body#1/many#1/many#2/many#2/many#2/fc"
    assert (problem.where, problem.node, problem.port) == ("L1", "fc", "out_features")
    assert str(problem) == f"{problem.path}.out_features: Out features must be at least 1, not 0."


def test_what_is_mended_inside_is_mended_outside() -> None:
    """Also for a check that remembers."""
    document = nested(5, "x Input\nfc Linear out_features='= nothing' < x\ny Output < fc")
    before = analyse(document, SAMPLES)
    (problem,) = before.problems
    assert problem.path == "body#1/many#1/many#1/many#1/many#1/fc"
    mended = SetParam("fc", "out_features", 4, "L1").apply(document)
    after = analyse(mended, SAMPLES, before)
    assert after.ok and after.parameters == 32 * 20 + 15
    broken = SetParam("fc", "out_features", 0, "L1").apply(mended)
    assert [each.path for each in analyse(broken, SAMPLES, after).problems] == [problem.path]


def test_what_an_edit_left_alone_is_the_same_object() -> None:
    document = nested(3, "x Input\nfc Linear out_features=4 < x\ny Output < fc")
    before = analyse(document, SAMPLES)
    after = analyse(SetParam("head", "bias", False).apply(document), SAMPLES, before)
    assert after.nodes["body"] is before.nodes["body"]
    assert after.nodes["head"] is not before.nodes["head"] and after.parameters == before.parameters - 3
    more = analyse(SetRepeat("body", 3).apply(document), SAMPLES, before)
    assert more.parameters == before.parameters + 4 * 20


def test_resnet_152() -> None:
    began = time.process_time()
    document = load("resnet152")
    found = analyse(document, SAMPLES)
    assert time.process_time() - began < 1
    assert found.ok and found.parameters == 60_192_808
    assert found.operations == 11_513_626_624
    shapes = [str(copy.outputs()["y"]) for copy in found.nodes["stages"].copies]
    assert shapes == ["N×256×56×56", "N×512×28×28", "N×1024×14×14", "N×2048×7×7"]
    assert said(document) == ["data.dataset: no dataset is chosen yet, so there is nothing to train on."]


def test_too_many_nodes_are_told_also_where_most_of_them_are_remembered() -> None:
    inner = block("x Input\na ReLU < x\ny Output < a")
    document = draw(
        "data Dataset dataset=iris\nfirst @Inner < data\nmore @Inner *9000 < first\nbody @Inner *5000 < more\n"
        + HEAD,
        blocks={"Inner": inner},
    )
    before = analyse(document, SAMPLES)
    assert before.ok and before.complete
    after = analyse(SetRepeat("first", 9000).apply(document), SAMPLES, before)
    assert [each.message for each in after.problems if each.severity == "error"] == [
        "The model has more than 50,000 nodes with all its repetitions."
    ]


def test_a_link_into_an_input_of_a_block_is_told() -> None:
    """Only a file can hold it."""
    body = block("x Input\nz Input\nfc Linear out_features=4 < x\ny Output < fc")
    text = dumps(draw(f"data Dataset dataset=iris\nbody @Body < data data\n{HEAD}", blocks={"Body": body}))
    damaged = text.replace('["x.x", "fc.x"]', '["x.x", "fc.x"], ["z.image", "x.c"]')
    assert damaged != text
    assert "body/x.c: it has no input “c”." in said(loads(damaged))
