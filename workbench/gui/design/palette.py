"""The palette at the left: node types by family, the model's own blocks, and a search over both.

Imports Qt, theme, widgets and offers.
"""

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QByteArray, QEvent, QMimeData, QModelIndex, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTreeView, QVBoxLayout, QWidget

from workbench.core.document import Document
from workbench.gui import theme
from workbench.gui.design.offers import BLOCKS, KEPT, OFTEN, Offer, grouped, offers, ranked
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import surface

MIME = "application/x-workbench-node"
TITLES = {
    OFTEN: "Often used",
    "data": "Data",
    "augmentation": "Augmentation",
    "layer": "Layers",
    "normalisation": "Normalisation",
    "activation": "Activation",
    "pooling": "Pooling",
    "merge": "Merge",
    "structure": "Structure",
    "loss": "Losses",
    "metric": "Metrics",
    "probe": "Probes",
    BLOCKS: "Blocks",
    KEPT: "My blocks",
}
_ROLE = Qt.ItemDataRole.UserRole
_OPEN_FIRST = (OFTEN, BLOCKS, KEPT)


class _Rows(QStandardItemModel):
    """The palette's rows; dragging one carries the key of its offer."""

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: object) -> QMimeData:
        data = QMimeData()
        assert isinstance(indexes, list)
        for index in indexes:
            offer = index.data(_ROLE)
            if isinstance(offer, Offer):
                data.setData(MIME, QByteArray(offer.key.encode()))
                data.setText(offer.title)
        return data


class NodePalette(QWidget):
    """Chooses what to add: `chosen` gives the offer on Enter or a double click; rows can be dragged as well."""

    chosen = Signal(object)
    removed = Signal(object)
    """The offer of a kept block is to go out of the library."""

    def __init__(self) -> None:
        super().__init__()
        surface(self, "panel", "right")
        self.setMinimumWidth(160)
        self._offers: list[Offer] = []
        self._folded: dict[str, bool] = {}
        self.field = SearchField(
            "Search nodes", "Search nodes", "Type a name or another word for it; Enter adds"
        )
        self.tree = QTreeView()
        self.tree.setAccessibleName("Nodes to add")
        self.tree.setToolTip("Double-click, press Enter or drag a row onto the canvas")
        self.tree.setHeaderHidden(True)
        self.tree.setRootIsDecorated(True)
        self.tree.setIndentation(12)
        self.tree.setIconSize(QSize(10, 16))
        self.tree.setUniformRowHeights(True)
        self.tree.setAnimated(False)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setDragEnabled(True)
        self.tree.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.tree.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # for “(1d)” and “(3d)” stand at the end
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.nothing = Label("", "dim", wrap=True)
        self.nothing.setContentsMargins(8, 0, 12, 0)
        self._rows = _Rows(self)
        self.tree.setModel(self._rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 12, 0, 0)
        column.setSpacing(8)
        head = QVBoxLayout()
        head.setContentsMargins(8, 0, 12, 0)
        head.setSpacing(8)
        head.addWidget(SectionHeader("Nodes"))
        head.addWidget(self.field)
        column.addLayout(head)
        column.addWidget(self.nothing)
        column.addWidget(self.tree, 1)
        self.field.textChanged.connect(self._fill)
        self.field.installEventFilter(self)
        self.tree.installEventFilter(self)
        self.tree.doubleClicked.connect(self._activate)
        self.tree.clicked.connect(self._on_clicked)
        self.tree.expanded.connect(lambda index: self._fold(index, False))
        self.tree.collapsed.connect(lambda index: self._fold(index, True))
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._open_menu)
        theme.changed.connect(self._fill)

    def show_offers(self, document: Document, where: str, kept: Sequence[Offer] = ()) -> None:
        """Offer what fits this graph of this model, and the blocks of the library."""
        found = [*offers(document, where), *kept]
        if found != self._offers:
            self._offers = found
            self.field.setPlaceholderText(f"Search {len(found)} nodes")
            self._fill()

    def offer(self, key: str) -> Offer | None:
        """The offer of a key, if it can be added now."""
        return next((offer for offer in self._offers if offer.key == key), None)

    def shown(self) -> list[str]:
        """Titles of the offers on show, from top to bottom."""
        titles = []
        for row in range(self._rows.rowCount()):
            top = self._rows.item(row)
            if top.data(_ROLE) is not None:
                titles.append(top.text())
            titles.extend(top.child(inner).text() for inner in range(top.rowCount()))
        return titles

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._activate(self.tree.currentIndex())
            return True
        if watched is self.tree and key == Qt.Key.Key_Delete:
            return self._remove(self.tree.currentIndex())
        if watched is self.field and key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.tree.setFocus(Qt.FocusReason.TabFocusReason)
            return True
        return False

    def _remove(self, index: QModelIndex) -> bool:
        offer = index.data(_ROLE)
        if isinstance(offer, Offer) and offer.kept:
            self.removed.emit(offer)
            return True
        return False

    def _open_menu(self, at: QPoint) -> None:
        index = self.tree.indexAt(at)
        offer = index.data(_ROLE)
        if not isinstance(offer, Offer):
            return
        menu = QMenu(self.tree)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Add to the drawing", lambda: self.chosen.emit(offer))
        if offer.kept:
            menu.addAction("Remove from the library", lambda: self.removed.emit(offer))
        menu.popup(self.tree.viewport().mapToGlobal(at))

    def _fill(self) -> None:
        self._rows.clear()
        query = self.field.text()
        self.nothing.hide()
        if query.strip():
            for offer in ranked(self._offers, query):
                self._rows.appendRow(_row(offer))
            self.tree.setCurrentIndex(self._rows.index(0, 0))
            self.nothing.setText(f"No node is called “{query.strip()[:40]}”. Try another word for it.")
            self.nothing.setVisible(not self._rows.rowCount())
            return
        for family, group in grouped(self._offers).items():
            head = QStandardItem(TITLES[family])
            head.setData(family, _ROLE + 1)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            for offer in group:
                head.appendRow(_row(offer))
            self._rows.appendRow(head)
            self.tree.setExpanded(head.index(), not self._folded.get(family, family not in _OPEN_FIRST))

    def _fold(self, index: QModelIndex, folded: bool) -> None:
        family = index.data(_ROLE + 1)
        if isinstance(family, str):
            self._folded[family] = folded

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.data(_ROLE) is None:
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _activate(self, index: QModelIndex) -> None:
        offer = index.data(_ROLE)
        if isinstance(offer, Offer):
            self.chosen.emit(offer)
        elif index.isValid():
            self.tree.setExpanded(index, not self.tree.isExpanded(index))


def _row(offer: Offer) -> QStandardItem:
    item = QStandardItem(offer.title)
    item.setData(offer, _ROLE)
    item.setToolTip(f"{offer.title}\n{offer.help}")
    item.setIcon(_bar(offer.family, theme.current().name))
    return item


@lru_cache(maxsize=64)
def _bar(family: str, mode: str) -> QIcon:
    """A small bar in the family's colour, as at the edge of a card."""
    icon = QIcon()
    for ratio in (1, 2):
        pixmap = QPixmap(10 * ratio, 16 * ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family_color(family))
        painter.drawRoundedRect(3 * ratio, 2 * ratio, 3 * ratio, 12 * ratio, ratio, ratio)
        painter.end()
        pixmap.setDevicePixelRatio(ratio)
        icon.addPixmap(pixmap)
    return icon
