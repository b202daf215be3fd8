"""Recording a sound on the page Predict, in a real process with a stand-in for its library and the microphone."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.inspect.conftest import ANSWERS, Fake
from tests.microphone import RATE, frames, stand_in
from workbench.gui.inspect.predict import PredictPage
from workbench.gui.inspect.view import InspectView
from workbench.gui.widgets.labels import Label

LEFT = Qt.MouseButton.LeftButton
WAIT = 30_000
TONE = (9_000 * np.sin(np.arange(60 * RATE) / 5)).astype("<i2").tobytes()


@pytest.fixture
def page(qtbot: QtBot, view: InspectView, fake: Fake) -> PredictPage:
    """That of a model of sounds, at its files."""
    fake.answers["about"] = {**ANSWERS["about"], "can": ["predict", "samples"], "takes": "audio"}
    fake.answers["predict"] = {"items": [{"name": "a sound", "top": [["yes", 0.75], ["no", 0.25]]}]}
    view.choose(1)
    qtbot.waitUntil(lambda: "Predict" in view.pages, timeout=WAIT)
    made = view.pages["Predict"]
    assert isinstance(made, PredictPage)
    view.tabs.setCurrentWidget(made)
    QTest.mouseClick(made.chips.button("files"), LEFT)
    return made


def said(page: PredictPage) -> list[str]:
    return [label.text() for label in page.hint.findChildren(Label)]


def test_a_sound_is_recorded_until_stop_and_predicted_like_a_file(
    qtbot: QtBot, page: PredictPage, fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, tmp_path / "path", heard=TONE)
    bar = page.files.record
    assert bar.isVisible() and bar.button.text() == "Record" and not bar.level.isVisible()
    QTest.mouseClick(bar.button, LEFT)
    assert bar.button.text() == "Stop" and bar.level.isVisible()
    qtbot.waitUntil(lambda: bar.words.text().endswith("of 60 s"), timeout=WAIT)
    assert bar.level.value() == round(20 * np.log10(9_000 / 2**15))
    QTest.mouseClick(bar.button, LEFT)
    qtbot.waitUntil(lambda: bool(page.answers.cards), timeout=WAIT)
    (file,) = fake.asked("predict")[-1]["inputs"]["files"]
    rate, tone = frames(Path(file))
    assert rate == RATE and tone and TONE.startswith(tone)
    assert not bar.is_recording and bar.button.text() == "Record" and not bar.words.isVisible()


def test_a_process_that_falls_over_takes_nothing_with_it(
    qtbot: QtBot, page: PredictPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, tmp_path / "path", "crash", TONE)
    QTest.mouseClick(page.files.record.button, LEFT)
    qtbot.waitUntil(lambda: "Nothing was recorded" in said(page), timeout=WAIT)
    assert any(each.startswith("Recording ended unexpectedly") for each in said(page))
    stand_in(monkeypatch, tmp_path / "path", "no microphone")
    QTest.mouseClick(page.files.record.button, LEFT)
    qtbot.waitUntil(
        lambda: any(each.startswith("No microphone was found.") for each in said(page)), timeout=WAIT
    )


def test_a_driver_that_hangs_is_ended_and_so_is_who_is_left(
    qtbot: QtBot, page: PredictPage, view: InspectView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, tmp_path / "path", "hang", TONE)
    bar = page.files.record
    bar.silence.setInterval(50)
    QTest.mouseClick(bar.button, LEFT)
    qtbot.waitUntil(lambda: "Nothing was recorded" in said(page), timeout=WAIT)
    assert any("gave nothing for 10 seconds" in each for each in said(page))
    QTest.mouseClick(bar.button, LEFT)
    assert bar.button.text() == "Stop"
    QTest.mouseClick(page.chips.button("samples"), LEFT)
    assert not bar.is_recording


def test_only_for_models_of_sounds(qtbot: QtBot, page: PredictPage, view: InspectView, fake: Fake) -> None:
    page.files.record.start()
    fake.answers["about"] = {**ANSWERS["about"], "can": ["predict", "samples"], "takes": "image"}
    view.choose(2)
    qtbot.waitUntil(lambda: page.subject is not None and page.subject.run == 2, timeout=WAIT)
    assert page.files.record.isHidden() and not page.files.record.is_recording
