"""Blocks in programs: what differs between instances is an argument, what repeats is written once, what is shared is
one module. Each text is also held against what the same layers compute by hand.
"""

import re

import pytest
import torch
from torch import Tensor, nn

from tests.drawing import block, draw
from tests.programs import analysed, batch_of, call, live, text_of
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Block, Document
from workbench.core.expressions import Value

HEAD = "head Linear out_features=3 < last\nloss CrossEntropyLoss < head data.label\nanswer Output < head"
LAYER = block("x Input\nfc Linear out_features='= size' < x\nact Tanh < fc\ny Output < act", size=4)


def iris(lines: str, **blocks: Block) -> Document:
    """Iris through the lines, the last of which is called `last`."""
    return draw(f"data Dataset dataset=iris\n{lines}\n{HEAD}", blocks=blocks)


def section(text: str, name: str) -> str:
    """The class of that name."""
    return re.split(r"\n\n\n", text[text.index(f"class {name}(nn.Module):") :])[0]


def answer(document: Document) -> tuple[nn.Module, Tensor, Tensor]:
    """The program, its input, and what it says."""
    program, batch = live(document), batch_of(analysed(document))
    features = batch["data.features"]
    return program, features, call(program, "answer", features)


def part(module: nn.Module, path: str) -> nn.Module:
    return module.get_submodule(path)


def test_what_differs_is_an_argument_and_the_rest_is_written_out() -> None:
    document = iris("a @Layer size=8 < data\nlast @Layer size=6 < a", Layer=LAYER)
    text = text_of(document)
    assert "def __init__(self, fc_in_features: int, size: int) -> None:" in section(text, "Layer")
    assert "self.fc = nn.Linear(in_features=fc_in_features, out_features=size)" in text
    assert "self.a = Layer(fc_in_features=4, size=8)" in text
    assert "self.last = Layer(fc_in_features=8, size=6)" in text
    assert text.count("class Layer") == 1


def test_equal_instances_need_no_arguments() -> None:
    text = text_of(iris("a @Layer < data\nlast @Layer < a", Layer=LAYER))
    assert "def __init__(self) -> None:" in section(text, "Layer")
    assert "self.a = Layer()" in text and "self.last = Layer()" in text


def test_one_argument_serves_all_fields_that_go_together() -> None:
    """The parameter's own name wins; a value that is the same everywhere stays a literal."""
    body = block(
        "x Input\none Linear out_features='= size' < x\ntwo Linear out_features='= size' bias=false < one\n"
        "y Output < two",
        size=4,
    )
    text = text_of(iris("a @Body size=7 < data\nlast @Body size=5 < a", Body=body))
    written = section(text, "Body")
    assert "def __init__(self, one_in_features: int, size: int) -> None:" in written
    assert "self.two = nn.Linear(in_features=size, out_features=size, bias=False)" in written


def test_arguments_of_every_kind() -> None:
    """Also one that is left out where it has its default."""
    body = block(
        "x Input\nfc Linear out_features=8 bias='= on' < x\ndrop Dropout p='= share' < fc\n"
        "cube Reshape shape=[2,2,2] < drop\npool AdaptiveAvgPool2d output_size='= out' < cube\n"
        "flat Flatten < pool\ny Output < flat",
        share=0.5,
        on=True,
        out=1,
    )
    document = iris("a @Body share=0 on=false out=[1,2] < data\nb @Body out=2 < a\nlast @Body < b", Body=body)
    text = text_of(document)
    written = section(text, "Body")
    assert text.count('(nn.Module):\n    """Block Body') == 1
    for argument in ("on: bool", "share: float", "out: int | tuple[int, int]"):
        assert argument in written
    assert "on=False" in text and "on=True" in text
    analysis, program = analysed(document), live(document)
    assert analysis.parameters == sum(weight.numel() for weight in program.parameters())


