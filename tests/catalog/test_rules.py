"""Advice: each doubt is told at the right place, and one click makes the model check. No alarm is a false one."""

from dataclasses import dataclass, field, replace

import pytest

from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import analyse
from workbench.catalog.problems import Problem
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load, templates
from workbench.core.document import Block, Document, Training, Update
from workbench.core.expressions import Value


@dataclass(frozen=True)
class Case:
    """A drawing with one fault: where it is told, as what, in which words, and what the first fix is called."""

    lines: str
    place: str
    severity: str
    words: str
    fix: str
    blocks: dict[str, Block] = field(default_factory=dict)
    updates: tuple[Update, ...] = ()
    settings: dict[str, Value] = field(default_factory=dict)

    def document(self) -> Document:
        drawn = draw(self.lines, blocks=self.blocks)
        return replace(drawn, training=Training(self.settings, self.updates))


HEAD = "flat Flatten < {0}\nfc Linear out_features=10 < flat\nloss CrossEntropyLoss < fc digits.label"
NORMED = CLASSIFIER.replace("relu ReLU < fc1", "norm BatchNorm1d < fc1\nrelu ReLU < norm").replace(
    "out_features=16", "out_features=16 bias=false"
)

CASES = {
    "missing flatten": Case(
        "digits Dataset\nfc Linear out_features=10 < digits\nloss CrossEntropyLoss < fc digits.label",
        "fc.x", "error", "expects vectors", "Insert Flatten",
    ),
    "channels of an addition": Case(
        "digits Dataset\na Conv2d out_channels=8 kernel_size=3 padding=1 < digits\n"
        "b Conv2d out_channels=16 kernel_size=3 padding=1 < a\nadd Add < b a\n" + HEAD.format("add"),
        "add.b", "error", "inputs of one shape", "Insert Convolution",
    ),
    "channels of an addition of signals": Case(
        "digits Dataset\nrows Reshape shape=[8,8] < digits\n"
        "a Conv1d out_channels=12 kernel_size=3 padding=1 < rows\nadd Add < a rows\n" + HEAD.format("add"),
        "add.b", "error", "inputs of one shape", "Insert Convolution",
    ),
    "features of an addition": Case(
        "data Dataset dataset=iris\nfc Linear out_features=8 < data\nadd Add < fc data\n"
        "head Linear out_features=3 < add\nloss CrossEntropyLoss < head data.label",
        "add.b", "error", "inputs of one shape", "Insert Linear",
    ),
    "sizes of a concatenation": Case(
        "digits Dataset\nsmall MaxPool2d < digits\ncat Concatenate < digits small\n" + HEAD.format("cat"),
        "cat.b", "error", "in all but dimension 1", "Insert Resize",
    ),
    "channels of a concatenation": Case(
        "digits Dataset\na Conv2d out_channels=4 kernel_size=1 < digits\ncat Concatenate dim=2 < a digits\n"
        + HEAD.format("cat"),
        "cat.b", "error", "in all but dimension 2", "Insert Convolution",
    ),
    "features of a concatenation": Case(
        "digits Dataset\nrows Reshape shape=[8,8] < digits\nwide Linear out_features=12 < rows\n"
        "cat Concatenate dim=1 < wide rows\n" + HEAD.format("cat"),
        "cat.b", "error", "in all but dimension 1", "Insert Linear",
    ),
    "an image beside a vector": Case(
        "digits Dataset\nflat1 Flatten < digits\ncat Concatenate < flat1 digits\n"
        "fc Linear out_features=10 < cat\nloss CrossEntropyLoss < fc digits.label",
        "cat.b", "error", "expects the shape of a", "Insert Flatten",
    ),
    "vectors into a convolution": Case(
        "digits Dataset\nvector Flatten < digits\nconv Conv2d out_channels=4 kernel_size=3 < vector\n"
        + HEAD.format("conv"),
        "conv.x", "error", "expects images", "Insert Reshape",
    ),
    "tokens into a layer": Case(
        "text Dataset dataset=reference-text\nfc Linear out_features='= vocabulary' < text\n"
        "loss CrossEntropyLoss < fc text.next",
        "fc.x", "error", "labels or tokens", "Insert Embedding",
    ),
    "softmax before cross-entropy": Case(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2", "soft Softmax < fc2\nloss CrossEntropyLoss < soft"),
        "loss.input", "warning", "the softmax is applied twice", "Link fc2.y instead",
    ),
    "log-softmax before cross-entropy": Case(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2", "soft LogSoftmax < fc2\nloss CrossEntropyLoss < soft"),
        "loss.input", "warning", "the softmax is applied twice", "Link fc2.y instead",
    ),
    "sigmoid before cross-entropy": Case(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2", "soft Sigmoid < fc2\nloss CrossEntropyLoss < soft"),
        "loss.input", "warning", "takes raw scores", "Link fc2.y instead",
    ),
    "ReLU6 before cross-entropy": Case(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2", "soft ReLU6 < fc2\nloss CrossEntropyLoss < soft"),
        "loss.input", "warning", "takes raw scores", "Link fc2.y instead",
    ),
    "dropped branches between two layers in a row": Case(
        CLASSIFIER.replace("relu ReLU < fc1", "relu DropPath < fc1"),
        "fc2.x", "hint", "no more than one Linear layer", "Insert ReLU",
    ),
    "softmax inside a block": Case(
        "digits Dataset\nbody @Body < digits\nloss CrossEntropyLoss < body digits.label",
        "loss.input", "warning", "the softmax is applied twice", "Link fc.y to y in Body",
        blocks={"Body": block("x Input\nflat Flatten < x\nfc Linear out_features=10 < flat\n"
                              "soft Softmax < fc\ny Output < soft")},
    ),
    "sigmoid before a loss of logits": Case(
        "noise Noise\nfc Linear out_features=1 < noise\nsig Sigmoid < fc\nloss BCEWithLogitsLoss target=1 < sig\n"
        "digits Dataset",
        "loss.input", "warning", "the sigmoid is applied twice", "Link fc.y instead",
    ),
    "sigmoid before binary accuracy": Case(
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data\nsig Sigmoid < fc\n"
        "loss BCEWithLogitsLoss < fc data.target\nright BinaryAccuracy < sig data.target",
        "right.input", "warning", "none is below", "Link fc.y instead",
    ),
    "another number of classes": Case(
        CLASSIFIER.replace("fc2 Linear out_features='= classes'", "fc2 Linear out_features=7"),
        "loss.input", "error", "has 7 outputs but the target has 10 classes", "Set fc2.out_features to 10",
    ),
    "another number of classes before a softmax": Case(
        CLASSIFIER.replace("fc2 Linear out_features='= classes' < relu",
                           "last Linear out_features=7 < relu\nfc2 Dropout < last"),
        "loss.input", "error", "has 7 outputs but the target has 10 classes", "Set last.out_features to 10",
    ),
    "another number of classes out of a block": Case(
        "digits Dataset\nbody @Body < digits\nloss CrossEntropyLoss < body digits.label",
        "loss.input", "error", "has 9 outputs", "Set Body: fc.out_features to 10",
        blocks={"Body": block("x Input\nflat Flatten < x\nfc Linear out_features=9 < flat\ny Output < fc")},
    ),
    "no loss": Case(
        CLASSIFIER.replace("loss CrossEntropyLoss < fc2 digits.label", ""),
        "", "error", "There is no loss", "Add Cross-entropy",
    ),
    "nothing is trained": Case(
        f"{CLASSIFIER}\nother Linear out_features=2 < flat\nside MSELoss target=0 < other",
        "", "error", "trains nothing: no weights of other", "Train everything",
        updates=(Update("one", {"loss": 1}, ("other",)), Update("two", {"side": 1}, ())),
    ),
    "an output that is not used": Case(
        f"{CLASSIFIER}\nlost Linear out_features=2 < flat",
        "lost", "warning", "nothing uses its output.", "Delete lost",
    ),
    "a dead branch": Case(
        f"{CLASSIFIER}\na Linear out_features=5 < flat\nb ReLU < a\nc Reshape shape=[5,1] < b",
        "c", "warning", "so these 3 nodes have no effect: a, b, c.", "Delete these 3 nodes",
    ),
    "a dead block": Case(
        f"{CLASSIFIER}\nlost @Body < flat",
        "lost", "warning", "nothing uses its output.", "Delete lost",
        blocks={"Body": block("x Input\nfc Linear out_features=9 < x\ny Output < fc")},
    ),
    "a dead branch inside a block": Case(
        "digits Dataset\nbody @Body < digits\nloss CrossEntropyLoss < body digits.label",
        "body/b", "warning", "these 2 nodes have no effect: a, b.", "Delete these 2 nodes",
        blocks={"Body": block("x Input\nflat Flatten < x\nfc Linear out_features=10 < flat\ny Output < fc\n"
                              "a Linear out_features=3 < flat\nb Tanh < a")},
    ),
    "a bias before batch norm": Case(
        NORMED.replace("bias=false", "bias=true"),
        "fc1.bias", "warning", "its bias is redundant", "Switch the bias off",
    ),
    "batch norm of one example": Case(
        NORMED, "norm", "error", "cannot work on batches of one example", "Set the batch size to 64",
        settings={"batch_size": 1},
    ),
    "batch norm of one image": Case(
        "digits Dataset\nnorm BatchNorm2d < digits\n" + HEAD.format("norm"),
        "norm", "warning", "only sees that example", "Set the batch size to 64", settings={"batch_size": "= 2 - 1"},
    ),
    "no activation between two layers": Case(
        CLASSIFIER.replace("relu ReLU < fc1", "relu Dropout < fc1"),
        "fc2.x", "hint", "without an activation after “fc1”", "Insert ReLU",
    ),
}  # fmt: skip


