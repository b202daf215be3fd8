"""The page Generate: texts that go on from a prompt, pictures from noise.  Imports Qt, the page and widgets."""

import random
from typing import ClassVar, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.gui.inspect.answers import decoded
from workbench.gui.inspect.page import Page
from workbench.gui.inspect.pictures import PictureGrid, Shown
from workbench.gui.inspect.service import Answer, ModelService
from workbench.gui.widgets.buttons import Button, Chips
from workbench.gui.widgets.fields import FormRows, NumberField, RealField, TextArea
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import EmptyState, surface

_KINDS: Final = (("text", "Text"), ("pictures", "Pictures"))
_MOST_SEED: Final = 2**31 - 1


class GeneratePage(Page):
    """Settings on the left, what the model makes on the right."""

    title: ClassVar[str] = "Generate"
    needs: ClassVar[tuple[str, ...]] = ("generate", "generate_pictures")

    def __init__(self, service: ModelService) -> None:
        super().__init__(service)
        self.kinds = Chips(_KINDS, "What is made")
        self.kinds.chosen.connect(lambda _: self._show_kind())
        self.head.addWidget(self.kinds)
        self.head.addStretch(1)
        self.head.addWidget(self.work, 2)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(self._settings())
        splitter.addWidget(self._made())
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([330, 620])
        self.body.addWidget(splitter)

    def _settings(self) -> QWidget:
        self.prompt = TextArea(
            "Prompt", "What the text begins with; Ctrl+Enter writes on", "How the text begins", 6
        )
        self.prompt.committed.connect(lambda _: self.make() if self.prompt.hasFocus() else None)
        self.temperature = RealField(
            "Temperature", "Lower: likelier words; 0: always the likeliest", 0.8, 3.0
        )
        self.top_k = NumberField(
            "Top k", "Only so many of the likeliest tokens are drawn from; 0: all", 0, 100_000
        )
        self.top_k.setSpecialValueText("all")
        self.top_p = RealField(
            "Top p", "Only the likeliest that make up this share together; 1: all", 1.0, 1.0
        )
        self.length = NumberField("Length", "How many tokens are written", 1, 5_000)
        self.length.setValue(200)
        self.count = NumberField("Pictures", "How many pictures are made", 1, 256)
        self.count.setValue(16)
        self.seed = NumberField("Seed", "The same seed makes the same", 0, _MOST_SEED)
        self.text_rows, self.picture_rows, seed_rows = FormRows(92), FormRows(92), FormRows(92)
        for name, field in (
            ("Temperature", self.temperature),
            ("Top k", self.top_k),
            ("Top p", self.top_p),
            ("Length", self.length),
        ):
            self.text_rows.add(name, field, field.toolTip())
        self.picture_rows.add("Pictures", self.count, self.count.toolTip())
        seed_rows.add("Seed", self.seed, self.seed.toolTip())
        self.go_on = Button("Generate", "Make it with this seed", kind="primary", icon="play")
        self.go_on.clicked.connect(self.make)
        self.again = Button("Another", "Make another one, with another seed", icon="refresh")
        self.again.clicked.connect(self._on_again)
        self.note = Label("", "warn", wrap=True)
        self.note.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.go_on)
        buttons.addWidget(self.again)
        buttons.addStretch(1)
        left = QWidget()
        surface(left, "panel")
        left.setMinimumWidth(260)
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 0, 12, 12)
        column.setSpacing(8)
        for widget in (self.prompt, self.text_rows, self.picture_rows, seed_rows):
            column.addWidget(widget)
        column.addLayout(buttons)
        column.addWidget(self.note)
        column.addStretch(1)
        return left

    def _made(self) -> QWidget:
        self.hint = EmptyState("wand", "Nothing made yet", "")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Text that the model wrote")
        self.text.setToolTip("What the model wrote; it can be selected and copied")
        self.text.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.grid = PictureGrid("Pictures that the model made", "Pictures made from noise")
        self.right = QStackedWidget()
        self.written = QWidget()
        around = QVBoxLayout(self.written)
        around.setContentsMargins(12, 0, 12, 12)
        around.addWidget(self.text)
        for widget in (self.hint, self.written, self.grid):
            self.right.addWidget(widget)
        self.right.setMinimumWidth(260)
        return self.right

    def reset(self) -> None:
        subject = self.subject
        writes = subject is not None and subject.can("generate")
        paints = subject is not None and subject.can("generate_pictures")
        self.kinds.button("text").setVisible(writes)
        self.kinds.button("pictures").setVisible(paints)
        self.kinds.setVisible(writes and paints)
        self.kinds.button("text" if writes else "pictures").setChecked(True)
        self.text.clear()
        self._say("")
        self.grid.show_pictures([])
        self._show_kind()

    def look(self) -> None:
        if self.kinds.current() == "pictures":
            self.make()

    def make(self) -> None:
        """Let the model make something of what is set."""
        if self.kinds.current() == "text":
            asked = {
                "prompt": self.prompt.toPlainText(),
                "temperature": self.temperature.value(),
                "top_k": self.top_k.value(),
                "top_p": self.top_p.value(),
                "length": self.length.value(),
                "seed": self.seed.value(),
            }
            self.ask("generate", self._on_text, "Writing", self._on_refused, slot="made", **asked)
        else:
            count, seed = self.count.value(), self.seed.value()
            asked = {"count": count, "seed": seed}
            self.ask(
                "generate_pictures", self._on_pictures, "Painting", self._on_refused, slot="made", **asked
            )

    def _show_kind(self) -> None:
        writes = self.kinds.current() == "text"
        for widget in (self.prompt, self.text_rows):
            widget.setVisible(writes)
        self.note.setVisible(writes and bool(self.note.text()))
        self.picture_rows.setVisible(not writes)
        done = self.text.toPlainText() if writes else self.grid.pictures
        if done:
            self.right.setCurrentWidget(self.written if writes else self.grid)
            return
        what = "Write how the text begins, then press Generate." if writes else "Press Generate."
        self.hint.set_texts("Nothing made yet", what)
        self.right.setCurrentWidget(self.hint)

    def _on_try_again(self) -> None:
        self.make()

    def _on_again(self) -> None:
        self.seed.setValue(random.randint(0, 999_999))
        self.make()

    def _on_refused(self, reason: str) -> None:
        self._say("")
        self.hint.set_texts("Nothing was made", reason)
        self.right.setCurrentWidget(self.hint)

    def _say(self, words: str) -> None:
        """What is to be known of the text that was written."""
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _on_text(self, answer: Answer) -> None:
        self._say(str(answer.get("said") or ""))
        self.text.setPlainText(str(answer.get("text") or ""))
        self._show_kind()

    def _on_pictures(self, answer: Answer) -> None:
        pictures = answer.get("pictures") or ()
        self.grid.show_pictures(
            [Shown(decoded(each), "", f"picture {place + 1}") for place, each in enumerate(pictures)]
        )
        self._show_kind()
