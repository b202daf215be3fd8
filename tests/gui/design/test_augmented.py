"""Examples in the form of an augmentation node, shown by a process that answers as the real one does."""

import base64
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from tests.drawing import block, draw
from workbench.core.document import Document, Port
from workbench.core.edits import MoveNodes
from workbench.core.files import dumps, loads
from workbench.core.history import History
from workbench.gui.design import previewer
from workbench.gui.design.augmented import AugmentedSamples
from workbench.gui.design.previewer import Previewer, previewer_of
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

MODEL = """
    digits Dataset
    flip RandomVerticalFlip < digits.image
    gaps TokenMask
    flat Flatten < flip
    fc Linear out_features=10 < flat
    loss CrossEntropyLoss < fc digits.label
"""
SERVICE = """
import json, pathlib, sys, time
log = pathlib.Path(sys.argv[1])
for line in sys.stdin:
    asked = json.loads(line)
    with log.open("a") as file:
        file.write(json.dumps(asked) + "\\n")
    samples = {"flip": json.loads(sys.argv[2]), "gaps": json.loads(sys.argv[3])}.get(asked["node"])
    if '"p": 0.125' in asked["document"]:
        sys.exit("it broke")
    answer = {"samples": samples} if asked["seed"] < 5 else {"error": "There is no picture of it."}
    print(json.dumps({"id": asked["id"], **answer}), flush=True)
"""