def told(document: Document) -> list[tuple[str, str, str]]:
    return [(each.severity, place(each), each.message) for each in analyse(document, SAMPLES).problems]


def place(problem: Problem) -> str:
    return f"{problem.path}.{problem.port}" if problem.port else problem.path


@pytest.mark.parametrize("name", CASES)
def test_one_click_mends_what_is_doubtful(name: str) -> None:
    case = CASES[name]
    document = case.document()
    problems = analyse(document, SAMPLES).problems
    problem = problems[0]
    assert (problem.severity, place(problem)) == (case.severity, case.place), told(document)
    assert case.words in problem.message
    assert problem.fixes[0].label.startswith(case.fix), problem.fixes
    for fix in problem.fixes:
        mended = analyse(fix.edit.apply(document), SAMPLES)
        assert case.words not in " ".join(each.message for each in mended.problems)
    mended = analyse(problem.fixes[0].edit.apply(document), SAMPLES)
    assert mended.ok, [str(each) for each in mended.problems]


def test_the_number_of_classes_follows_the_data() -> None:
    document = CASES["another number of classes"].document()
    (problem,) = [each for each in analyse(document, SAMPLES).problems if each.node == "loss"]
    mended = problem.fixes[0].edit.apply(document)
    assert mended.graph.nodes["fc2"].params["out_features"] == "= classes"


