"""Blocks of one's own, kept in the workspace for all models: to keep, to list, to add to a drawing, to remove.

The database is asked in the background.  Imports Qt, core, session, canvas and the box that searches.
"""

from dataclasses import replace
from functools import cached_property

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtWidgets import QWidget

from workbench.core.definitions import adopted, needed
from workbench.core.document import Document, Node
from workbench.core.errors import WorkbenchError
from workbench.core.files import dumps, loads
from workbench.core.text import count
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.hits import PortHit
from workbench.gui.design.offers import BLOCKS, Offer
from workbench.gui.design.search import Row, SearchBox
from workbench.gui.fuzzy import score
from workbench.gui.session import Session
from workbench.store.records import BlockRecord


class BlockLibrary(QObject):
    """The kept blocks as they were last heard of, and what can be done with them."""

    changed = Signal()

    def __init__(self, canvas: Canvas, commands: Commands, host: QWidget) -> None:
        super().__init__(canvas)
        self.canvas, self._commands = canvas, commands
        self.session: Session = canvas.session
        self.records: list[BlockRecord] = []
        self._host = host
        self.session.opened.connect(self.refresh)
        if self.session.is_open:
            self.refresh()

    @cached_property
    def box(self) -> "LibraryBox":
        """The list of kept blocks, made when it is first asked for."""
        made = LibraryBox(self._host, self)
        made.chosen.connect(self.add)
        made.closed.connect(self.canvas.setFocus)
        return made

    def bind(self, commands: Commands) -> None:
        """Offer the commands while the canvas has the focus."""
        commands.offer({"keep_block": self.keep, "block_library": self.open})

    def refresh(self) -> None:
        """Ask for the kept blocks."""
        self.session.call(lambda store: store.kept_blocks(), self._on_heard)

    def offers(self) -> list[Offer]:
        """The kept blocks as things to add."""
        return [
            Offer(
                f"kept:{record.id}",
                record.name,
                BLOCKS,
                ("my blocks", "library"),
                f"A block of the library: {ports_text(record)}.",
                _split(record.inputs),
                _split(record.outputs),
            )
            for record in self.records
        ]

    # ------------------------------------------------------------- keeping, removing

    def keep(self) -> None:
        """Keep the definitions of the selected blocks; with nothing selected, that of the block on the canvas."""
        canvas, document = self.canvas, self.session.document
        nodes = canvas.drawing.graph.nodes
        names = dict.fromkeys(nodes[id].block for id in canvas.drawing.selection if nodes[id].block)
        if not names and not canvas.drawing.selection and canvas.place.where:
            names = {canvas.place.where: None}
        known = [name for name in names if name in document.blocks]
        if not known:
            canvas.tell("Select the block to keep in the library.")
        for name in known:
            self._keep(name, document)

    def _keep(self, name: str, document: Document) -> None:
        block = document.blocks[name]
        text = dumps(Document(name, blocks=needed(document, [Node("kept", block=name)])))
        inputs, outputs, parameters = (
            ", ".join(block.inputs),
            ", ".join(block.outputs),
            self._parameters(name),
        )
        self.session.call(
            lambda store: store.keep_block(name, text, inputs=inputs, outputs=outputs, parameters=parameters),
            self._on_kept,
        )

    def _parameters(self, name: str) -> int:
        infos = self.session.analyse_now().nodes.values()
        found = next((info for info in infos if info.node.block == name and info.copies), None)
        return found.copies[0].parameters if found else 0

    def _on_kept(self, kept: tuple[BlockRecord, int]) -> None:
        record, replaced = kept
        self.refresh()
        if replaced:
            text = f"“{record.name}” in the library was replaced."
            self.session.offer(text, "Undo", lambda: self._change_back(replaced))
        else:
            self.session.message.emit(f"“{record.name}” is in the library of this workspace.", "ok")

    def remove(self, id: int) -> None:
        """Take a block out of the library and offer to bring it back."""
        record = next((one for one in self.records if one.id == id), None)
        if record is None:
            return

        def then(_: None) -> None:
            self.refresh()
            self.session.offer(f"“{record.name}” left the library.", "Undo", lambda: self._change_back(id))

        self.session.call(lambda store: store.delete_block(id), then)

    def _change_back(self, id: int) -> None:
        self.session.call(lambda store: store.restore_block(id), lambda _: self.refresh())

    # ------------------------------------------------------------- adding

    def open(self) -> None:
        """Show the box with the kept blocks."""
        if self.session.is_open:
            self.refresh()
        self.box.open_at_pointer(self.canvas)

    def add(self, offer: Offer, place: QPointF | None = None, wire: PortHit | None = None) -> None:
        """Add an instance of a kept block, with its definition where the model lacks it, as one step."""
        id, where = int(offer.name), self.canvas.place.where

        def then(text: str) -> None:
            try:
                self._insert(loads(text, f"the block “{offer.title}”"), offer, where, place, wire)
            except WorkbenchError as error:
                self.canvas.tell(str(error))

        self.session.call(lambda store: store.block_text(id), then)

    def _insert(
        self, kept: Document, offer: Offer, where: str, place: QPointF | None, wire: PortHit | None
    ) -> None:
        if where != self.canvas.place.where:
            return  # somebody went elsewhere in the meantime
        document = self.session.document
        edits, names = adopted(document, kept.blocks)
        name = names.get(kept.name, kept.name)
        for edit in edits:
            document = edit.apply(document)
        if where and where in needed(document, [Node("kept", block=name)]):
            self.canvas.tell(f"Block “{name}” cannot stand inside itself.")
            return
        own = replace(offer, key=f"block:{name}", title=name)
        self._commands.add(own, place, wire, edits)

    def _on_heard(self, records: list[BlockRecord]) -> None:
        if records != self.records:
            self.records = records
            self.changed.emit()