def png(color: str) -> dict[str, str]:
    image = QImage(8, 6, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # its stubs know no format of text
    return {"kind": "image", "png": base64.b64encode(data.data()).decode()}


def text(words: str, *marks: list[int]) -> dict[str, Any]:
    return {"kind": "text", "text": words, "marks": list(marks)}


IMAGES = [{"before": png("#ff0000"), "after": png("#0000ff"), "caption": str(n)} for n in range(6)]
TEXTS = [{"before": text("a <b> c"), "after": text("a ▢ c", [2, 3]), "caption": ""}]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What the process was asked, a line each."""
    script, log = tmp_path / "service.py", tmp_path / "asked"
    script.write_text(SERVICE, encoding="utf-8")
    log.touch()
    given = [str(script), str(log), json.dumps(IMAGES), json.dumps(TEXTS)]
    monkeypatch.setattr(previewer, "arguments", lambda workspace: given)
    return log


@pytest.fixture
def driver(canvas_driver: "CanvasDriver", log: Path) -> "CanvasDriver":
    show(canvas_driver, draw(MODEL))
    canvas_driver.canvas.setFocus()
    return canvas_driver  # the process ends with the session


def show(driver: "CanvasDriver", document: Document) -> None:
    """Opens a model, its nodes in a row."""
    nodes = {id: (220.0 * place, 0.0) for place, id in enumerate(document.graph.nodes)}
    driver.view.session._open(OpenModel(History(MoveNodes(nodes).apply(document))))
    driver.settle()


def asker(driver: "CanvasDriver") -> Previewer:
    return previewer_of(driver.view.session)


def samples(driver: "CanvasDriver") -> AugmentedSamples:
    found = driver.view.form.node.findChild(AugmentedSamples)
    assert isinstance(found, AugmentedSamples)
    return found


def asked(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def shown(driver: "CanvasDriver", id: str = "flip") -> AugmentedSamples:
    """The examples of a node, once they are there."""
    driver.select(id)
    found = samples(driver)
    driver.qtbot.waitUntil(lambda: bool(found.pictures.pairs) or found.texts.count() > 0)
    return found


def test_a_selected_augmentation_shows_pairs_of_pictures(driver: "CanvasDriver", log: Path) -> None:
    driver.select("fc")
    assert not samples(driver).isVisible() and not asker(driver).is_running
    found = shown(driver)
    assert found.isVisible() and found.pictures.isVisible() and not found.said.isVisible()
    (question,) = asked(log)
    assert question["node"] == "flip" and question["count"] == 6
    assert loads(question["document"]) == driver.document
    assert [pair.caption for pair in found.pictures.pairs] == list("012345")
    picture = found.pictures.grab().toImage()
    ratio = picture.devicePixelRatio()
    for index in range(6):
        before, after, below = found.pictures.place(index)
        for box, color in ((before, "#ff0000"), (after, "#0000ff")):
            assert picture.pixelColor(box.center() * ratio) == QColor(color)
        assert found.pictures.rect().contains(before | after | below)
        assert "pixels" in found.pictures._tip(after.center())


def test_new_sample_asks_with_another_seed(driver: "CanvasDriver", log: Path) -> None:
    found = shown(driver)
    QTest.mouseClick(found.button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(9, 9))
    driver.qtbot.waitUntil(lambda: len(asked(log)) == 2)
    first, second = asked(log)
    assert second["seed"] == first["seed"] + 1 and second["document"] == first["document"]


def test_a_changed_field_is_shown_and_nothing_else_asks(driver: "CanvasDriver", log: Path) -> None:
    shown(driver)
    driver.set_field("flip", "p", "0.75")
    driver.qtbot.waitUntil(lambda: len(asked(log)) == 2)
    assert loads(asked(log)[1]["document"]).graph.nodes["flip"].params["p"] == 0.75
    driver.view.session.analyse_now()
    driver.view.form.refresh()
    samples(driver)._ask()
    assert asker(driver)._next is None and len(asked(log)) == 2


def test_texts_show_what_was_replaced(driver: "CanvasDriver") -> None:
    found = shown(driver, "gaps")
    before, after = found.findChildren(QLabel)[-2:]
    assert before.text() == "a &lt;b&gt; c"
    assert ">▢</span>" in after.text()
    assert not found.pictures.isVisible()


def test_why_there_are_none(driver: "CanvasDriver") -> None:
    found = shown(driver)
    found._seed = 4
    QTest.mouseClick(found.button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(9, 9))
    driver.qtbot.waitUntil(lambda: found.said.isVisible())
    assert found.said.text() == "There is no picture of it." and not found.pictures.isVisible()


def test_a_process_that_breaks_is_told_and_started_again(driver: "CanvasDriver") -> None:
    found = shown(driver)
    driver.set_field("flip", "p", "0.125")
    driver.qtbot.waitUntil(lambda: found.said.isVisible())
    assert found.said.text() == "Examples cannot be made: it broke"
    assert not asker(driver).is_running
    driver.set_field("flip", "p", "0.25")
    driver.qtbot.waitUntil(lambda: bool(found.pictures.pairs))


def test_a_process_that_cannot_start_is_told(driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    driver.select("flip")
    found = samples(driver)
    driver.qtbot.waitUntil(lambda: found.said.text().startswith("Examples cannot be made"))


def test_the_process_ends_when_nobody_looks(driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch) -> None:
    asker(driver)._rest.setInterval(30)
    shown(driver)
    assert asker(driver).is_running
    driver.select("fc")
    assert not samples(driver).isVisible()
    driver.qtbot.waitUntil(lambda: not asker(driver).is_running)
    shown(driver)
    driver.view.session.leaving.emit()
    assert not asker(driver).is_running


def test_only_the_newest_question_is_answered(driver: "CanvasDriver", log: Path) -> None:
    answers: list[Any] = []
    previewer = asker(driver)
    previewer.answered.connect(lambda question, answer: answers.append(question["seed"]))
    base = {"document": dumps(driver.document), "node": "flip", "count": 6}
    for seed in (1, 2, 3, 4):
        previewer.ask({**base, "seed": seed})
    driver.qtbot.waitUntil(lambda: answers == [4])
    assert [each["seed"] for each in asked(log)] == [1, 4]


def test_nodes_inside_a_block_have_none(driver: "CanvasDriver") -> None:
    inner = block("noise GaussianNoise < x\nx Input\ny Output < noise")
    document = draw("digits Dataset\nbody @Body < digits.image", blocks={"Body": inner})
    show(driver, document)
    driver.canvas.enter("body")
    driver.settle()
    driver.select("noise")
    assert driver.view.form.node.isVisible() and not samples(driver).isVisible()


def test_removing_a_mix_links_images_and_labels_around_it(driver: "CanvasDriver") -> None:
    show(
        driver,
        draw(
            "digits Dataset\nmix MixUp < digits.image digits.label\nflat Flatten < mix.x\n"
            "fc Linear out_features=10 < flat\nloss CrossEntropyLoss < fc mix.label"
        ),
    )
    driver.canvas.setFocus()
    driver.select("mix")
    driver.key(Qt.Key.Key_Delete, Qt.KeyboardModifier.ControlModifier)
    links = driver.document.graph.links
    assert links[Port("flat", "x")] == Port("digits", "image")
    assert links[Port("loss", "target")] == Port("digits", "label")
