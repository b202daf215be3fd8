"""What the right side shows inside a block while nothing is selected: the block's name, ports and parameters.

Imports Qt, session, core's edits of blocks, panels and variables.
"""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from workbench.core.blocks import CARD, STEP
from workbench.core.definitions import MovePort, RenameBlock, RenamePort
from workbench.core.document import INPUT, OUTPUT, Block, Node
from workbench.core.edits import AddNode, Edit, RemoveNodes, Several
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.names import check_name
from workbench.core.parameters import RemoveParameter, RenameParameter, SetParameter, uses_of
from workbench.core.text import plural
from workbench.gui.actions import explain
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.instances import uses
from workbench.gui.design.naming import free_id
from workbench.gui.design.panels import Column, Keyed, figure_rows, section
from workbench.gui.design.variables import NamedValues
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import FormRows, TextField
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import clear_layout

_NAMING = "Letters, digits and _; every use of the block follows"


class BlockForm(Column):
    """The block that is on the canvas."""

    left = Signal()
    renamed = Signal(str)
    """The definition has another name now; it was on the canvas by itself, not seen through an instance."""

    def __init__(self, session: Session) -> None:
        super().__init__("The block")
        self.session = session
        self._where = ""
        self._alone = False
        self.rows.addWidget(SectionHeader("Block"))
        top = FormRows(104)
        self.name = TextField("Name of the block", _NAMING)
        self.name.committed.connect(self._on_named)
        self.name.restored.connect(lambda: self._refuse(""))
        top.add("Name", self.name, "The block's name, here and in the program")
        self.rows.addWidget(top)
        self._reason = Label("", "err", wrap=True)
        self._reason.hide()
        self.rows.addWidget(self._reason)
        self._totals = Keyed()
        self.rows.addWidget(self._totals)
        self.inputs, self.outputs = PortList(session, INPUT), PortList(session, OUTPUT)
        for title, ports in (("Inputs", self.inputs), ("Outputs", self.outputs)):
            self.rows.addWidget(section(title))
            self.rows.addWidget(ports)
        self.rows.addWidget(section("Parameters"))
        about = "Fields inside use them by name; each instance can set its own."
        self.rows.addWidget(Label(about, "small", wrap=True))
        self.params = NamedValues("parameter", check_name)
        self.params.changed.connect(self._on_param)
        self.rows.addWidget(self.params)
        leave = Button("Back to the model", "Leave the block", icon="back")
        explain(leave, "leave_block", "Leave the block")
        leave.clicked.connect(self.left)
        self.rows.addWidget(leave)
        session.starter.drafts.append(self.params.drafts)
        session.model_opened.connect(self._forget)

    def show_block(self, know: Knowledge) -> None:
        """Show the block as the document now says."""
        if self._where != know.place.where:
            self._where = know.place.where
            self._refuse("")
            self.params.forget()
        self._alone = not know.place.trail
        block = know.document.blocks[self._where]
        if not self._reason.text():
            self.name.show_text(self._where)
        for ports in (self.inputs, self.outputs):
            ports.show_ports(self._where, block)
        notes = {name: _uses(block, name) for name in block.params}
        self.params.show_values(block.params, know.names(), notes)
        rows = [("Used", plural(uses(know.document, self._where), "time"))]
        scope = know.scope()
        if scope is not None:
            rows.append(("Parameters", f"{scope.parameters:,}"))
        self._totals.show_key(tuple(rows), lambda: [figure_rows(rows)])

    def _forget(self) -> None:
        """The block of that name in another model is another one."""
        self._where = ""
        self.params.forget()

    def _on_named(self, name: str) -> None:
        edit = RenameBlock(self._where, name)
        try:
            edit.apply(self.session.document)
        except EditError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        alone = self._alone
        if self.session.do(edit) and alone:
            self.renamed.emit(name)

    def _refuse(self, reason: str) -> None:
        if reason:
            self.name.refuse(reason, self._where)
        else:
            self.name.set_wrong("", _NAMING)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))

    def _on_param(self, old: str, new: str, value: Value) -> None:
        params = self.session.document.blocks[self._where].params
        edits: list[Edit] = []
        if old and not new:
            edits.append(RemoveParameter(self._where, old))
        elif old and old != new:
            edits.append(RenameParameter(self._where, old, new))
        if new and (not old or params[old] != value):
            edits.append(SetParameter(self._where, new, value))
        if edits and not self.session.do(
            edits[0] if len(edits) == 1 else Several(edits[0].label, tuple(edits))
        ):
            self.params.show_again()


