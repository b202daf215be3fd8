"""The page Predict, used as a person does: samples, files, a drawing, a text, a row."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDropEvent, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.inspect.conftest import ANSWERS, WAIT, Fake, item, samples
from workbench.gui.inspect.answers import ItemPicture, ShareBars, Written
from workbench.gui.inspect.explain import ExplainPage
from workbench.gui.inspect.legend import Legend
from workbench.gui.inspect.pad import DrawingPad
from workbench.gui.inspect.predict import PredictPage
from workbench.gui.inspect.samples import with_answer
from workbench.gui.inspect.view import InspectView
from workbench.gui.json_process import Ending
from workbench.gui.widgets.labels import ElidedLabel, Label

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
TOP = [["seven", 0.75], ["one", 0.2]]


def predict(request: Mapping[str, Any]) -> dict[str, Any]:
    files = request["inputs"].get("files")
    if files is None:
        return {"items": [{"name": "", "top": TOP, "item": item(1)}]}
    broken = {"name": "notes.txt", "error": "notes.txt is no picture."}
    return {"items": [{"name": "seven.png", "top": TOP, "item": item(1)}, broken][: len(files)]}


@pytest.fixture
def page(qtbot: QtBot, view: InspectView, fake: Fake) -> PredictPage:
    fake.answers["about"] = {
        **ANSWERS["about"],
        "can": ["predict", "samples", "draw", "type", "row", "occlusion", "integrated_gradients"],
        "columns": ["petal length", "petal width"],
    }
    fake.answers["predict"] = predict
    view.choose(1)
    qtbot.waitUntil(lambda: "Predict" in view.pages, timeout=WAIT)
    made = view.pages["Predict"]
    assert isinstance(made, PredictPage)
    qtbot.waitUntil(lambda: made.grid.model.rowCount() == 29, timeout=WAIT)
    return made


def inputs(fake: Fake) -> Any:
    return fake.asked("predict")[-1]["inputs"] if fake.asked("predict") else None


def texts(page: PredictPage) -> list[str]:
    return [label.text() for card in page.answers.cards for label in card.findChildren(Label)]


def test_a_sample_is_answered_with_its_likeliest_classes(qtbot: QtBot, page: PredictPage, fake: Fake) -> None:
    assert page.right.currentWidget() is page.hint
    tiles = page.grid.tiles
    QTest.mouseClick(tiles.viewport(), LEFT, NONE, tiles.area(4).center())
    qtbot.waitUntil(lambda: page.right.currentIndex() == 1, timeout=WAIT)
    assert inputs(fake) == {"split": "test", "index": 4}
    (card,) = page.answers.cards
    bars = card.findChild(ShareBars)
    assert isinstance(bars, ShareBars) and bars.accessibleDescription() == "seven 75.0%, one 20.0%"


def test_try_again_asks_about_the_sample_once_more(qtbot: QtBot, page: PredictPage, fake: Fake) -> None:
    fake.answers["predict"] = None
    tiles = page.grid.tiles
    QTest.mouseClick(tiles.viewport(), LEFT, NONE, tiles.area(4).center())
    qtbot.waitUntil(lambda: page.is_asking("predict"), timeout=WAIT)
    fake._on_finished(Ending(code=1))
    assert page.right.currentWidget() is page.hint and page.try_again.isVisible()
    fake.answers["predict"] = predict
    QTest.mouseClick(page.try_again, LEFT)
    qtbot.waitUntil(lambda: page.right.currentIndex() == 1, timeout=WAIT)
    assert inputs(fake) == {"split": "test", "index": 4} and len(fake.asked("predict")) == 2


def test_files_are_dropped_and_a_bad_one_keeps_none_of_the_others_back(
    qtbot: QtBot, page: PredictPage, fake: Fake
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile("/tmp/seven.png"), QUrl.fromLocalFile("/tmp/notes.txt")])
    copy = Qt.DropAction.CopyAction
    page.dropEvent(QDropEvent(QPointF(50, 50), copy, data, LEFT, NONE))
    qtbot.waitUntil(lambda: len(page.answers.cards) == 2, timeout=WAIT)
    assert inputs(fake) == {"files": ["/tmp/seven.png", "/tmp/notes.txt"]} and page.chips.current() == "files"
    assert texts(page) == ["seven.png", "notes.txt", "notes.txt is no picture."]


def test_a_drawing_is_answered_while_it_is_drawn_and_explained(
    qtbot: QtBot, view: InspectView, page: PredictPage, fake: Fake
) -> None:
    QTest.mouseClick(page.chips.button("draw"), LEFT)
    pad = page.draw.pad
    centre = pad.area().center().toPoint()
    QTest.mousePress(pad, LEFT, NONE, centre - QPoint(0, 60))
    QTest.mouseMove(pad, centre + QPoint(0, 60))
    QTest.mouseRelease(pad, LEFT, NONE, centre + QPoint(0, 60))
    qtbot.waitUntil(lambda: bool(page.answers.cards), timeout=WAIT)
    picture = QImage.fromData(base64.b64decode(inputs(fake)["picture"]))
    assert picture.size() == picture.size().transposed() and picture.pixelColor(0, 0).lightness() == 0
    assert not page.why["Layers"].isVisible(), "this model has no such page"
    QTest.mouseClick(page.why["Explain"], LEFT)
    explain = view.pages["Explain"]
    assert isinstance(explain, ExplainPage) and view.tabs.currentWidget() is explain
    assert explain.verdict.text() == "your own input\npredicted: seven" and explain.picture.item == item(1)
    assert fake.asked("saliency")[-1]["sample"] == {"inputs": inputs(fake)}
    QTest.mouseClick(explain.bar.on, LEFT)
    assert fake.asked("saliency")[-1]["sample"] == {"split": "test", "index": 1}
    view.tabs.setCurrentWidget(page)
    QTest.mouseClick(page.draw.clear, LEFT)
    qtbot.waitUntil(lambda: page.right.currentWidget() is page.hint, timeout=WAIT)
    assert pad.is_empty


def test_what_is_drawn_is_put_into_the_middle_and_can_be_inverted(qtbot: QtBot) -> None:
    pad = DrawingPad()
    qtbot.addWidget(pad)
    pad.resize(280, 280)
    QTest.mousePress(pad, LEFT, NONE, QPoint(40, 30))
    QTest.mouseMove(pad, QPoint(40, 130))
    QTest.mouseRelease(pad, LEFT, NONE, QPoint(40, 130))
    picture = QImage.fromData(pad.png())
    light = [picture.pixelColor(56, y).lightness() > 128 for y in range(112)]
    assert light.index(True) == pytest.approx(20, abs=3) and light[::-1].index(True) == pytest.approx(
        20, abs=3
    )
    pad.set_inverted(True)
    turned = QImage.fromData(pad.png())
    assert turned.pixelColor(0, 0).lightness() == 255 and turned.pixelColor(56, 56).lightness() == 0


def test_typed_text_is_answered_and_what_fails_is_told(qtbot: QtBot, page: PredictPage, fake: Fake) -> None:
    QTest.mouseClick(page.chips.button("type"), LEFT)
    assert page.right.currentWidget() is page.hint
    QTest.keyClicks(page.typed.written, "a good film")
    qtbot.waitUntil(lambda: inputs(fake) == {"text": "a good film"}, timeout=WAIT)
    fake.answers["predict"] = "The text is longer than the model takes."
    QTest.keyClicks(page.typed.written, "!")
    qtbot.waitUntil(
        lambda: (
            "The text is longer than the model takes."
            in [each.text() for each in page.hint.findChildren(Label)]
        ),
        timeout=WAIT,
    )


def test_an_answer_that_comes_late_is_not_shown_for_another_source_or_part(
    qtbot: QtBot, page: PredictPage, fake: Fake
) -> None:
    fake.answers["predict"] = None
    QTest.mouseClick(page.chips.button("type"), LEFT)
    QTest.keyClicks(page.typed.written, "a film")
    qtbot.waitUntil(lambda: page.is_asking("predict"), timeout=WAIT)
    QTest.mouseClick(page.chips.button("draw"), LEFT)
    assert not page.is_asking("predict")
    QTest.mouseClick(page.chips.button("samples"), LEFT)
    fake.answers["samples"] = None
    page.split.setCurrentIndex(1 - page.split.currentIndex())
    page.split.picked.emit(page.split.currentData())
    assert not page.grid.model.rowCount(), "those of the part before"


def test_a_row_begins_with_the_values_of_a_sample(qtbot: QtBot, page: PredictPage, fake: Fake) -> None:
    row = {"name": "x", "kind": "row", "values": [1.5, 0.2], "columns": ["petal length", "petal width"]}

    def first(request: Mapping[str, Any]) -> dict[str, Any]:
        found = samples(request)
        found["items"][0]["item"]["parts"] = [row]
        return found

    fake.answers["samples"] = first
    fake.answers["predict"] = {"items": [{"name": "", "number": 3.25}]}
    QTest.mouseClick(page.chips.button("row"), LEFT)
    qtbot.waitUntil(lambda: len(page.row.cells) == 2 and bool(page.answers.cards), timeout=WAIT)
    field = page.row.cells["petal width"]
    assert field.text() == "0.2000" and texts(page) == ["3.250"]
    field.selectAll()
    QTest.keyClicks(field, "9")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert inputs(fake) == {"row": {"petal length": "1.500", "petal width": "9"}}


def test_the_pad_takes_margin_and_ground_from_the_samples(qtbot: QtBot) -> None:
    pad = DrawingPad()
    qtbot.addWidget(pad)
    picture = QImage(20, 20, QImage.Format.Format_Grayscale8)
    picture.fill(255)
    for y in range(3, 17):
        picture.setPixelColor(10, y, QColor("#000000"))
    empty = QImage(20, 20, QImage.Format.Format_Grayscale8)
    empty.fill(0)
    pad.suit([empty, QImage()])
    assert (pad.margin, pad.inverted) == (0.18, False), "nothing is to be learned from empty ones"
    pad.suit([picture, empty])
    assert pad.margin == pytest.approx(0.15) and pad.inverted is True


def test_an_answer_says_what_is_right_what_was_changed_and_what_colours_mean(
    qtbot: QtBot, page: PredictPage, fake: Fake
) -> None:
    series = {"names": ["level"], "predicted": [[1.0, 2.0, 3.0]]}
    truth = {"series": {"names": ["level"], "predicted": [[1.0, 2.5, 3.5]]}}
    answers = page.answers
    answers.show_answers([{"name": "sample 1 · true: one", "series": series, "truth": truth}])
    assert "sample 1 · true: one" in [label.full_text() for label in answers.findChildren(ElidedLabel)]
    (legend,) = answers.findChildren(Legend)
    assert legend.names == [("foretold", 0), ("what came", 1)] and "The next 3 steps" in texts(page)
    assert "foretold: 1.000 · 2.000 · 3.000\nwhat came: 1.000 · 2.500 · 3.500" in texts(page)
    several = {"names": ["heat", "pressure"], "predicted": [[20.5, 21.0], [101_300.0, 99_900.0]]}
    answers.show_answers([{"name": "until.csv", "series": several}])
    curves = [each.item for each in answers.cards[0].findChildren(ItemPicture) if each.item is not None]
    assert [each["parts"][0]["channels"] for each in curves] == [[[20.5, 21.0]], [[101_300.0, 99_900.0]]]
    assert texts(page)[-3:] == ["foretold: 20.50 · 21.00", "pressure", "foretold: 101,300 · 99,900"]
    told = {"areas": [["nothing", 0.9], ["disc", 0.1]], "legend": [["disc", "#ff0000"]]}
    answers.show_answers(
        [{**told, "said": "Row 2 is left out."}, {**told, "said": "Row 2 is left out."}], "One more."
    )
    said = [label.text() for label in answers.findChildren(Label) if label.text().endswith((".", "out."))]
    assert said == ["One more.", "Row 2 is left out."]
    bars = answers.cards[0].findChild(ShareBars)
    assert bars is not None and QColor("#ff0000").rgb() in {
        bars.grab().toImage().pixel(x, 33) for x in range(12)
    }
    answers.show_answers([{"top": [[" ", 0.5], ["\n", 0.3]], "text": "x" * 900}])
    bars = answers.cards[0].findChild(ShareBars)
    assert bars is not None and [name for name, _ in bars.pairs] == ["␣", "⏎"]
    inside = answers.widget()
    assert inside is not None and inside.minimumSizeHint().width() < 400, "a text without blanks is broken"
    answers.show_answers([{"top": TOP, "text": "and so they walked on and on " * 6, "item": item(1)}])
    written = answers.cards[0].findChild(Written)
    assert isinstance(written, Written) and "Likeliest at each place" in texts(page)
    page.right.setCurrentIndex(1)
    qtbot.waitUntil(lambda: written.document().size().height() > 1, timeout=WAIT)
    qtbot.waitUntil(lambda: written.verticalScrollBar().maximum() == 0, timeout=WAIT)


def test_what_a_model_takes_is_told(qtbot: QtBot, page: PredictPage, view: InspectView, fake: Fake) -> None:
    alone = "“Cora” is one graph."
    fake.answers["about"] = {**ANSWERS["about"], "can": ["samples"], "alone": alone}
    view.choose(2)
    qtbot.waitUntil(lambda: page.alone.text() == alone and page.alone.isVisible(), timeout=WAIT)
    assert page.chips.button("files").isHidden()
    fake.answers["about"] = {**ANSWERS["about"], "can": ["samples", "predict", "type"], "takes": "molecule"}
    view.choose(1)
    qtbot.waitUntil(lambda: page.alone.isHidden() and page.chips.button("files").isVisible(), timeout=WAIT)
    QTest.mouseClick(page.chips.button("files"), LEFT)
    assert any("SMILES" in label.text() for label in page.files.findChildren(Label))
    assert "SMILES" in page.typed.written.placeholderText()


def test_a_mask_is_seen_beside_its_sample() -> None:
    row = {
        "item": {"parts": [{"name": "image", "kind": "image", "png": ""}]},
        "answer": {"picture": {"png": "AA"}},
    }
    assert [part["name"] for part in with_answer(row)["parts"]] == ["image", "model"]
    assert with_answer({**row, "answer": {"series": {}}}) == row["item"] and with_answer({}) == {}
