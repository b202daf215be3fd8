"""The bar at the top: what is open, the search field, and what to do (train, or new and open).

Imports Qt, catalog's training form, session and the shared widgets.
"""

import shiboken6
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from workbench.catalog.training import Settings
from workbench.core.edits import SetName
from workbench.core.errors import EditError
from workbench.gui import theme
from workbench.gui.action_table import ACTIONS
from workbench.gui.actions import keymap, keys, tooltip
from workbench.gui.estimator import estimator_of
from workbench.gui.read_only import guard
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import Choice, NumberField, TextField
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.surfaces import surface

HEIGHT = 44
SEARCH_WIDTH = 330
_NAMING = "The model's name; Enter keeps it, Escape does not"
MENU = ("new_model", "open_file", "save", "export_file", "export_model", "rename_model", "", "theme_dark",
        "theme_light", "theme_system", "", "shortcuts", "quit")  # fmt: skip


class TopBar(QWidget):
    """Title on the left, search in the middle of the window, actions on the right."""

    search_asked = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        surface(self, "panel", "bottom")
        self.setFixedHeight(HEIGHT)
        self.title = Title(session)
        self.search = QPushButton()
        self.search.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where it was
        self.search.setProperty("kind", "field")
        self.search.setAccessibleName("Search everything")
        self.search.setToolTip(tooltip("palette"))
        self.search.setMinimumWidth(240)
        self.search.setMaximumWidth(SEARCH_WIDTH)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search.clicked.connect(self.search_asked)
        self._show_keys()
        keymap.changed.connect(self._show_keys)
        theme.set_icon(self.search, "search", "dim", 14)
        self.run_bar = RunBar(session)
        self.page_bar = PageBar(session)
        self._right = QStackedWidget()
        self._right.addWidget(self.page_bar)
        self._right.addWidget(self.run_bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(7, 0, 12, 0)
        row.setSpacing(12)
        row.addWidget(self.title, 1)
        row.addWidget(self.search, 0)
        row.addWidget(self._right, 1)
        row.setStretch(1, 1)

    def _show_keys(self) -> None:
        self.search.setText(f"Search everything   {keys('palette')}".rstrip())

    def show_view(self, view: str, title: str) -> None:
        """Fit the bar to the view that is shown now."""
        self.title.show_view(view, title)
        self._right.setCurrentWidget(self.run_bar if view == "design" else self.page_bar)


class NameField(TextField):
    """A field that Escape closes; it then has its old text again."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()


class Title(QWidget):
    """The name of the model (click to rename) and whether it is saved; on other pages the page's title."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._view = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.name = Button("", tooltip("rename_model"), kind="title", name="Rename the model")
        self.name.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keyboard where one works
        self.field = NameField("Model name", _NAMING)
        self._reason = ""
        self._focused: QWidget | None = None
        self.field.setMaximumWidth(220)
        self.field.hide()
        self.page = ElidedLabel("", "heading")
        self.detail = ElidedLabel("", "small")
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name)
        row.addWidget(self.field)
        row.addWidget(self.page)
        row.addWidget(self.detail, 1)
        self.name.clicked.connect(self.rename)
        self.field.editingFinished.connect(self._on_named)
        self.field.left.connect(self._close)
        session.model_opened.connect(self._close)
        session.saved_changed.connect(self._show)
        session.model_opened.connect(self._show)
        session.runs_changed.connect(self._show)
        session.opened.connect(self._show)

    def show_view(self, view: str, title: str) -> None:
        """Show the open model's name, or the page's title."""
        self._view, self._page_title = view, title
        self._close()

    def set_detail(self, text: str) -> None:
        """What stands beside the title of the page that is shown."""
        self.detail.setText(text)

    def rename(self) -> None:
        """Turn the name into a field."""
        if not self.field.isVisible():
            self._focused = self.window().focusWidget()
        self.name.hide()
        self.field.show()
        self.field.show_text(self._session.document.name)
        self.field.selectAll()
        self.field.setFocus()

    def _on_named(self) -> None:
        document, name = self._session.document, self.field.text().strip()
        if self.field.isVisible() and name and name != document.name:
            edit = SetName(name)
            try:
                edit.apply(document)
            except EditError as error:
                self._reason = str(error)
                self.field.refuse(self._reason, document.name)
                self._show()
                return
            self._session.do(edit)
        self._close()

    def _close(self) -> None:
        """Show the name again; the keyboard goes back to where it was, not to a button that nobody needs now."""
        focused, self._reason = self.field.hasFocus(), ""
        back, self._focused = self._focused, None  # before the field goes, which ends the naming once more
        self.field.hide()
        self.field.setModified(False)
        self.field.set_wrong("", _NAMING)
        self._show()
        if focused and back is not None and shiboken6.isValid(back) and back.isVisible():
            back.setFocus()
        elif focused:
            self.name.setFocus()

    def _show(self) -> None:
        session = self._session
        drawing = self._view == "design"
        self.detail.set_role("err" if self._reason else "small")
        self.name.setVisible(drawing and not self.field.isVisible())
        self.page.setVisible(not drawing)
        self._row.setContentsMargins(0 if drawing else 7, 0, 0, 0)  # the button's text begins 7 px inside it
        if drawing:
            shown = self.name.fontMetrics().elidedText(
                session.document.name, Qt.TextElideMode.ElideRight, 220
            )
            self.name.setText(shown)
            self.detail.setText(self._reason or self._saved())
        else:
            self.page.setText(self._page_title)
            count = len(session.runs)
            runs = f" · {count:,} run{'' if count == 1 else 's'}" if session.is_open else ""
            self.detail.setText(f"{session.path.name}{runs}{' · read-only' if session.read_only else ''}")

    def _saved(self) -> str:
        session = self._session
        if session.read_only:
            return "not saved: read-only workspace"
        if not session.is_saved:
            return "saving…" if session.is_open else "not saved: no workspace"
        if session.model_id == 0:
            return "saved with the first edit"
        return f"saved · revision {session.revision}" if session.revision else "saved"


