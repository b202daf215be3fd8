"""A recorded sound: its wave, and buttons that play it in the system's player and save it.

Imports Qt, records and theme; numpy only once there is a sound.
"""

import io
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLineF, QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from workbench.core import text
from workbench.core.files import write_atomically
from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel
from workbench.store.records import Media

if TYPE_CHECKING:
    from workbench.gui.widgets.smoothing import Floats

_CHANNELS: Final = {1: "mono", 2: "stereo"}
_NO_PLAYER: Final = "No program here plays sounds; save it instead"


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A sound as numbers from -1 to 1, the mean of its channels."""

    samples: "Floats"
    rate: int
    channels: int

    @property
    def told(self) -> str:
        """How long it is and what it is made of."""
        channels = _CHANNELS.get(self.channels, f"{self.channels} channels")
        return f"{text.number(len(self.samples) / self.rate, 3)} s · {self.rate / 1000:g} kHz · {channels}"

    def extremes(self, columns: int) -> "tuple[Floats, Floats]":
        """The least and the largest number in each column of a picture."""
        import numpy as np

        starts = np.linspace(0, len(self.samples), max(1, columns), endpoint=False).astype(int)
        return np.minimum.reduceat(self.samples, starts), np.maximum.reduceat(self.samples, starts)


def read(file: bytes) -> Sound | None:
    """The sound in a WAV file of plain samples; None where it is damaged."""
    import numpy as np

    try:
        with wave.open(io.BytesIO(file)) as given:
            form, frames = given.getparams(), given.readframes(given.getnframes())
        wide = form.sampwidth
        whole = np.frombuffer(
            frames[: len(frames) // (wide * form.nchannels) * wide * form.nchannels], np.uint8
        )
        # As 32 bits, its own bytes first among equals; WAV keeps 8 bits without a sign.
        padded = np.zeros((len(whole) // wide, 4), np.uint8)
        padded[:, 4 - wide :] = whole.reshape(-1, wide) ^ (128 if wide == 1 else 0)
        samples = padded.view("<i4").reshape(-1, form.nchannels).mean(axis=1) / 2.0**31
    except (wave.Error, EOFError, ValueError, ArithmeticError):
        return None
    return Sound(samples, form.framerate, form.nchannels) if len(samples) and form.framerate else None


class Wave(QWidget):
    """The wave of a sound over its time."""

    def __init__(self) -> None:
        super().__init__()
        self.sound: Sound | None = None
        self.setAccessibleName("Wave of the sound")
        self.setMinimumSize(120, 60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_sound(self, sound: Sound | None) -> None:
        """Show this one; None is said to be damaged."""
        self.sound = sound
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 120)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle, half = self.height() / 2, self.height() / 2 - 2
        if self.sound is None:
            painter.setPen(theme.color("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "This sound is damaged")
            return
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(QLineF(0, middle, self.width(), middle))
        painter.setPen(QPen(theme.color("accent"), 1))
        columns = min(self.width(), len(self.sound.samples))
        low, high = self.sound.extremes(columns)
        wide = self.width() / columns
        painter.drawLines(
            [
                QLineF(
                    (at + 0.5) * wide, middle - top * half, (at + 0.5) * wide, middle - bottom * half + 0.5
                )
                for at, (bottom, top) in enumerate(zip(low.tolist(), high.tolist(), strict=True))
            ]
        )
        painter.end()


class SoundView(QWidget):
    """A wave with what can be done with its sound."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._data = b""
        self._name = ""
        self.setAccessibleName(name)
        self.wave = Wave()
        self.play = Button("Play", "Open the sound in the program that plays sounds here", icon="play")
        self.save = Button("Save…", "Write the sound to a WAV file", icon="export")
        self.said = ElidedLabel("", "small")
        self.play.clicked.connect(self._play)
        self.save.clicked.connect(self._ask)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.play)
        row.addWidget(self.save)
        row.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.wave, 1)
        column.addLayout(row)

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last; gives how long it is."""
        one = history[-1]
        if one.data != self._data:
            self._data = one.data
            self.wave.show_sound(read(one.data))
            self.said.setText("")
        self._name = f"sound-{one.run}-{one.step}.wav"
        there = self.wave.sound is not None
        self.play.setEnabled(there)
        self.save.setEnabled(there)
        return self.wave.sound.told if self.wave.sound is not None else ""

    def write(self, file: Path) -> bool:
        """Write the sound; where that fails, the reason stands beside the buttons."""
        try:
            write_atomically(file, self._data)
        except OSError as error:
            self.said.setText(f"{file} cannot be written: {error.strerror or error}")
            return False
        return True

    def _play(self) -> None:
        file = Path(folder().name) / self._name
        if self.write(file):
            opened = QDesktopServices.openUrl(QUrl.fromLocalFile(str(file)))
            self.said.setText("" if opened else _NO_PLAYER)

    def _ask(self) -> None:
        dialog = QFileDialog(self.window(), "Save the sound", str(Path.cwd() / self._name), "Sound (*.wav)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("wav")
        dialog.selectFile(self._name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.write(Path(chosen)))
        dialog.show()


@lru_cache(maxsize=1)
def folder() -> tempfile.TemporaryDirectory[str]:
    """Where sounds lie while the window is there."""
    return tempfile.TemporaryDirectory(prefix="workbench-sounds-")