def test_alike_repetitions_are_a_comprehension() -> None:
    document = iris("last @Layer *5 < data", Layer=LAYER)
    text = text_of(document)
    assert "self.last = nn.Sequential(*(Layer() for _ in range(5)))" in text
    program, x, said = answer(document)
    for index in range(5):
        x = torch.tanh(part(program, f"last.{index}.fc")(x))
    assert torch.equal(part(program, "head")(x), said)
    weights = {id(part(program, f"last.{index}.fc.weight".rsplit(".", 1)[0])) for index in range(5)}
    assert len(weights) == 5, "repetitions do not share weights"


def test_repetitions_that_differ_are_a_list() -> None:
    document = iris("last @Layer size='= 8 * (i + 1)' *3 < data", Layer=LAYER)
    text = text_of(document)
    assert text.count("Layer(fc_in_features=") == 3
    assert "Layer(fc_in_features=8, size=16)" in text and " for _ in " not in text
    program, x, said = answer(document)
    assert part(program, "last.2.fc.weight".rsplit(".", 1)[0]) is not None
    for index in range(3):
        x = torch.tanh(part(program, f"last.{index}.fc")(x))
    assert torch.equal(part(program, "head")(x), said)


def test_a_repeat_in_a_repeat() -> None:
    outer = block(
        "x Input\nin @Layer *2 size='= wide' < x\ny Output < in".replace("in @", "inner @").replace(
            "< in", "< inner"
        ),
        {"Layer": LAYER},
        wide=4,
    )
    document = iris("last @Outer wide=4 *3 < data", Layer=LAYER, Outer=outer)
    text = text_of(document)
    assert "self.inner = nn.Sequential(*(Layer() for _ in range(2)))" in section(text, "Outer")
    assert "self.last = nn.Sequential(*(Outer() for _ in range(3)))" in text
    program, x, said = answer(document)
    for index in range(3):
        for inner in range(2):
            x = torch.tanh(part(program, f"last.{index}.inner.{inner}.fc")(x))
    assert torch.equal(part(program, "head")(x), said)


def test_how_often_an_inner_block_repeats_may_be_an_argument() -> None:
    outer = block("x Input\nmany @Layer *'= depth' < x\ny Output < many", {"Layer": LAYER}, depth=1)
    document = iris("a @Outer depth=2 < data\nlast @Outer depth=4 < a", Layer=LAYER, Outer=outer)
    text = text_of(document)
    assert "self.many = nn.Sequential(*(Layer() for _ in range(depth)))" in section(text, "Outer")
    assert "self.a = Outer(depth=2)" in text and "self.last = Outer(depth=4)" in text
    assert len(list(part(live(document), "last.many").children())) == 4


def test_arguments_reach_through_several_levels() -> None:
    middle = block("x Input\ndeep @Layer size='= wide' < x\ny Output < deep", {"Layer": LAYER}, wide=4)
    outer = block("x Input\nmid @Middle wide='= size * 2' < x\ny Output < mid", {"Middle": middle}, size=2)
    document = iris("a @Outer size=3 < data\nlast @Outer size=5 < a", Layer=LAYER, Middle=middle, Outer=outer)
    program, x, said = answer(document)
    assert [tuple(p.shape) for n, p in program.named_parameters() if n.endswith("fc.weight")] == [
        (6, 4),
        (10, 6),
    ]
    for name in ("a", "last"):
        x = torch.tanh(part(program, f"{name}.mid.deep.fc")(x))
    assert torch.equal(part(program, "head")(x), said)


def test_several_inputs_and_outputs_that_repeat() -> None:
    """The first output feeds the first input; the other inputs are the same every time."""
    cell = block(
        "state Input\nx Input\nfc Linear out_features=4 < state\nadd Add < fc x\nact Tanh < add\n"
        "next_state Output < act\nscore Output < fc"
    )
    document = draw(
        "data Dataset dataset=iris\nlast @Cell *3 < data.features data.features\n"
        "head Linear out_features=3 < last.next_state\nextra Linear out_features=3 < last.score\n"
        "both Add < head extra\nloss CrossEntropyLoss < both data.label\nanswer Output < both",
        blocks={"Cell": cell},
    )
    text = text_of(document)
    assert "self.last = nn.ModuleList(Cell() for _ in range(3))" in text
    assert "for layer in self.last:" in text
    program, x, said = answer(document)
    state = x
    for index in range(3):
        score = part(program, f"last.{index}.fc")(state)
        state = torch.tanh(score + x)
    assert torch.equal(part(program, "head")(state) + part(program, "extra")(score), said)