class PortList(QWidget):
    """The inputs or the outputs of a block in their order: to rename, to move, to remove, to add."""

    def __init__(self, session: Session, kind: str) -> None:
        super().__init__()
        self._session, self._kind = session, kind
        self._where = ""
        self._shown: tuple[str, tuple[str, ...]] | None = None
        self.fields: dict[str, TextField] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(6)
        column.addLayout(self._lines)
        self._reason = Label("", "err", wrap=True)
        self._reason.hide()
        column.addWidget(self._reason)
        word = kind.lower()
        self.add_button = Button(f"Add an {word}", f"One more {word} on the block's face", icon="plus")
        self.add_button.clicked.connect(self._add)
        column.addWidget(self.add_button)

    def show_ports(self, where: str, block: Block) -> None:
        """Show the ports of a block."""
        names = block.inputs if self._kind == INPUT else block.outputs
        self._where = where
        if (where, names) == self._shown:
            return
        self._shown = (where, names)
        self._refuse("", "")
        clear_layout(self._lines)
        self.fields = {}
        for index, name in enumerate(names):
            self._lines.addWidget(self._line(name, first=index == 0, last=index == len(names) - 1))

    def _line(self, name: str, *, first: bool, last: bool) -> QWidget:
        word = self._kind.lower()
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        field = TextField(f"Name of {word} {name}", f"The {word}'s name; links to it follow", name)
        field.committed.connect(lambda text: self._rename(name, text))
        field.restored.connect(lambda: self._refuse("", ""))
        self.fields[name] = field
        row.addWidget(field, 1)
        for icon, text, by, off in (("chevron-up", "Up", -1, first), ("chevron-down", "Down", 1, last)):
            button = IconButton(icon, f"{text}: {name}", f"Move {name} {text.lower()}")
            button.setEnabled(not off)
            button.clicked.connect(lambda _=False, by=by: self._session.do(MovePort(self._where, name, by)))
            row.addWidget(button)
        remove = IconButton("delete", f"Remove {word} {name}", f"Remove {name} and the links to it")
        remove.clicked.connect(lambda: self._session.do(RemoveNodes((name,), self._where)))
        row.addWidget(remove)
        return line

    def _rename(self, old: str, new: str) -> None:
        edit = RenamePort(self._where, old, new)
        try:
            edit.apply(self._session.document)
        except EditError as error:
            self._refuse(old, str(error))
            return
        self._session.do(edit)

    def _refuse(self, name: str, reason: str) -> None:
        for key, field in self.fields.items():
            if key == name:
                field.refuse(reason, name)
            else:
                field.set_wrong("", f"The {self._kind.lower()}'s name; links to it follow")
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))

    def _add(self) -> None:
        self._session.do(
            AddNode(new_port(self._session.document.blocks[self._where], self._kind), self._where)
        )


class InstanceButtons(QWidget):
    """What can be done with one instance of a block."""

    entered = Signal(str)
    parted = Signal(str)
    """The instance is to get a definition of its own."""

    def __init__(self, session: Session, node: Node, *, shared: bool) -> None:
        """`shared` is whether instances with other weights have the same definition."""
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        enter = Button("Open the block", "", icon="enter")
        explain(enter, "enter_block", "Go into the block's own drawing")
        enter.clicked.connect(lambda: self.entered.emit(node.id))
        column.addWidget(enter)
        if shared:
            tip = f"Give {node.id} a copy of the block {node.block} of its own"
            own = Button("Make independent", tip, icon="duplicate")
            own.clicked.connect(lambda: self.parted.emit(node.id))
            column.addWidget(own)
        for id, text, tip, icon in (
            ("unpack_block", "Unpack", "Put the nodes of the block in its place", "unpack"),
            (
                "keep_block",
                "Keep in the library",
                "Other models of this workspace can use the block",
                "library",
            ),
        ):
            button = Button(text, tip, icon=icon)
            explain(button, id, tip)
            button.clicked.connect(lambda _=False, id=id: session.actions.get(id).trigger())
            column.addWidget(button)


def new_port(block: Block, kind: str) -> Node:
    """One more Input or Output of a block, under the others of its kind."""
    graph = block.graph
    places = [node.at for node in graph.nodes.values() if node.type == kind]
    xs, ys = ([node.at[axis] for node in graph.nodes.values()] or [0.0] for axis in (0, 1))
    if places:
        at = max(places, key=lambda place: place[1])
        at = at[0], at[1] + CARD[1] + 16
    else:
        at = (min(xs) - STEP if kind == INPUT else max(xs) + STEP, min(ys))
    return Node(free_id(graph, "x" if kind == INPUT else "y"), kind, at=at)


def _uses(block: Block, name: str) -> str:
    fields = [f"{node}.{field}" for node, field in uses_of(block, name)]
    if not fields:
        return "not used inside"
    return "used by " + ", ".join(fields[:3]) + (f" and {len(fields) - 3} more" if len(fields) > 3 else "")
