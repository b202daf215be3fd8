"""Home: templates as cards with a picture of their graph, and the models of this workspace.

May import Qt, catalog, session and the shared widgets.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import CATEGORIES, Template, load, templates
from workbench.core import text
from workbench.core.descriptions import description_in
from workbench.core.document import Document
from workbench.core.errors import WorkbenchError
from workbench.gui.actions import keymap, press
from workbench.gui.home.recent import RecentTable, rows_of
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button, Chips
from workbench.gui.widgets.graph_picture import GraphPicture
from workbench.gui.widgets.labels import ElidedLabel, Label, SectionHeader
from workbench.gui.widgets.surfaces import Card, CardGrid
from workbench.store.records import ModelRecord

if TYPE_CHECKING:
    from workbench.store.store import Store

HINT = (
    "Everything here trains on data that is already on this machine. "
    "Open one, press Train, change what you like."
)
LANDMARKS = (
    "Published networks at their full size, with exactly as many weights. "
    "Open one, look into its blocks, and choose your data in its Dataset node."
)
CARD_WIDTH = 246
RECENT = 4
"""Models of one's own that stand above the ready ones; a button shows the others."""
MOST_RECENT = 20
_MOST_WORDS = 600


def dataset_of(document: Document) -> str:
    """The id of the first dataset that a document uses; "" when it has none."""
    for node in document.graph.nodes.values():
        if node.type == "Dataset":
            return str(node.params.get("dataset", ""))
    return ""


class ModelCard(Card):
    """A picture, a title and one line. `document` gives what is drawn, None for an empty canvas."""

    def __init__(
        self,
        title: str,
        line: str,
        tooltip: str,
        document: Callable[[], Document] | None,
        category: str,
        parameters: int = 0,
    ) -> None:
        super().__init__(title, tooltip)
        self.category = category
        self.document = document
        self.parameters = parameters
        self.line = ElidedLabel(line, "small")
        column = QVBoxLayout(self)
        column.setContentsMargins(11, 11, 11, 10)
        column.setSpacing(4)
        self.picture = GraphPicture(document)
        column.addWidget(self.picture)
        column.addSpacing(4)
        column.addWidget(ElidedLabel(title, "strong"))
        column.addWidget(self.line)


