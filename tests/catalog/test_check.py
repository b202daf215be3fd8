"""The check of whole documents: what is refused, in which words, and that every offered fix mends what it says."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.damage import TEMPLATES, changed, damaged
from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import Analysis, analyse
from workbench.catalog.problems import Problem
from workbench.catalog.schema import SAMPLES, Schema, graph_outputs
from workbench.catalog.scope import NodeInfo
from workbench.catalog.templates import load
from workbench.core.document import Block, Document, Graph, Node, Port, Update
from workbench.core.edits import Connect, Disconnect, RemoveNodes, SetParam
from workbench.core.errors import DocumentError
from workbench.core.expressions import Value
from workbench.core.files import dumps, loads

CORA = Schema(
    "cora", "Cora", graph_outputs(1433, classes=7), {"classes": 7, "features": 1433}, "graph", items=2708
)
ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.001}
BAD = Callable[[], Document]


def errors(document: Document) -> list[str]:
    return [str(each) for each in analyse(document, SAMPLES).problems if each.severity == "error"]


def warnings(document: Document) -> list[str]:
    return [str(each) for each in analyse(document, SAMPLES).problems if each.severity == "warning"]


def linked(document: Document, source: str, target: str) -> Document:
    """With one more link, past the edits that would refuse it."""
    links = {**document.graph.links, Port.parse(target): Port.parse(source)}
    return replace(document, graph=Graph(document.graph.nodes, links))


def trained(*updates: Update) -> Document:
    return draw(CLASSIFIER, updates=updates)


def one_block(inside: str, line: str = "body @Body", **params: Any) -> Document:
    """Iris through one block into a classifier."""
    body = block(inside, **params)
    return draw(
        f"""
        data Dataset dataset=iris
        {line} < data.features
        head Linear out_features=3 < body
        loss CrossEntropyLoss < head data.label
        """,
        blocks={"Body": body},
    )


LAYER = "x Input\nfc Linear out_features='= width' < x\nrelu ReLU < fc\ny Output < relu"


def test_a_whole_model_has_no_problems_and_every_node_is_known() -> None:
    analysis = analyse(draw(CLASSIFIER), SAMPLES)
    assert analysis.ok and analysis.problems == ()
    assert analysis.parameters == 64 * 16 + 16 + 16 * 10 + 10
    assert analysis.operations == 64 * 16 + 16 * 10
    assert str(analysis.nodes["fc2"].outputs["y"]) == "N×10"
    assert [step.trains for step in analysis.updates] == [("fc1", "fc2")]


@pytest.mark.parametrize(
    ("id", "schemas", "parameters"),
    [("lenet5", {}, 61_706), ("vae", {}, 652_824), ("gcn", {"cora": CORA}, 23_063)],
)
def test_parameter_counts_of_the_literature(id: str, schemas: dict[str, Schema], parameters: int) -> None:
    document = load(id)
    if schemas:
        document = SetParam("club", "dataset", "cora").apply(document)
    analysis = analyse(document, {**SAMPLES, **schemas})
    assert analysis.ok and analysis.parameters == parameters
    assert analysis.parameters == sum(
        info.parameters for path, info in analysis.nodes.items() if "/" not in path
    )


CASES: dict[str, tuple[BAD, str]] = {
    "cycle": (
        lambda: linked(linked(draw(CLASSIFIER), "relu.y", "flat.x"), "flat.y", "fc1.x"),
        "flat: the links form a cycle: flat → fc1 → relu → flat.",
    ),
    "unlinked input": (
        lambda: Disconnect(Port("fc1", "x")).apply(draw(CLASSIFIER)),
        "fc1.x: nothing is linked to its input “x”.",
    ),
    "shape clash": (
        lambda: Connect(Port("digits", "image"), Port("relu", "x")).apply(draw(CLASSIFIER)),
        "fc2.x: expects vectors N×F or sequences N×L×F, got N×1×8×8",
    ),
    "words in a number": (
        lambda: SetParam("fc1", "out_features", "many").apply(draw(CLASSIFIER)),
        "fc1.out_features: Out features must be a whole number, not 'many'.",
    ),
    "fraction in a whole number": (
        lambda: SetParam("fc1", "out_features", 2.5).apply(draw(CLASSIFIER)),
        "fc1.out_features: Out features must be a whole number, not 2.5.",
    ),
    "out of range": (
        lambda: SetParam("fc1", "out_features", 0).apply(draw(CLASSIFIER)),
        "fc1.out_features: Out features must be at least 1, not 0.",
    ),
    "no number": (
        lambda: replace_node(
            draw(CLASSIFIER.replace("relu ReLU", "relu LeakyReLU")),
            "relu",
            params={"negative_slope": math.nan},
        ),
        "relu.negative_slope: Negative slope must be a finite number, not nan.",
    ),
    "no such field": (
        lambda: SetParam("relu", "slope", 0.1).apply(draw(CLASSIFIER)),
        "relu.slope: There is no field “slope” here (fields: none).",
    ),
    "an unknown name in arithmetic": (
        lambda: SetParam("fc1", "out_features", "= wide * 2").apply(draw(CLASSIFIER)),
        "fc1.out_features: “= wide * 2” cannot be worked out: “wide” is not known here "
        "(known: channels, classes, height, width).",
    ),
    "division by zero": (
        lambda: SetParam("fc1", "out_features", "= 1 // 0").apply(draw(CLASSIFIER)),
        "fc1.out_features: “= 1 // 0” cannot be worked out: integer division or modulo by zero.",
    ),
    "a variable of itself": (
        lambda: draw(CLASSIFIER, variables={"a": "= b", "b": "= a + 1"}),
        "Variable “a” depends on itself: a → b → a.",
    ),
    "unknown dataset": (
        lambda: SetParam("digits", "dataset", "mnist").apply(draw(CLASSIFIER)),
        "digits.dataset: there is no dataset “mnist” in this workspace; choose or add one.",
    ),
    "unknown node type": (
        lambda: draw_node(Node("fancy", "FancyLayer")),
        "fancy: “FancyLayer” is not a known node type; the node is kept as it is.",
    ),
    "input outside of a block": (
        lambda: draw_node(Node("port", "Input")),
        "port: an Input belongs inside a block; here a Dataset is needed.",
    ),
    "no such output": (
        lambda: linked(draw(CLASSIFIER), "flat.z", "fc1.x"),
        "fc1.x: flat has no output “z”.",
    ),
    "no such input": (lambda: linked(draw(CLASSIFIER), "flat.y", "relu.z"), "relu.z: it has no input “z”."),
    "a gap in optional inputs": (
        lambda: draw(
            """
            text Dataset dataset=reference-text
            emb Embedding embedding_dim=8 < text.tokens
            att MultiheadAttention num_heads=2 < emb value:emb.y
            head Linear out_features='= vocabulary' < att
            loss CrossEntropyLoss < head text.next
            """
        ),
        "att.key: link “key” before “value”.",
    ),
    "no dataset": (
        lambda: draw("noise Noise\nfc Linear out_features=1 < noise\nloss MSELoss target=0 < fc"),
        "There is no dataset to train on. Add one and link it.",
    ),
    "no loss": (
        lambda: RemoveNodes(("loss",)).apply(draw(CLASSIFIER)),
        "There is no loss, so nothing to minimise. Add one, such as Cross-entropy, and link it.",
    ),
    "nothing at all": (lambda: Document(), "The canvas is empty. Add a dataset to begin."),
    "a link from nowhere": (
        lambda: linked(draw(CLASSIFIER), "ghost.y", "fc1.x"),
        "fc1.x: it is linked to “ghost”, which does not exist.",
    ),
    # Updates.
    "an update that trains nothing": (
        lambda: trained(Update("head", {"loss": 1}, ("relu",), ADAM)),
        "Update “head” trains nothing: no weights of relu have a part in loss.",
    ),
    "an update of weights without a part in its loss": (
        lambda: draw(
            f"{CLASSIFIER}\nother Linear out_features=2 < flat\nside MSELoss target=0 < other",
            updates=(Update("one", {"loss": 1}, ("other",), ADAM), Update("two", {"side": 1}, (), ADAM)),
        ),
        "Update “one” trains nothing: no weights of other have a part in loss.",
    ),
    "a model without weights": (
        lambda: draw("digits Dataset\nflat Flatten < digits\nloss MSELoss target=0 < flat"),
        "Update “train” trains nothing: no weights of the model have a part in loss.",
    ),
    "an update of nothing": (
        lambda: trained(Update("train", {}, (), ADAM)),
        "Update “train” minimises nothing: choose at least one loss.",
    ),
    "an update of what is not there": (
        lambda: trained(Update("train", {"loss": 1, "gone": 1}, (), ADAM)),
        "Update “train” minimises “gone”, which does not exist.",
    ),
    "training what is not there": (
        lambda: trained(Update("train", {"loss": 1}, ("fc1", "gone"), ADAM)),
        "Update “train” trains “gone”, which does not exist.",
    ),
    "minimising a metric": (
        lambda: trained(Update("train", {"accuracy": 1}, (), ADAM)),
        "accuracy: Update “train” minimises “accuracy”, which is not a loss.",
    ),
    "a weight in words": (
        lambda: trained(Update("train", {"loss": "much"}, (), ADAM)),
        "Update “train”, weight of loss: 'much' is not a number.",
    ),
    "an unknown optimiser": (
        lambda: trained(Update("train", {"loss": 1}, (), {"type": "Magic"})),
        "Update “train”: “Magic” is not a known optimizer (known: Adam, AdamW, SGD).",
    ),
    "a negative learning rate": (
        lambda: trained(Update("train", {"loss": 1}, (), {"type": "Adam", "lr": -1})),
        "Update “train”: Learning rate must be at least 0, not -1.",
    ),
    "nesterov without momentum": (
        lambda: trained(Update("train", {"loss": 1}, (), {"type": "SGD", "nesterov": True})),
        "Update “train”: Nesterov needs a momentum above 0.",
    ),
    "an unknown schedule": (
        lambda: trained(Update("train", {"loss": 1}, (), ADAM, {"type": "Tides"})),
        "Update “train”: “Tides” is not a known schedule "
        "(known: Constant, StepLR, CosineAnnealingLR, OneCycleLR).",
    ),
    "an update on no step": (
        lambda: trained(Update("train", {"loss": 1}, (), ADAM, every=0)),
        "Update “train”: “every” must be a whole number of at least 1, not 0.",
    ),
    "a negative clip": (
        lambda: trained(Update("train", {"loss": 1}, (), ADAM, clip=-1.0)),
        "Update “train”: “clip” must be a number of at least 0, not -1.0.",
    ),
    # The training form.
    "epochs in words": (
        lambda: draw(CLASSIFIER, epochs="many"),
        "training, epochs: Epochs must be a whole number, not 'many'.",
    ),
    "an unknown setting": (
        lambda: draw(CLASSIFIER, speed=3),
        "training, speed: There is no field “speed” here "
        "(fields: epochs, batch_size, steps, seed, patience, monitor).",
    ),
    "best by nothing": (
        lambda: draw(CLASSIFIER, monitor="beauty"),
        "training, best by: there is no metric or loss “beauty” (there are: loss, accuracy).",
    ),
    "best by a layer": (
        lambda: draw(CLASSIFIER, monitor="fc1"),
        "training, best by: there is no metric or loss “fc1” (there are: loss, accuracy).",
    ),
    # Blocks.
    "unknown block": (
        lambda: draw_node(Node("body", block="Nothing")),
        "body: there is no block “Nothing” in this model.",
    ),
    "unknown parameter": (
        lambda: one_block(LAYER, "body @Body depth=3", width=8),
        "body.depth: block “Body” has no parameter “depth”.",
    ),
    "a block in itself": (
        lambda: recursive(),
        "a/b/a: blocks may not contain themselves or nest too deeply: A → B → A.",
    ),
    "repeat below one": (
        lambda: one_block(LAYER, "body @Body *0", width=8),
        "body.repeat: Repeat must be 1 to 10,000, not 0.",
    ),
    "repeat beyond reason": (
        lambda: one_block(LAYER, "body @Body *10001", width=8),
        "body.repeat: Repeat must be 1 to 10,000, not 10001.",
    ),
    "repeat by an unknown name": (
        lambda: one_block(LAYER, "body @Body *'= depth'", width=8),
        "body.repeat: “= depth” cannot be worked out: “depth” is not known here (known: classes, features).",
    ),
    "a problem in the second repetition": (
        lambda: one_block(
            "x Input\nshape Reshape shape=[2,2] < x\nflat Flatten < shape\n"
            "fc Linear out_features='= 4 + i' < flat\ny Output < fc",
            "body @Body *3",
        ),
        "body#3/shape.x: cannot make 2×2 (4 elements) from N×5 (5 elements)",
    ),
    "nothing comes out": (
        lambda: one_block("x Input\nfc Linear out_features=3 < x"),
        "body: block “Body” has no Output, so nothing comes out of it.",
    ),
    "data in a block": (
        lambda: one_block("x Input\ndata Dataset dataset=iris\nadd Add < x data.features\ny Output < add"),
        "body/data: a Dataset belongs in the model itself; link what the block needs to an Input.",
    ),
    "a metric in a block": (
        lambda: one_block(
            "x Input\nmse MeanSquaredError < x x\ny Output < x",
        ),
        "body/mse: a metric belongs in the model itself; bring its input out of the block.",
    ),
    "a probe in a block": (
        lambda: one_block("x Input\ncube Reshape shape=[1,2,2] < x\nsee Images < cube\ny Output < x"),
        "body/see: a probe belongs in the model itself; bring its input out of the block.",
    ),
    "noise in a block without inputs": (
        lambda: draw(
            "data Dataset dataset=iris\nsome @Random\nfc Linear out_features=3 < some\n"
            "loss CrossEntropyLoss < fc data.label",
            blocks={"Random": block("z Noise size=4\ny Output < z")},
        ),
        "some/z: Noise needs an Input in its block, which tells how many examples there are.",
    ),
    # Linked copies.
    "a copy of nothing": (
        lambda: replace_node(draw(CLASSIFIER), "fc1", linked_to="gone"),
        "fc1: it shares the weights of “gone”, which does not exist.",
    ),
    "a copy of another kind": (
        lambda: replace_node(draw(CLASSIFIER), "relu", linked_to="fc1"),
        "relu: it cannot share the weights of “fc1”: not of one kind.",
    ),
    "a copy of other shapes": (
        lambda: replace_node(draw(CLASSIFIER), "fc2", linked_to="fc1"),
        "fc2: it shares the weights of “fc1” but its input or its fields ask for other ones.",
    ),
    "a copy of a block that computes something else": (
        lambda: draw(
            "data Dataset dataset=iris\na @Body times=2 < data.features\nb @Body times=3 ~a < data.features\n"
            "both Add < a b\nfc Linear out_features=3 < both\nloss CrossEntropyLoss < fc data.label",
            blocks={
                "Body": block(
                    "x Input\nfc Linear out_features=4 < x\nmore Scale factor='= times' < fc\ny Output < more",
                    times=1,
                )
            },
        ),
        "b: it shares the weights of “a” but its input or its fields ask for other ones.",
    ),
}


def draw_node(node: Node) -> Document:
    """The classifier with one node beside it."""
    document = draw(CLASSIFIER)
    return replace(document, graph=Graph({**document.graph.nodes, node.id: node}, document.graph.links))


def replace_node(document: Document, id: str, **changes: Any) -> Document:
    node = replace(document.graph.nodes[id], **changes)
    return replace(document, graph=Graph({**document.graph.nodes, id: node}, document.graph.links))


def recursive() -> Document:
    inner = {"B": block("x Input\ny Output < x")}
    outer = block("x Input\nb @B < x\ny Output < b", inner)
    again = block("x Input\na @A < x\ny Output < a", {"A": outer})
    return draw(
        "data Dataset dataset=iris\na @A < data\nfc Linear out_features=3 < a\nloss CrossEntropyLoss < fc data.label",
        blocks={"A": outer, "B": again},
    )


@pytest.mark.parametrize(("bad", "message"), CASES.values(), ids=CASES)
def test_what_is_wrong_is_said_with_its_place(bad: BAD, message: str) -> None:
    assert message in errors(bad())


@pytest.mark.parametrize("bad", [case[0] for case in CASES.values()], ids=CASES)
def test_it_is_said_once(bad: BAD) -> None:
    found = [str(each) for each in analyse(bad(), SAMPLES).problems]
    assert len(found) == len(set(found))


def test_two_links_into_one_input_are_refused_in_the_file() -> None:
    text = dumps(draw(CLASSIFIER)).replace(
        '["flat.y", "fc1.x"]', '["flat.y", "fc1.x"],\n      ["digits.image", "fc1.x"]'
    )
    with pytest.raises(DocumentError, match=r"two.json: link 3: input fc1.x already has a link from flat.y"):
        loads(text, "two.json")


# Facts and expressions.


def test_fields_may_use_facts_of_the_dataset_variables_and_parameters() -> None:
    document = draw(
        """
        data Dataset dataset=iris
        body @Body size='= width + 1' < data.features
        fc Linear out_features='= classes' < body
        loss CrossEntropyLoss < fc data.label
        """,
        blocks={
            "Body": block("x Input\nfc Linear out_features='= size * width + i' < x\ny Output < fc", size=1)
        },
        variables={"width": "= features * 2"},
    )
    analysis = analyse(document, SAMPLES)
    assert not analysis.problems
    assert str(analysis.nodes["body"].outputs["y"]) == f"N×{9 * 8}"
    assert analysis.nodes["body"].params == {"size": 9}


def test_repetitions_may_differ_by_their_number() -> None:
    widths = block("x Input\nfc Linear out_features='= 8 * 2 ** i' < x\ny Output < fc")
    document = draw(
        "data Dataset dataset=iris\nbody @Widths *3 < data\nfc Linear out_features=3 < body\n"
        "loss CrossEntropyLoss < fc data.label",
        blocks={"Widths": widths},
    )
    analysis = analyse(document, SAMPLES)
    assert not analysis.problems
    assert [str(analysis.nodes[f"body#{n}/fc"].outputs["y"]) for n in (1, 2, 3)] == ["N×8", "N×16", "N×32"]
    assert analysis.nodes["body"].parameters == 4 * 8 + 8 + 8 * 16 + 16 + 16 * 32 + 32


def test_a_linked_copy_counts_no_weights_of_its_own() -> None:
    document = draw(
        "data Dataset dataset=iris\na Linear out_features=4 < data\nb Linear out_features=4 ~a < a\n"
        "head Linear out_features=3 < b\nloss CrossEntropyLoss < head data.label"
    )
    analysis = analyse(document, SAMPLES)
    assert analysis.ok and analysis.parameters == 20 + 15
    assert analysis.nodes["b"].parameters == 0 and analysis.updates[0].trains == ("a", "head")


def test_a_text_has_the_length_that_its_node_asks_for() -> None:
    analysis = analyse(SetParam("text", "length", 7).apply(load("char-lstm")), SAMPLES)
    assert str(analysis.nodes["text"].outputs["tokens"]) == "N×7 index"


# Problems inside blocks.


def test_a_problem_inside_a_block_is_told_once_with_the_way_to_it() -> None:
    document = one_block(LAYER, "body @Body *4", width=8)
    broken = SetParam("fc", "out_features", "= nothing", "Body").apply(document)
    (problem,) = analyse(broken, SAMPLES).problems
    assert (problem.where, problem.path, problem.node, problem.port) == (
        "Body",
        "body#1/fc",
        "fc",
        "out_features",
    )


def test_a_problem_inside_a_block_is_told_for_each_node_that_shows_it() -> None:
    document = load("gan")
    broken = SetParam("fc2", "out_features", -1, "Discriminator").apply(document)
    found = [each for each in analyse(broken, SAMPLES).problems if each.where == "Discriminator"]
    assert [each.path for each in found] == ["judge/fc2", "judge_fake/fc2"]


# Warnings.


def test_softmax_before_cross_entropy() -> None:
    document = draw(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2", "soft Softmax < fc2\nloss CrossEntropyLoss < soft")
    )
    assert warnings(document) == [
        "loss.input: this loss contains the softmax; with “soft” before it the softmax is applied twice."
    ]
    assert errors(document) == []


def test_sigmoid_before_binary_cross_entropy() -> None:
    document = draw(
        "digits Dataset\nflat Flatten < digits\nfc Linear out_features=64 < flat\nsig Sigmoid < fc\n"
        "loss BCEWithLogitsLoss < sig flat"
    )
    assert warnings(document) == [
        "loss.input: this loss contains the sigmoid; with “sig” before it the sigmoid is applied twice."
    ]


def test_bias_before_batch_norm() -> None:
    document = draw(CLASSIFIER.replace("relu ReLU < fc1", "norm BatchNorm1d < fc1\nrelu ReLU < norm"))
    assert warnings(document) == ["fc1.bias: its bias is redundant: batch norm follows and has its own."]
    copied = draw(
        "data Dataset dataset=iris\na Linear out_features=4 < data\nb Linear out_features=4 ~a < a\n"
        "norm BatchNorm1d < b\nhead Linear out_features=3 < norm\nloss CrossEntropyLoss < head data.label"
    )
    assert warnings(copied) == [], "the bias is shared with a place where it counts"


def test_a_loss_that_nothing_minimises_and_a_layer_that_nothing_uses() -> None:
    document = draw(
        f"{CLASSIFIER}\nlost Linear out_features=2 < flat\nside L1Loss target=0 < fc2",
        updates=(Update("train", {"loss": 1}, (), ADAM),),
    )
    assert warnings(document) == ["lost: nothing uses its output.", "side: no update minimises this loss."]


def test_early_stopping_needs_a_figure_to_watch() -> None:
    document = load("gan")
    document = replace(document, training=replace(document.training, settings={"patience": 3}))
    assert warnings(document) == [
        "training, early stopping: several updates have no one best figure; choose one under “Best by”."
    ]
    watched = replace(document.training, settings={"patience": 3, "monitor": "fool_loss"})
    assert warnings(replace(document, training=watched)) == []


# Fixes.


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


# Whatever a document holds.

RELAXED = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


@RELAXED
@given(damaged())
def test_it_never_raises(document: Document) -> None:
    analysis = analyse(document, SAMPLES)
    assert all(problem.message for problem in analysis.problems)
    for problem in analysis.problems:
        assert problem.where in ("", *document.blocks)
        if problem.node:
            assert problem.node in document.graph_of(problem.where).nodes


def gist(analysis: Analysis) -> object:
    def of(info: NodeInfo) -> object:
        return (info.node, info.kind, info.inputs, info.outputs, info.parameters, info.operations)

    return analysis.problems, {path: of(info) for path, info in analysis.nodes.items()}, analysis.updates


@RELAXED
@given(st.data())
def test_what_is_remembered_of_an_earlier_version_changes_nothing(data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(TEMPLATES))
    before: Analysis | None = None
    for _ in range(data.draw(st.integers(1, 4))):
        before = analyse(document, SAMPLES, before)
        document = data.draw(changed(document))
    assert repr(gist(analyse(document, SAMPLES, before))) == repr(gist(analyse(document, SAMPLES)))


def test_a_block_that_repeats_a_block_that_repeats_ends_in_time() -> None:
    inner = block("x Input\na ReLU < x\ny Output < a")
    outer = block("x Input\nb @Inner *10000 < x\ny Output < b", {"Inner": inner})
    document = draw(
        "data Dataset dataset=iris\nbody @Outer *10000 < data\nfc Linear out_features=3 < body\n"
        "loss CrossEntropyLoss < fc data.label",
        blocks={"Inner": inner, "Outer": outer},
    )
    start = time.process_time()
    found = errors(document)
    assert "The model has more than 50,000 nodes with all its repetitions." in found
    assert time.process_time() - start < 10