class PageBar(QWidget):
    """New model and Open, on every page but the drawing; and the menu of everything else."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addStretch(1)
        for id in ("new_model", "open_file"):
            text = next(action.text for action in ACTIONS if action.id == id)
            button = Button(text, tooltip(id))
            button.clicked.connect(self._trigger(id))
            row.addWidget(button)
        row.addWidget(menu_button(session))

    def _trigger(self, id: str) -> "Trigger":
        return Trigger(self._session, id)


class Trigger:
    """Does an action of the table when called; looked up late, since actions are bound after the bar is made."""

    def __init__(self, session: Session, id: str) -> None:
        self._session = session
        self._id = id

    def __call__(self) -> None:
        self._session.actions.get(self._id).trigger()


def menu_button(session: Session) -> IconButton:
    """The button with the menu of the window's actions."""
    button = IconButton("more", "Menu", "More to do: files, theme, shortcuts")
    button.setPopupMode(button.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    menu.setToolTipsVisible(True)

    def fill() -> None:
        menu.clear()
        bound = {row.id: action for row, action in session.actions.bound()}
        for id in MENU:
            if id in bound:
                menu.addAction(bound[id])
            elif not id:
                menu.addSeparator()

    menu.aboutToShow.connect(fill)
    button.setMenu(menu)
    return button


class RunBar(QWidget):
    """Device, epochs, what that will take, and Train."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.device = Choice("Device", "Where the run computes", [("auto", "Automatic")])
        self.device.setMinimumWidth(110)
        tip = "How often the run goes through the training data"
        self.epochs = NumberField("Epochs", tip, 1, 1_000_000)
        self.epochs.setFixedWidth(106)
        self.estimate = ElidedLabel("", "small")
        self.estimate.setAccessibleName("Expected time and memory")
        self.estimate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.estimate.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.train = Button("Train", tooltip("train"), kind="primary", icon="play")
        self.train.setMinimumWidth(88)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.estimate, 1)
        row.addSpacing(6)
        for widget in (self.device, self.epochs, self.train, menu_button(session)):
            row.addWidget(widget)
        self._rest = QTimer(self, singleShot=True, interval=600)
        self.device.picked.connect(lambda value: session.set_device(str(value)))
        self.epochs.valueChanged.connect(session.set_epochs)
        self.train.clicked.connect(self._on_train)
        guard(session, self.train)
        session.devices_found.connect(self._show_devices)
        session.device_changed.connect(self.device.show_value)
        session.document_changed.connect(self._show_epochs)
        self._estimator = estimator_of(session)
        self._estimator.changed.connect(self._show_estimate)
        self._show_devices()
        self._show_epochs()
        self._show_estimate()

    def _on_train(self) -> None:
        if not self._rest.isActive():  # a double click is one run
            self._session.actions.get("train").trigger()
        self._rest.start()

    def _show_estimate(self) -> None:
        forecast = self._estimator.forecast
        self.estimate.set_texts(forecast.line if forecast else "", forecast.brief if forecast else "")
        self.estimate.set_tip(forecast.parts if forecast else "")

    def _show_devices(self) -> None:
        found = self._session.devices
        best = f"Automatic ({found[0].id})" if found else "Automatic"
        self.device.set_items([("auto", best), *((device.id, device.id) for device in found)])
        self.device.show_value(self._session.device)

    def _show_epochs(self) -> None:
        value = self._session.document.training.settings.get("epochs", Settings.epochs)
        self.epochs.blockSignals(True)
        self.epochs.setEnabled(isinstance(value, int))  # an expression is edited in the training panel
        if isinstance(value, int):
            self.epochs.setSuffix(" epoch" if value == 1 else " epochs")
            self.epochs.setValue(value)
        self.epochs.blockSignals(False)
