"""Each kind of record that a probe makes, drawn: translations, attention maps, forecasts, histograms, legends."""

import base64
import io
import json
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.widgets.media import MediaPanel
from workbench.gui.widgets.media_sounds import read
from workbench.store.records import Media, MediaKind

PAIRS = {
    "pairs": [
        {"source": "die Katze schläft", "reference": "the cat sleeps", "written": "the dog sleeps"},
        {"source": "a < b", "reference": "a & b", "written": ""},
    ]
}
MAPS = {
    "examples": [
        {
            "rows": ["<s>", "cat"],
            "columns": ["die", "Katze", "."],
            "heads": 2,
            "weights": base64.b64encode(bytes([0, 255, 0, 51, 102, 102, *[85] * 6])).decode(),
        }
    ]
    * 2
}
SERIES = {
    "series": [
        {"title": "example 1", "context": [0.0, 1.0], "true": [2.0, None, 3.0], "predicted": [2.0, 2.0, 2.0]},
        {"title": "example 2", "context": [], "true": [7.0], "predicted": [8.0]},
    ]
}


def layer(name: str, shift: float = 0.0) -> dict[str, Any]:
    shown = {
        "low": -1.0 + shift,
        "high": 1.0 + shift,
        "counts": [1, 4, 1],
        "mean": shift,
        "std": 0.5,
        "odd": 0,
    }
    return {"name": name, "weights": shown, "gradients": {**shown, "odd": 2}}


def media(id: int, kind: MediaKind, content: object, caption: str = "") -> Media:
    return Media(id, 1, "probe", kind, 10 * id, id, json.dumps(content).encode(), caption)


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> MediaPanel:
    theme.apply(qapp, "dark")
    made = MediaPanel()
    qtbot.addWidget(made)
    made.resize(320, 380)
    with qtbot.waitExposed(made):
        made.show()
    return made


def colors_of(widget: QWidget) -> set[str]:
    shot = widget.grab().toImage()
    return {shot.pixelColor(x, y).name() for x in range(shot.width()) for y in range(shot.height())}


def tip(widget: QWidget, at: QPointF) -> str:
    place = at.toPoint()
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, place, widget.mapToGlobal(place)))
    said = QToolTip.text()
    QToolTip.hideText()
    return said


def test_translations_stand_below_their_sentences(panel: MediaPanel) -> None:
    panel.add([media(1, "translations", PAIRS, "validation · BLEU 12.00")])
    view = panel.translations
    assert view.isVisible() and panel.caption.full_text() == "validation · BLEU 12.00"
    assert view.toPlainText().split("\n\n")[0].splitlines()[:3] == [
        "die Katze schläft", "the cat sleeps", "the dog sleeps",
    ]  # fmt: skip
    assert "a < b" in view.toPlainText() and "a & b" in view.toPlainText()
    warn = theme.color("warn").name()
    assert f"color:{warn}" in view.toHtml().replace(" ", "")
    assert view.toHtml().count(warn) == 1, "only the word that the reference lacks"


def test_an_attention_map_names_its_tokens_and_shows_each_head(panel: MediaPanel, qtbot: QtBot) -> None:
    panel.add([media(1, "attention", MAPS, "validation")])
    view = panel.attention
    assert view.head.currentText() == "All heads" and view.example.count() == 2
    assert theme.color("accent").name() in colors_of(view.heat)
    view.head.setFocus()
    QTest.keyClick(view.head, Qt.Key.Key_Down)
    view.head.picked.emit(view.head.currentData())
    assert theme.color("accent").name() in colors_of(view.heat)
    assert tip(view.heat, view.heat.cell(0, 1).center()) == "<s> looks at Katze: 100 %"
    assert tip(view.heat, view.heat.cell(1, 0).center()) == "cat looks at die: 20 %"
    panel.add([media(2, "attention", MAPS, "validation")])
    assert view.head.currentText() == "Head 1", "the choice stays while the training goes on"
    one = {"examples": [{**MAPS["examples"][0], "heads": 1, "weights": base64.b64encode(bytes(6)).decode()}]}
    panel.add([media(3, "attention", one)])
    assert not view.head.isVisible() and view.example.count() == 1
    assert theme.color("accent").name() not in colors_of(view.heat)


def test_forecasts_are_curves_with_a_legend(panel: MediaPanel) -> None:
    panel.add([media(1, "series", SERIES, "test")])
    view = panel.series
    assert [series.title for series in view.series] == ["example 1", "example 2"]
    assert view.series[0].true[1] != view.series[0].true[1], "a gap is kept"
    assert {theme.curve_color(1).name(), theme.curve_color(2).name()} <= colors_of(view)
    view.resize(120, 60)
    view.grab()


def test_histograms_tell_their_story(panel: MediaPanel) -> None:
    epochs = [
        media(id, "histograms", {"layers": [layer("fc1", id / 10), layer("fc2")]}) for id in range(1, 9)
    ]
    panel.add(epochs)
    rows = panel.histograms.rows
    assert [layer.name for layer in rows.layers] == ["fc1", "fc2"]
    assert panel.histograms.isVisible() and theme.curve_color(0).name() in colors_of(rows)
    assert tip(rows, rows.cell(0, "weights").center()) == "fc1, weights: mean 0.8000, deviation 0.5000"
    assert (
        tip(rows, rows.cell(1, "gradients").center())
        == "fc2, gradients: mean 0, deviation 0.5000, 2 not finite"
    )
    panel.slider.setFocus()
    QTest.keyClick(panel.slider, Qt.Key.Key_Home)
    assert tip(rows, rows.cell(0, "weights").center()) == "fc1, weights: mean 0.1000, deviation 0.5000"


