"""Models that are wrong in one way each, and what the check says of them."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.drawing import CLASSIFIER, block, draw
from workbench.core.document import Document, Graph, Node, Port, Update
from workbench.core.edits import Connect, Disconnect, RemoveNodes, SetParam
from workbench.core.expressions import Value

ADAM: dict[str, Value] = {"type": "Adam", "lr": 0.001}
Make = Callable[[], Document]


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


CASES: dict[str, tuple[Make, str]] = {
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
    "an update that no gradient reaches": (
        lambda: draw(
            CLASSIFIER.replace(
                "loss CrossEntropyLoss < fc2", "stop StopGradient < fc2\nloss CrossEntropyLoss < stop"
            )
        ),
        "Update “train” trains nothing: no weights of the model have a part in loss.",
    ),
    "examples pooled as if they were nodes": (
        lambda: draw(
            "data Dataset dataset=iris\npool GlobalMeanPool < data.features\nfc Linear out_features=3 < pool\n"
            "loss CrossEntropyLoss < fc data.label"
        ),
        "pool.x: expects node features V×F, got N×4",
    ),
    "one answer for a whole graph where each node has a label": (
        lambda: draw(
            "club Dataset dataset=karate\ngcn GCNConv out_channels=2 < club.x club.edges\n"
            "pool GlobalMeanPool < gcn\nloss CrossEntropyLoss < pool club.label"
        ),
        "loss.input: expects scores for V targets, got 1×2: that is 1 entries with 2 scores each",
    ),
    "node features without nodes": (
        lambda: draw(
            "club Dataset dataset=karate\npool GlobalMeanPool < club.x\ngcn GCNConv out_channels=2 < pool club.edges\n"
            "loss CrossEntropyLoss < gcn club.label"
        ),
        "gcn.x: expects a row for each node, V×F, got 1×34",
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
        "Update “train”: “Magic” is not a known optimizer (known: Adam, AdamW, SGD, RMSprop, Adagrad).",
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
        "(known: Constant, StepLR, MultiStepLR, ExponentialLR, CosineAnnealingLR, LinearWarmupCosineAnnealingLR, "
        "OneCycleLR, ReduceLROnPlateau).",
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
        "(fields: epochs, batch_size, steps, seed, patience, monitor, ema_decay, weights).",
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
        "a/b/a: blocks may not contain themselves: A → B → A.",
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
