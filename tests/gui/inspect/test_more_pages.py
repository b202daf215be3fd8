"""The pages Attention, Map, Weights and Generate, used as a person does."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.inspect.conftest import ANSWERS, WAIT, Fake, png
from workbench.gui.inspect.attention import AttentionPage
from workbench.gui.inspect.generate import GeneratePage
from workbench.gui.inspect.page import Page
from workbench.gui.inspect.points import MapPage
from workbench.gui.inspect.view import InspectView
from workbench.gui.inspect.weights import WeightsPage
from workbench.gui.widgets.labels import Label

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
TOKENS = ["the", "cat", "sat"]


def opened(qtbot: QtBot, view: InspectView, fake: Fake, title: str, *can: str) -> Page:
    fake.answers["about"] = {**ANSWERS["about"], "can": list(can)}
    view.choose(1)
    qtbot.waitUntil(lambda: title in view.pages, timeout=WAIT)
    view.tabs.setCurrentWidget(view.pages[title])
    return view.pages[title]


def hover(widget: Any, at: QPointF) -> None:
    kind = QEvent.Type.MouseMove
    QApplication.sendEvent(
        widget, QMouseEvent(kind, at, widget.mapToGlobal(at), LEFT, Qt.MouseButton.NoButton, NONE)
    )


def test_a_token_colours_those_at_which_it_looks(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    one, other = [[1, 0, 0], [0.5, 0.5, 0], [0.1, 0.2, 0.7]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    layer = {"path": "block/attention", "label": "", "rows": TOKENS, "columns": TOKENS, "heads": [one, other]}
    cut = {**layer, "label": "attention (use 3)", "use": 2, "heads": [one], "more": True}
    fake.answers["attention"] = {"layers": [layer, {**layer, "use": 1, "heads": [one]}, cut], "left_out": 3}
    page = opened(qtbot, view, fake, "Attention", "attention", "samples")
    assert isinstance(page, AttentionPage)
    qtbot.waitUntil(lambda: page.layer.count() == 3, timeout=WAIT)
    shown = [page.layer.itemText(place) for place in range(3)]
    assert shown == ["block/attention", "block/attention · use 2", "attention (use 3)"]
    assert page.said.full_text().endswith("only the first 3 positions are shown")
    assert fake.asked("attention")[0]["sample"] == {"split": "test", "index": 0}
    assert page.head_choice.count() == 3 and "3 more" in page.said.full_text()
    rows, columns = page.tokens.boxes()
    assert rows is columns
    hover(page.tokens, rows[1].center())
    assert page.tokens.words().startswith("cat looks at cat 75%, the 25%"), "the mean of both heads"
    page.head_choice.setFocus()
    QTest.keyClick(page.head_choice, Qt.Key.Key_Down)
    page.tokens.setFocus()
    QTest.keyClick(page.tokens, Qt.Key.Key_Right)
    assert page.tokens.words().startswith("sat looks at sat 70%, cat 20%")
    page.layer.setFocus()
    QTest.keyClick(page.layer, Qt.Key.Key_Down)
    assert page.head_choice.isHidden() and not page.tokens.grab().isNull()


def test_samples_lie_on_a_map_and_are_seen_there(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    fake.answers["embedding"] = {
        "points": [[0, 0], [1, 1], [2, None], [0, 1]], "indices": [0, 5, 10, 15], "targets": [0, 1, 2, 1],
        "predicted": [0, 2, 2, 1], "classes": ["zero", "one", "two"], "said": "They show 40% of it.", "left_out": 25,
    }  # fmt: skip
    page = opened(qtbot, view, fake, "Map", "embedding", "samples")
    assert isinstance(page, MapPage)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.plot, timeout=WAIT)
    asked = fake.asked("embedding")
    assert [(each["split"], each["layer"], each["method"]) for each in asked] == [("test", "conv1", "pca")]
    assert {dot.id: dot.color for dot in page.plot.dots} == {0: 0, 5: 1, 15: 1}, (
        "a point without a place is left out"
    )
    assert page.said.full_text() == "They show 40% of it. · 25 samples are left out"
    hover(page.plot, page.plot.place_of(5))
    qtbot.waitUntil(lambda: fake.asked("samples")[-1]["indices"] == [5], timeout=WAIT)
    assert page.plot.words == "sample 6 · true: one · predicted: two" and page.bar.number.value() == 1
    QTest.mouseClick(page.plot, LEFT, NONE, page.plot.place_of(15).toPoint())
    assert page.bar.number.value() == 16 and len(fake.asked("embedding")) == 1
    page.colors.show_value("wrong")
    page.colors.picked.emit("wrong")
    assert {dot.id: dot.color for dot in page.plot.dots} == {0: 2, 5: 4, 15: 2}
    page.method.setFocus()
    QTest.keyClick(page.method, Qt.Key.Key_Down)
    assert fake.asked("embedding")[-1]["method"] == "t-sne"


def test_each_layer_has_its_histograms(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    bins = {"edges": [-1, 0, 1], "counts": [3, 4], "mean": 0.25, "std": 1.5, "odd": 0}
    layers = [
        {
            "path": "conv1",
            "type": "Conv2d",
            "weights": bins,
            "gradients": bins,
            "activations": {**bins, "odd": 7},
        },
        {"path": "fc", "type": "Linear", "weights": bins, "gradients": None},
    ]
    fake.answers["distributions"] = {"layers": layers, "left_out": 0, "examples": 32, "trouble": ""}
    page = opened(qtbot, view, fake, "Weights", "distributions", "loss_surface")
    assert isinstance(page, WeightsPage)
    qtbot.waitUntil(lambda: len(page.charts) == 4, timeout=WAIT)
    assert fake.asked("distributions")[0]["split"] == "train"
    assert page.said.full_text() == "2 layers · gradients and outputs of 32 examples"
    assert page.charts[0].words(1) == "0 to 1.000: 4"
    fake.answers["distributions"] = "There is no more memory."
    page.split.setFocus()
    QTest.keyClick(page.split, Qt.Key.Key_Down)
    qtbot.waitUntil(
        lambda: page.stack.currentIndex() == 0 and not page.is_asking("distributions"), timeout=WAIT
    )


def test_layers_are_seen_over_the_epochs(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    told = {
        "low": -1.0, "high": 1.0, "rows": [[0.5, 0.5], None, [0.1, 0.9]], "mean": [0.0, None, 0.25],
        "std": [1.0, None, 0.5], "odd": [0, None, 3],
    }  # fmt: skip
    layers = [{"name": "conv1", "weights": told, "gradients": told}, {"name": "fc", "weights": told}]
    fake.answers["distributions"] = {"layers": []}
    fake.answers["recorded"] = {"layers": [], "epochs": [], "left_out": 0}
    page = opened(qtbot, view, fake, "Weights", "distributions")
    assert isinstance(page, WeightsPage)
    assert page.chips.button("loss_surface").isHidden()
    QTest.mouseClick(page.chips.button("recorded"), LEFT)
    words = page.waiting.findChildren(Label)
    qtbot.waitUntil(lambda: any("Layer histograms" in each.text() for each in words), timeout=WAIT)
    assert page.split.isHidden(), "what was recorded is of no part of the data"
    fake.answers["recorded"] = {"layers": layers, "epochs": [1, 2, 5], "epoch": 2, "left_out": 4}
    page.look()
    qtbot.waitUntil(lambda: len(page.charts) == 3, timeout=WAIT)
    assert page.said.full_text().startswith("2 layers · 3 epochs") and "4 more" in page.said.full_text()
    chart = page.charts[1]
    chart.setFocus()
    for _ in range(3):
        QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleName() == ("Gradients of conv1: epoch 5: mean 0.250, std 0.500, 3 NaN or infinite")
    assert chart.words(1) == "epoch 2: nothing recorded"
    assert chart.place_at(chart.width() - 12, 60) == 2 and chart.place_at(5, 60) == -1


def test_the_loss_around_the_weights_is_a_map(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    loss = [[4.0, 2.0, None], [2.0, 0.1, 3.0], [4.0, 2.0, 8.0]]
    fake.answers["loss_surface"] = {"axis": [-1, 0, 1], "loss": loss, "said": "“loss” of 256 train examples."}
    page = opened(qtbot, view, fake, "Weights", "distributions", "loss_surface")
    assert isinstance(page, WeightsPage)
    QTest.mouseClick(page.chips.button("loss_surface"), LEFT)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.surface, timeout=WAIT)
    assert fake.asked("loss_surface")[-1]["split"] == "train" and page.said.full_text().endswith(
        "train examples."
    )
    surface = page.surface
    assert (
        surface.share(0.1) == 0.0
        and surface.share(8.0) == 1.0
        and 0 < surface.share(2.0) < surface.share(3.0) < 1
    )
    assert surface.share(float("nan")) == 1.0
    surface.setFocus()
    QTest.keyClick(surface, Qt.Key.Key_Up)
    QTest.keyClick(surface, Qt.Key.Key_Right)
    assert surface.accessibleDescription() == "1.00, 1.00: loss 8.000"
    assert not surface.grab().isNull()


def test_texts_and_pictures_are_made_with_a_seed(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    def generate(request: Mapping[str, Any]) -> dict[str, Any]:
        return {"text": f"{request['prompt']} and so on", "said": "There is no “é”."}

    fake.answers |= {"generate": generate, "generate_pictures": {"pictures": [{"png": png()}] * 4}}
    page = opened(qtbot, view, fake, "Generate", "generate", "generate_pictures")
    assert isinstance(page, GeneratePage) and page.right.currentWidget() is page.hint
    QTest.keyClicks(page.prompt, "Once")
    page.temperature.setValue(0.5)
    QTest.mouseClick(page.go_on, LEFT)
    qtbot.waitUntil(lambda: page.text.toPlainText() == "Once and so on", timeout=WAIT)
    assert (
        page.right.currentWidget() is page.written and page.text.geometry().right() < page.right.width() - 8
    )
    assert page.note.isVisible() and page.note.text() == "There is no “é”."
    asked = fake.asked("generate")[-1]
    assert (asked["temperature"], asked["top_k"], asked["top_p"], asked["seed"]) == (0.5, 0, 1.0, 0)
    fake.fell.emit("The model service ended unexpectedly.")
    QTest.mouseClick(page.try_again, LEFT)
    assert len(fake.asked("generate")) == 2 and page.try_again.isHidden()
    assert page.again.isVisible()
    QTest.mouseClick(page.again, LEFT)
    assert fake.asked("generate")[-1]["seed"] == page.seed.value()
    QTest.mouseClick(page.kinds.button("pictures"), LEFT)
    assert page.prompt.isHidden() and page.note.isHidden() and page.right.currentWidget() is page.hint
    page._on_text({"text": "It was written meanwhile"})
    assert page.right.currentWidget() is page.hint, "a text is no picture"
    QTest.mouseClick(page.go_on, LEFT)
    qtbot.waitUntil(lambda: len(page.grid.pictures) == 4, timeout=WAIT)
    assert fake.asked("generate_pictures")[-1]["count"] == 16