def test_a_repeated_block_whose_first_output_nobody_uses_disturbs_no_other_node() -> None:
    cell = block("a Input\nb Input\nfc Linear out_features=4 < a\nmore Output < fc\ngate Output < b")
    document = draw(
        "data Dataset dataset=iris\nx Tanh < data.features\ncells @Cell *2 < x x\n"
        "both Add < x cells.gate\nhead Linear out_features=3 < both\n"
        "loss CrossEntropyLoss < head data.label\nanswer Output < head",
        blocks={"Cell": cell},
    )
    program, features, said = answer(document)
    assert torch.equal(part(program, "head")(2 * torch.tanh(features)), said)


def test_differing_repetitions_with_several_inputs_are_a_list_of_modules() -> None:
    cell = block(
        "a Input\nb Input\nfc Linear out_features='= 4 + i' < a\nback Linear out_features=4 < fc\n"
        "add Add < back b\ny Output < add"
    )
    document = draw(
        "data Dataset dataset=iris\nlast @Cell *2 < data.features data.features\n" + HEAD,
        blocks={"Cell": cell},
    )
    text = text_of(document)
    assert "self.last = nn.ModuleList([" in text
    program, x, said = answer(document)
    state = x
    for index in range(2):
        state = part(program, f"last.{index}.back")(part(program, f"last.{index}.fc")(state)) + x
    assert torch.equal(part(program, "head")(state), said)


def test_instances_that_compute_something_else_get_classes_of_their_own() -> None:
    body = block(
        "x Input\nfc Linear out_features=4 < x\ntimes Scale factor='= factor' < fc\ny Output < times",
        factor=2.0,
    )
    document = iris("a @Body < data\nlast @Body factor=3 < a", Body=body)
    text = text_of(document)
    assert "2.0 * fc" in section(text, "Body") and "3.0 * fc" in section(text, "BodyBlock")
    program, x, said = answer(document)
    x = 3 * part(program, "last.fc")(2 * part(program, "a.fc")(x))
    assert torch.allclose(part(program, "head")(x), said)


def test_instances_with_other_layers_inside_get_classes_of_their_own() -> None:
    """Normalisation that is given for some inputs only changes the constructor, not only its values."""
    body = block(
        "x Input\npad PadTo size=12 < x\nflat Flatten < pad\nfc Linear out_features=9 < flat\n"
        "square Reshape shape=[1,3,3] < fc\ny Output < square"
    )
    document = draw(
        "digits Dataset\na @Body < digits.image\nlast @Body < a\nflat Flatten < last\n"
        "head Linear out_features=10 < flat\nloss CrossEntropyLoss < head digits.label",
        blocks={"Body": body},
    )
    text = text_of(document)
    assert "(2, 2, 2, 2)" in section(text, "Body") and "(4, 5, 4, 5)" in section(text, "BodyBlock")
    call(live(document), "update_train", batch_of(analysed(document)))


# Linked copies.


def test_a_linked_copy_is_the_same_module() -> None:
    document = draw(
        "data Dataset dataset=iris\na @Layer < data.features\nb @Layer ~a < a\nlast Add < a b\n" + HEAD,
        blocks={"Layer": LAYER},
    )
    text = text_of(document)
    assert text.count("self.a(") == 2 and "self.b" not in text
    program, x, said = answer(document)
    first = torch.tanh(part(program, "a.fc")(x))
    second = torch.tanh(part(program, "a.fc")(first))
    assert torch.equal(part(program, "head")(first + second), said)


def test_linked_layers_inside_a_block() -> None:
    body = block(
        "x Input\none Linear out_features=4 < x\ntwo Linear out_features=4 ~one < one\ny Output < two"
    )
    document = iris("last @Body *2 < data", Body=body)
    program, x, said = answer(document)
    for index in range(2):
        x = part(program, f"last.{index}.one")(part(program, f"last.{index}.one")(x))
    assert torch.equal(part(program, "head")(x), said)