class LibraryBox(SearchBox):
    """The list of kept blocks: Enter adds one, Del removes one."""

    _wide = 380

    def __init__(self, parent: QWidget, library: BlockLibrary) -> None:
        super().__init__(
            parent,
            "Blocks of the library",
            "Find a block …",
            "adds the block, Del removes it from the library",
            "No such block was kept. Select a block and choose “Keep block in the library”.",
        )
        self._library = library
        library.changed.connect(self._on_changed)

    def open_at_pointer(self, canvas: Canvas) -> None:
        """Open where the pointer is on the canvas."""
        self.open_with(
            canvas.mapTo(self._host, canvas.pointer()),
            self._rows_for,
            "Enter adds, Del removes from the library",
        )

    def _rows_for(self, query: str) -> list[Row]:
        offers = {offer.name: offer for offer in self._library.offers()}
        rows = []
        for record in self._library.records:
            if not query.strip() or score(query, record.name) > 0:
                size = f" · {count(record.parameters)}" if record.parameters else ""
                help = f"{record.name}: {ports_text(record)}, {record.parameters:,} parameters"
                row = Row(record.name, ports_text(record) + size, BLOCKS, help, offers[str(record.id)])
                rows.append((-score(query, record.name) if query.strip() else 0.0, row))
        return [row for _, row in sorted(rows, key=lambda rated: rated[0])]

    def _key(self, key: Qt.Key) -> bool:
        at_end = self.field.cursorPosition() == len(self.field.text()) and not self.field.hasSelectedText()
        row = self.list.currentIndex().row()
        if key == Qt.Key.Key_Delete and at_end and 0 <= row < len(self._model.rows):
            offer = self._model.rows[row].what
            assert isinstance(offer, Offer)
            self._library.remove(int(offer.name))
            return True
        return super()._key(key)

    def _on_changed(self) -> None:
        if self.isVisible():
            self._filter()


def ports_text(record: BlockRecord) -> str:
    """Ports in words, as in "x, skip → y"."""
    return f"{record.inputs or 'nothing'} → {record.outputs or 'nothing'}"


def _split(ports: str) -> tuple[str, ...]:
    return tuple(port.strip() for port in ports.split(",") if port.strip())
