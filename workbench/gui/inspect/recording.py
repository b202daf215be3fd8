"""A sound that a person records for a model: the button, how long and how loud it is, the process that records.

Imports Qt, the process and widgets.  Questions and answers are told in engine/microphone.
"""

import itertools
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from workbench.gui import theme
from workbench.gui.json_process import Ending, JsonProcess
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.media_sounds import folder
from workbench.jobs.asking import reason
from workbench.jobs.processes import python

MODULE: Final = "workbench.engine.microphone"
LONGEST: Final = 60
"""Seconds after which a recording ends by itself."""
SILENCE_MS: Final = 10_000
"""A process of which nothing is heard for so long is ended: a driver can hang."""
_QUIETEST_DB: Final = -60
_RECORD: Final = ("Record", f"Record a sound with the microphone, {LONGEST} seconds at most", "microphone")
_STOP: Final = ("Stop", "End the recording and ask the model about it", "stop")
_ENDED: Final = "Recording ended unexpectedly with the code {}"
_HANGS: Final = (
    f"The microphone gave nothing for {SILENCE_MS // 1000} seconds, so recording was ended. Try again."
)
_numbers = itertools.count(1)


class RecordBar(QWidget):
    """Records one sound after the other, each into a file of its own, which stays while the window is there."""

    recorded = Signal(str)
    """The file of a new sound."""
    refused = Signal(str)
    """Why there is none, in a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._process: JsonProcess | None = None
        self._made = ""
        self.button = Button(*_RECORD[:2], icon=_RECORD[2])
        self.button.clicked.connect(self._on_clicked)
        self.words = Label("", "small")
        self.level = QProgressBar()
        self.level.setFixedWidth(96)
        self.level.setRange(_QUIETEST_DB, 0)
        self.level.setTextVisible(False)
        self.level.setAccessibleName("Level")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.button, self.level, self.words):
            row.addWidget(widget)
        self.silence = QTimer(self, singleShot=True, interval=SILENCE_MS)
        self.silence.timeout.connect(lambda: self._over(_HANGS))
        self._show()

    @property
    def is_recording(self) -> bool:
        """Whether a sound is being recorded."""
        return self._process is not None

    def start(self) -> None:
        """Begin a sound."""
        self._made = ""
        self.level.setValue(_QUIETEST_DB)
        self.words.setText("Starting…")
        process = self._process = JsonProcess()
        process.said.connect(self._on_said)
        process.finished.connect(self._on_finished)
        file = Path(folder().name) / f"recording {next(_numbers)}.wav"
        process.start(python(MODULE, str(file), str(LONGEST)))
        self.silence.start()
        self._show()

    def stop(self) -> None:
        """It is enough: the file comes in a moment."""
        if self._process is not None:
            self._process.ask({"stop": True}, last=True)
            self.button.setEnabled(False)

    def cancel(self) -> None:
        """Nobody wants the sound any more."""
        self._over()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():  # somebody went elsewhere, and did not just put the window away
            self.cancel()

    def _on_clicked(self) -> None:
        if self.is_recording:
            self.stop()
        else:
            self.start()

    def _on_said(self, said: Mapping[str, Any]) -> None:
        self.silence.start()
        self._made = str(said.get("file") or self._made)
        if "seconds" in said:
            level = float(said["level"])
            self.level.setValue(round(20 * math.log10(level)) if level > 0 else _QUIETEST_DB)
            self.words.setText(f"{float(said['seconds']):.1f} of {LONGEST} s")

    def _on_finished(self, ending: Ending) -> None:
        if self._made and not ending.code:
            self._over()
            self.recorded.emit(self._made)
        elif ending.unstarted:
            self._over(f"Recording did not start: {ending.unstarted}.")
        else:
            self._over(reason(ending.complaint, ending.code, _ENDED))

    def _over(self, why: str = "") -> None:
        process, self._process = self._process, None
        self.silence.stop()
        if process is not None:
            process.leave()
        self._show()
        if why:
            self.refused.emit(why)

    def _show(self) -> None:
        name, tooltip, icon = _STOP if self.is_recording else _RECORD
        self.button.setText(name)
        self.button.setAccessibleName(name)
        self.button.setToolTip(tooltip)
        self.button.setEnabled(True)
        theme.set_icon(self.button, icon, "text")
        self.level.setVisible(self.is_recording)
        self.words.setVisible(self.is_recording)