def test_a_linked_metric_and_loss() -> None:
    document = draw(
        "data Dataset dataset=iris\nfc Linear out_features=3 < data.features\n"
        "other Linear out_features=3 < data.features\n"
        "loss CrossEntropyLoss < fc data.label\nloss2 CrossEntropyLoss ~loss < other data.label\n"
        "accuracy Accuracy < fc data.label\naccuracy2 Accuracy ~accuracy < other data.label"
    )
    program, batch = live(document), batch_of(analysed(document))
    figures = call(program, "summarise", call(program, "evaluate", batch))
    assert {"loss", "loss2", "accuracy", "accuracy2"} <= figures.keys()


# What uses the layers.


def test_named_outputs_take_what_they_depend_on() -> None:
    document = draw(
        """
        digits Dataset
        noise Noise size=5
        flat Flatten < digits.image
        code Linear out_features=5 < flat
        both Add < code noise
        back Linear out_features=64 < both
        loss MSELoss < back flat
        again Output < back
        hidden Output < code
        how_bad Output < loss
        just_noise Output < noise
        """
    )
    program, batch = live(document), batch_of(analysed(document))
    image, noise = batch["digits.image"], torch.randn(3, 5)
    code = part(program, "code")(image.flatten(1))
    assert torch.equal(call(program, "hidden", image), code)
    back = part(program, "back")(code + noise)
    assert torch.equal(call(program, "again", image, noise), back)
    loss = nn.functional.mse_loss(back, image.flatten(1))
    assert torch.allclose(call(program, "how_bad", image, noise), loss)
    assert torch.equal(call(program, "just_noise", noise), noise)


def test_a_model_that_starts_from_noise_alone() -> None:
    """The data is only the target: nothing but the batch tells how much noise is needed."""
    document = draw(
        "data Dataset dataset=diabetes\nnoise Noise size=4\nfc Linear out_features=1 < noise\n"
        "loss MSELoss < fc data.target\nanswer Output < fc"
    )
    program, batch = live(document), batch_of(analysed(document))
    call(program, "update_train", batch)["loss"].backward()
    assert call(program, "evaluate", batch)
    assert call(program, "answer", torch.randn(7, 4)).shape == (7, 1)


def test_noise_inside_a_block_has_the_size_of_its_input() -> None:
    body = block("x Input\nz Noise size=4 < \nadd Add < x z\ny Output < add".replace(" < \n", "\n"))
    document = iris("last @Body < data", Body=body)
    program = live(document)
    x = torch.zeros(9, 4)
    assert call(program, "answer", x).shape == (9, 3)


def test_a_constant_has_a_row_for_every_example() -> None:
    body = block("x Input\nstart Constant value=0.5 shape=4\nadd Add < x start\ny Output < add")
    document = draw(
        "data Dataset dataset=iris\nlast @Body < data\nsame Constant value=-2 shape=4\nadd Add < last same\n"
        "fc Linear out_features=3 < add\nloss CrossEntropyLoss < fc data.label\nanswer Output < add\n"
        "alone Output < same",
        blocks={"Body": body},
    )
    program = live(document)
    x = torch.rand(9, 4)
    assert torch.allclose(call(program, "answer", x), x - 1.5)
    given = torch.full((5, 4), -2.0)
    assert torch.equal(call(program, "alone", given), given)
    call(program, "update_train", batch_of(analysed(document)))["loss"].backward()


def test_a_constant_in_a_block_needs_something_that_tells_its_size() -> None:
    body = block("start Constant\ny Output < start")
    problems = analyse(iris("last @Body\nboth Concatenate < data last", Body=body), SAMPLES).problems
    assert any("Constant needs an Input in its block" in str(problem) for problem in problems)