@pytest.mark.parametrize("template", [each.id for each in templates() if not each.landmark])
def test_no_false_alarm_in_a_template(template: str) -> None:
    assert told(load(template)) == []


@pytest.mark.parametrize(
    "lines",
    [
        # A bias that something else sees, or that a linked copy uses without the norm.
        "digits Dataset\nflat Flatten < digits\nfc Linear out_features=10 < flat\nnorm BatchNorm1d < fc\n"
        "sum Add < fc norm\nloss CrossEntropyLoss < sum digits.label",
        # Tanh keeps the sign, by which binary accuracy goes.
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data\ntanh Tanh < fc\n"
        "loss MSELoss < tanh data.target\nright BinaryAccuracy < tanh data.target",
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data\ntanh Hardtanh < fc\n"
        "loss MSELoss < tanh data.target\nright BinaryAccuracy < tanh data.target",
        # Probes, metrics and outputs are readers, too.
        f"{CLASSIFIER}\nsoft Softmax < fc2\nprediction Output < soft",
        # Squashed outputs for a loss of numbers.
        "digits Dataset\nflat Flatten < digits\nfc Linear out_features=64 < flat\nsig Sigmoid < fc\n"
        "image Reshape shape=[1,8,8] < sig\nloss MSELoss < image digits.image",
        # Two layers side by side, not in a row.
        "digits Dataset\nflat Flatten < digits\na Linear out_features=4 < flat\nb Linear out_features=4 < flat\n"
        "z Reparameterise < a b\nfc Linear out_features=10 < z\nloss CrossEntropyLoss < fc digits.label",
    ],
)  # fmt: skip
def test_what_is_as_meant_is_not_doubted(lines: str) -> None:
    assert told(draw(lines)) == []


def test_graph_nodes_are_no_batch() -> None:
    graph = draw(
        "club Dataset dataset=karate\nconv GCNConv out_channels=8 bias=false < club.x club.edges\n"
        "norm BatchNorm1d < conv\nfc Linear out_features=2 < norm\nloss CrossEntropyLoss < fc club.label",
        batch_size=1,
    )
    assert told(graph) == []


def test_without_any_reader_only_the_last_node_is_doubted() -> None:
    begun = told(draw("digits Dataset\nflat Flatten < digits\nfc Linear < flat"))
    assert [each for each in begun if each[1]] == [("warning", "fc", "nothing uses its output.")]