def test_many_layers_scroll(panel: MediaPanel) -> None:
    panel.add([media(1, "histograms", {"layers": [layer(f"layers#{n}/attention") for n in range(60)]})])
    assert panel.histograms.verticalScrollBar().maximum() > 1000
    panel.histograms.verticalScrollBar().setValue(2000)
    panel.histograms.grab()


def test_a_picture_may_say_what_its_colours_mean(panel: MediaPanel) -> None:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    image.setText("Legend", json.dumps([["disc", "#ff0000"], ["square", "#00ff00"], ["odd", "nonsense"]]))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes for the format
    panel.add([Media(1, 1, "areas", "image", 1, 1, bytes(buffer.data().data()), "")])
    assert panel.image.legend == [("disc", "#ff0000"), ("square", "#00ff00")]
    assert {"#ff0000", "#00ff00"} <= colors_of(panel.image)


DAMAGED: Sequence[bytes] = (
    b"", b"no json", b"[]", b"{}", b"3", b'{"pairs": [3], "examples": [3], "series": [3], "layers": [3]}',
    b'{"examples": [{"rows": ["a"], "columns": ["b"], "heads": 2, "weights": "AA=="}]}',
    b'{"examples": [{"rows": [], "columns": [], "heads": 1, "weights": ""}]}',
    b'{"series": [{"title": "", "context": [], "true": ["x"], "predicted": []}]}',
    b'{"layers": [{"name": "a", "weights": {"low": 1, "high": 0, "counts": [], "mean": 0, "std": 0, "odd": 0}}]}',
    b'{"layers": [{"name": "a", "weights": {"low": NaN, "high": 0, "counts": [], "mean": 0, "std": 0, "odd": 0}}]}',
)  # fmt: skip


@pytest.mark.parametrize("kind", ["translations", "attention", "series", "histograms"])
@pytest.mark.parametrize("data", DAMAGED)
def test_damaged_records_say_so(panel: MediaPanel, kind: MediaKind, data: bytes) -> None:
    panel.add([Media(1, 1, "probe", kind, 1, 1, data, "")])
    panel.grab()
    view: Any = {
        "attention": panel.attention.heat, "series": panel.series, "histograms": panel.histograms.rows,
    }.get(kind)  # fmt: skip
    if kind == "translations":
        assert panel.translations.toPlainText() == "These translations are damaged"
    else:
        assert view.accessibleDescription() == "damaged"


def test_what_a_newer_version_recorded_is_no_fault(panel: MediaPanel) -> None:
    panel.add([Media(1, 1, "probe", "hologram", 1, 1, b"?", "")])  # type: ignore[arg-type]  # of the future
    assert not panel.text.isVisible() and panel.place.text() == "epoch 1"


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_all_kinds_follow_the_theme(panel: MediaPanel, qapp: QApplication, mode: str) -> None:
    panel.add([media(1, "translations", PAIRS)])
    theme.apply(qapp, mode)
    assert theme.color("warn").name() in panel.translations.toHtml()


@pytest.mark.parametrize(("bits", "loudest"), [(8, b"\xff"), (16, b"\xff\x7f"), (24, b"\xff\xff\x7f")])
def test_a_sound_is_read_whatever_its_samples_are_kept_in(bits: int, loudest: bytes) -> None:
    silent = b"\x80" if bits == 8 else bytes(bits // 8)
    sound = read(wav(loudest + silent, bits // 8, channels=1))
    assert sound is not None and sound.samples.tolist() == pytest.approx([1.0, 0.0], abs=0.01)


def test_a_sound_is_seen_played_and_saved(
    panel: MediaPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = wav(bytes([0, 64, 0, 64, 0, 192, 0, 192]) * 400, 2, channels=2)
    panel.add([Media(1, 7, "said", "sound", 40, 0, given, "")])
    view = panel.views.sound
    assert panel.place.text() == "step 40" and panel.caption.full_text() == "0.100 s · 8 kHz · stereo"
    seen = view.wave.grab().toImage()
    above = [seen.pixelColor(x, seen.height() // 2 - 6) for x in range(seen.width())]
    assert above.count(theme.color("accent")) > 50
    opened: list[QUrl] = []

    def refuse(url: QUrl) -> bool:
        opened.append(url)
        return False

    monkeypatch.setattr(QDesktopServices, "openUrl", refuse)
    QTest.mouseClick(view.play, Qt.MouseButton.LeftButton)
    assert Path(opened[0].toLocalFile()).read_bytes() == given
    assert view.said.full_text() == "No program here plays sounds; save it instead"
    assert view.write(tmp_path / "a.wav") and (tmp_path / "a.wav").read_bytes() == given
    assert not view.write(tmp_path / "no" / "a.wav") and "cannot be written" in view.said.full_text()
    panel.add([Media(2, 7, "said", "sound", 50, 0, given[:30], "")])
    assert view.wave.sound is None and not view.play.isEnabled()


def wav(frames: bytes, wide: int, *, channels: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setparams((channels, wide, 8000, 0, "NONE", ""))
        made.writeframes(frames)
    return file.getvalue()