def test_a_loss_may_feed_a_layer_that_a_metric_reads() -> None:
    document = draw(
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data.features\nloss MSELoss < fc data.target\n"
        "twice Scale factor=2 < loss.loss\nmore Output < twice"
    )
    program, batch = live(document), batch_of(analysed(document))
    loss = call(program, "update_train", batch)["loss"]
    assert torch.allclose(call(program, "more", *batch.values()), 2 * loss)


@pytest.mark.parametrize("factor", [1, 2.5])
def test_weights_of_losses(factor: Value) -> None:
    from workbench.core.document import Update

    document = draw(
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data.features\nloss MSELoss < fc data.target\n"
        "sharp L1Loss < fc data.target",
        updates=(Update("train", {"loss": 1, "sharp": factor}, (), {"type": "SGD"}),),
    )
    program, batch = live(document), batch_of(analysed(document))
    values = call(program, "update_train", batch)
    assert list(values) == ["total_loss", "loss", "sharp"]
    weight = float(str(factor))
    assert torch.allclose(values["total_loss"], values["loss"] + weight * values["sharp"])
    figures = call(program, "summarise", call(program, "evaluate", batch))
    assert figures["total_loss"] == pytest.approx(figures["loss"] + weight * figures["sharp"])


def test_losses_over_batches_are_those_over_all_examples() -> None:
    document = draw(
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data.features\nloss MSELoss < fc data.target\n"
        "mean_error MeanAbsoluteError < fc data.target"
    )
    program, whole = live(document), {"data.features": torch.randn(50, 10), "data.target": torch.randn(50, 1)}
    totals: dict[str, Tensor] = {}
    for start, end in ((0, 20), (20, 40), (40, 50)):
        for name, state in call(program, "evaluate", {k: v[start:end] for k, v in whole.items()}).items():
            totals[name] = totals[name] + state if name in totals else state
    figures = call(program, "summarise", totals)
    said = part(program, "fc")(whole["data.features"])
    assert figures["loss"] == pytest.approx(
        nn.functional.mse_loss(said, whole["data.target"]).item(), rel=1e-6
    )
    assert figures["mean_error"] == pytest.approx((said - whole["data.target"]).abs().mean().item(), rel=1e-6)


def test_an_output_needs_only_what_it_depends_on() -> None:
    """Also where the losses take data through layers of their own."""
    document = draw(
        "data Dataset dataset=diabetes\nfc Linear out_features=1 < data.features\nsmooth Dropout p=0 < data.target\n"
        "loss MSELoss < fc smooth\nanswer Output < fc"
    )
    program, batch = live(document), batch_of(analysed(document))
    features = batch["data.features"]
    assert torch.equal(call(program, "answer", features), part(program, "fc")(features))


def test_noise_of_the_layers_is_what_a_loss_and_a_metric_compare_with() -> None:
    """A model that predicts the noise which it was given, as diffusion does."""
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        z Noise size=64
        add Add < flat z
        fc Linear out_features=64 < add
        loss MSELoss < fc z
        twice Scale factor=2 < z
        far MeanSquaredError < fc twice
        """
    )
    program, batch = live(document), batch_of(analysed(document))
    x, fc = batch["digits.image"].flatten(1), part(program, "fc")
    torch.manual_seed(3)
    loss = call(program, "update_train", batch)["loss"]
    torch.manual_seed(3)
    z = torch.randn(len(x), 64)
    torch.testing.assert_close(loss, (fc(x + z) - z).pow(2).mean())
    torch.manual_seed(3)
    totals = call(program, "evaluate", batch)
    found = call(program, "summarise", totals)
    assert found["far"] == pytest.approx((fc(x + z) - 2 * z).pow(2).mean().item(), rel=1e-5)


def test_a_parameter_may_be_called_like_a_block_inside() -> None:
    outer = block(
        "x Input\na Linear out_features='= Inner' < x\nb @Inner < a\ny Output < b",
        {"Inner": LAYER},
        Inner=2,
    )
    program, x, found = answer(
        iris("one @Outer Inner=3 < data\nlast @Outer Inner=5 < one", Outer=outer, Inner=LAYER)
    )
    assert [part(program, f"{name}.a").out_features for name in ("one", "last")] == [3, 5]
    assert found.shape == (len(x), 3)