class HomeView(QScrollArea):
    """The page that a newcomer sees first."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.cards = [self._template_card(template) for template in templates()]
        self._published = {
            card for card, template in zip(self.cards, templates(), strict=True) if template.landmark
        }
        self.empty_card = ModelCard("Empty canvas", "Drag a dataset to begin", "Start from nothing", None, "")
        self.empty_card.activated.connect(session.new_model)
        used = {card.category for card in self.cards}
        self.chips = Chips(
            [("", "All"), *((name, name) for name in CATEGORIES if name in used)], "Kind of model"
        )
        self.grid, self.landmarks = CardGrid(CARD_WIDTH), CardGrid(CARD_WIDTH)
        self._above = (SectionHeader("Landmarks"), Label(LANDMARKS, "dim", wrap=True))
        self.table = RecentTable()
        self.recent = QWidget()
        self.more = Button("", "Show the models that were not edited lately", kind="quiet")
        self._all_recent = False
        self._none = Label("Opening the workspace…", "dim")
        self.setWidget(self._page())
        self.chips.chosen.connect(self._on_chosen)
        self.table.chosen.connect(session.open_model)
        self.table.delete_asked.connect(session.delete_model)
        session.models_changed.connect(self._show_recent)
        session.runs_changed.connect(self._show_recent)
        session.figures_came.connect(lambda _: self._show_recent() if self.isVisible() else None)
        session.opened.connect(self._show_recent)
        keymap.changed.connect(self._show_recent)
        session.unusable.connect(self._show_unusable)
        self._minute = QTimer(self, interval=60_000)
        self._minute.timeout.connect(self._show_recent)
        self._minute.start()
        self._uncounted = list(self.cards)
        self._about: dict[tuple[int, int], str] = {}
        self._counter = QTimer(self, interval=0)
        self._counter.timeout.connect(self._count_one)
        self._on_chosen("")
        self._show_recent()

    def _page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(36, 24, 36, 24)
        column.setSpacing(0)
        column.addWidget(self._recent_part())
        column.addWidget(Label("Start from a model", "title"))
        column.addSpacing(6)
        column.addWidget(Label(HINT, "dim", wrap=True))
        column.addSpacing(14)
        column.addWidget(self.chips)
        column.addSpacing(14)
        column.addWidget(self.grid)
        column.addSpacing(24)
        column.addWidget(self._none)
        column.addSpacing(24)
        for label in self._above:
            column.addWidget(label)
            column.addSpacing(8)
        column.addWidget(self.landmarks)
        column.addStretch(1)
        return page

    def _recent_part(self) -> QWidget:
        """What one worked on stands first; a newcomer has nothing there."""
        column = QVBoxLayout(self.recent)
        column.setContentsMargins(0, 0, 0, 24)
        column.setSpacing(8)
        column.addWidget(SectionHeader("Recent"))
        column.addWidget(self.table)
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.more.clicked.connect(self._show_more)
        self.recent.hide()
        return self.recent

    def _show_more(self) -> None:
        self._all_recent = not self._all_recent
        self._show_recent()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        height = 84 if event.size().height() > 720 else 64  # so that a small window still shows recent models
        if self.empty_card.picture.height() != height:
            for card in (*self.cards, self.empty_card):
                card.picture.setFixedHeight(height)
            self.grid.arrange()
            self.landmarks.arrange()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_recent()
        if self._uncounted:
            self._counter.start()

    def _template_card(self, template: Template) -> ModelCard:
        # Read when it is seen or counted, so that many templates do not keep the window from opening.
        document = partial(load, template.id)
        card = ModelCard(template.title, "", template.goal, document, template.category, template.parameters)
        card.activated.connect(self._opener(template.id))
        return card

    def _opener(self, id: str) -> Callable[[], None]:
        return lambda: self._session.open_template(id)

    def _count_one(self) -> None:
        """Fill in one card's line, for which its document is read; card by card, so that the page is there at once."""
        if not self._uncounted:
            self._counter.stop()
            return
        card = self._uncounted.pop(0)
        if card.document is not None:
            start = f"{data} · " if (data := _data_title(card.document())) else ""
            size = f"{text.count(card.parameters)} parameters"
            card.line.set_texts(f"{start}{size}", size)

    def _on_chosen(self, category: str) -> None:
        shown = [card for card in self.cards if category in ("", card.category)]
        self.grid.set_cards([*(card for card in shown if card not in self._published), self.empty_card])
        published: list[Card] = [card for card in shown if card in self._published]
        self.landmarks.set_cards(published)
        for widget in (*self._above, self.landmarks):
            widget.setVisible(bool(published))

    def _show_recent(self) -> None:
        session = self._session
        titles = {id: schema.title for id, schema in session.schemas.items()}
        archived = {id for id, marks in session.marks.items() if marks.archived}
        runs = [run for run in session.runs if run.id not in archived] if archived else session.runs
        rows = rows_of(session.models, runs, session.summaries, titles)[:MOST_RECENT]
        count = len(rows)
        self.more.setVisible(count > RECENT)
        self.more.setText(
            "Show fewer" if self._all_recent else f"Show {text.plural(count - RECENT, 'more model')}"
        )
        self.more.setAccessibleName(self.more.text())
        rows = rows if self._all_recent else rows[:RECENT]
        self._ask_about([row.model for row in rows])
        rows = [replace(row, about=self._about.get((row.model.id, row.model.revision), "")) for row in rows]
        self.table.show_rows(rows)
        self.table.setVisible(bool(rows))
        self.recent.setVisible(bool(rows))
        self._none.setVisible(not rows)
        self._none.setText(
            f"No models of your own yet. Open one of the cards above, or {press('new_model')} for an empty canvas."
            if session.is_open
            else "Opening the workspace…"
        )

    def _ask_about(self, models: list[ModelRecord]) -> None:
        """Look up in the background what these models are for, once for each state of them."""
        unknown = {(model.id, model.revision) for model in models} - self._about.keys()
        if unknown and self.isVisible():
            self._about |= dict.fromkeys(unknown, "")
            self._session.call(lambda store: _descriptions(store, unknown), self._on_about)

    def _on_about(self, found: dict[tuple[int, int], str]) -> None:
        self._about.update(found)
        if any(found.values()):
            self._show_recent()

    def _show_unusable(self) -> None:
        self._none.setText("This workspace could not be opened. Choose another one in the settings.")


def _descriptions(store: "Store", keys: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """What models (by id and revision) are for; of one that has gone meanwhile, nothing."""
    found = dict.fromkeys(keys, "")
    for model, revision in found:
        try:
            record, text = store.read_model(model)
        except WorkbenchError:
            continue
        if record.revision == revision:
            found[model, revision] = description_in(text)[:_MOST_WORDS]
    return found


def _data_title(document: Document) -> str:
    schema = SAMPLES.get(dataset_of(document))
    return schema.title if schema is not None else ""
