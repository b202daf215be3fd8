"""The form of one selected node: its name, its fields or parameters, shapes, figures and help.

Imports Qt, session, catalog's fields, editors and panels.  Every change is one edit.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.catalog.forms import Field
from workbench.catalog.pages import page_of
from workbench.catalog.scope import NodeInfo
from workbench.catalog.spec import node_types
from workbench.catalog.weights import unused
from workbench.core.definitions import RenameBlock, renaming
from workbench.core.document import INPUT, OUTPUT, Graph, Node
from workbench.core.edits import Edit, SetLinkedTo, SetParam, SetRepeat, SetTitle, Several
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.parameters import COUNT
from workbench.core.text import plural
from workbench.gui.actions import tooltip
from workbench.gui.design.augmented import AugmentedSamples
from workbench.gui.design.block_form import InstanceButtons
from workbench.gui.design.datasets import DatasetEditor
from workbench.gui.design.editors import ChoiceEditor, Editor, TextEditor, editor_for, plain_field
from workbench.gui.design.exposing import conceal, expose
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.folded_rows import FoldedRows
from workbench.gui.design.instances import uses
from workbench.gui.design.panels import Column, Keyed, ProblemBox, figure_rows, figures, help_page, section
from workbench.gui.design.shown import Shown, shown_of
from workbench.gui.session import Session
from workbench.gui.starting import Draft
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import FormRows
from workbench.gui.widgets.labels import Label, SectionHeader
from workbench.gui.widgets.surfaces import clear_layout

DraftKey = tuple[str, str, str]
_NAME = Field(
    "\0name", "Name", "The node's name in the program: a–z, 0–9, _.", "", "text", (), None, None, False, False
)
_TITLE = Field(
    "\0title",
    "Title",
    "Words on the card instead of its kind.",
    "",
    "text",
    (),
    None,
    None,
    False,
    False,
    unset="as its type",
)
_BLOCK = Field(
    "\0block",
    "Block",
    "The name of the block; every use of it follows.",
    "",
    "text",
    (),
    None,
    None,
    False,
    False,
)
_OWN = "its own"


class NodeForm(Column):
    """Shows a node with `show_node`; asks to enter a block with `entered`."""

    entered = Signal(str)
    renamed = Signal(str)
    mended = Signal(object)
    parted = Signal(str)
    """A block instance is to get a definition of its own."""

    def __init__(self, session: Session) -> None:
        super().__init__("Fields of the selected node")
        self.session = session
        self.editors: dict[str, Editor] = {}
        self.exposers: dict[str, IconButton] = {}
        self.folds: dict[str, FoldedRows] = {}
        """Fields under headings that fold, by heading."""
        self.drafts: dict[DraftKey, str] = {}
        session.starter.drafts.append(self._open_drafts)
        session.model_opened.connect(self.drafts.clear)  # they were meant for the model before
        self._shown: Shown | None = None
        self._know: Knowledge | None = None
        self._head = SectionHeader("")
        self._form = FormRows(104)
        self._problems, self._about = Keyed(), Keyed()
        self._samples = AugmentedSamples(session)

    # ------------------------------------------------------------- showing

    def show_node(self, know: Knowledge, id: str) -> None:
        """Show a node as the document and the analysis now say."""
        self._know = know
        node = self._graph.nodes[id]
        wanted = shown_of(node, know)
        if wanted != self._shown:
            self._shown = wanted
            self._build(node, wanted)
        names = know.names()
        inside = (
            {**names, COUNT: 0} if node.block else names
        )  # where a block repeats, its parameters count from 0
        values = self._values(node)
        idle = unused(values)
        for name, editor in self.editors.items():
            editor.show_value(values[name], names if name.startswith("\0") else inside)
            if draft := self.drafts.get((know.place.where, id, name)):
                editor.show_draft(draft)
            editor.setEnabled(name.startswith("\0") or not (node.linked_to or name in idle))
        for title, fold in self.folds.items():
            entries = (entry for entry in wanted.fields if entry.section == title)
            fold.show_changed(any(values[entry.name] != entry.default for entry in entries))
        self._show_problems(id)
        self._samples.show_node(know, id)
        self._show_about(node)

    def focus_first(self, name: str = "") -> None:
        """Put the keyboard into a field, or the first one that is not the name."""
        wanted = name or next((key for key in self.editors if not key.startswith("\0")), _NAME.name)
        if wanted in self.editors:
            for fold in self.folds.values():
                if fold.isAncestorOf(self.editors[wanted]):
                    fold.unfold()
            self.editors[wanted].focus_field()

    @property
    def _graph(self) -> Graph:
        assert self._know is not None
        return self._know.document.graph_of(self._know.place.where)

    def _values(self, node: Node) -> dict[str, Value]:
        values: dict[str, Value] = {_NAME.name: node.id, _TITLE.name: node.title}
        values["\0shares"] = node.linked_to
        values[_BLOCK.name] = node.block
        values["\0repeat"] = node.repeat
        for entry in self._shown.fields if self._shown else ():
            values[entry.name] = node.params.get(entry.name, entry.default)
        return values

    def _build(self, node: Node, shown: Shown) -> None:
        self.rows.removeWidget(self._samples)  # which stays
        clear_layout(self.rows)
        self.editors, self.exposers, self.folds = {}, {}, {}
        self._head = SectionHeader(node.block or _title(node))
        self.rows.addWidget(self._head)
        self._problems = Keyed()
        self.rows.addWidget(self._problems)
        self._form = FormRows(104)
        self.rows.addWidget(self._form)
        self._add(_NAME, TextEditor(_NAME), self._rename)
        if node.block:
            self._add(_BLOCK, TextEditor(_BLOCK), self._rename_block)
        if not (node.type in (INPUT, OUTPUT) and shown.where):
            title = replace(_TITLE, unset="as the dataset") if node.type == "Dataset" else _TITLE
            self._add(title, TextEditor(title), self._set_title)
        for entry in shown.fields:
            worked_out = entry.name in shown.worked_out
            editor: Editor = (
                DatasetEditor(entry, self.session)
                if entry.kind == "dataset"
                else editor_for(entry, worked_out=worked_out)
            )
            self._add(entry, editor, self._setter(entry.name), exposable=bool(shown.where))
        if node.block:
            repeat = plain_field("\0repeat", "Repeat", "How many times the block is chained.", 1, least=1)
            self._add(repeat, editor_for(repeat), self._set_repeat)
        if shown.copies:
            self._add_shares(shown)
        if node.linked_to:
            self.rows.addWidget(Label(f"Its fields are those of {node.linked_to}.", "small", wrap=True))
        for fold in self.folds.values():
            self.rows.addWidget(fold)
        if node.block:
            buttons = InstanceButtons(self.session, node, shared=shown.shared)
            buttons.entered.connect(self.entered)
            buttons.parted.connect(self.parted)
            self.rows.addWidget(buttons)
        self._about = Keyed()
        self.rows.addWidget(self._samples)
        self.rows.addWidget(self._about)

    def _add_shares(self, shown: Shown) -> None:
        items: list[tuple[object, str]] = [("", _OWN), *((id, f"of {id}") for id in shown.shares)]
        entry = Field(
            "\0shares",
            "Weights",
            "Own weights, or those of another node.",
            "",
            "choice",
            (),
            None,
            None,
            False,
            False,
        )
        self._add(entry, ChoiceEditor(entry, items), self._set_owner)

    def _add(
        self, entry: Field, editor: Editor, slot: Callable[[Value], None], *, exposable: bool = False
    ) -> None:
        self.editors[entry.name] = editor
        rows = self._form
        if entry.section:
            rows = self.folds.setdefault(entry.section, FoldedRows(entry.section, 104)).rows
        rows.add(entry.label, self._with_button(entry, editor) if exposable else editor, entry.help)
        editor.changed.connect(slot)
        editor.drafted.connect(lambda text: self._keep_draft(entry.name, text))

    def _with_button(self, entry: Field, editor: Editor) -> QWidget:
        """An editor with the button that makes the field a parameter of the block, or no longer."""
        assert self._shown is not None
        name = dict(self._shown.exposed).get(entry.name, "")
        text = f"Let go of the parameter {name}" if name else f"Expose {entry.label}"
        tip = (
            f"{entry.label} is the parameter {name} of the block; click to give it a value of its own again"
            if name
            else f"Make {entry.label} a parameter of the block, for each instance to set"
        )
        button = IconButton("minus" if name else "export", text, tip)
        button.clicked.connect(lambda: self._expose(entry, name))
        self.exposers[entry.name] = button
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(editor, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        line.setFocusProxy(editor)
        return line

    def _show_problems(self, id: str) -> None:
        assert self._know is not None
        found = [problem for problem in self._know.analysis.problems if self._know.marked(problem) == id]
        self._problems.show_key(
            tuple(found), lambda: [ProblemBox(problem, self.mended.emit) for problem in found]
        )

    def _show_about(self, node: Node) -> None:
        assert self._know is not None
        scope = self._know.scope()
        info: NodeInfo | None = scope.infos.get(node.id) if scope else None
        rows = figures(info)
        if node.block:
            rows.append(("Used", plural(uses(self._know.document, node.block), "time")))
        cls = node_types().get(node.type)

        def build() -> list[QWidget]:
            made: list[QWidget] = []
            if rows:
                made += [section("Shapes"), figure_rows(rows)]
            if cls is not None:
                made += [section("About"), help_page(page_of(cls).about), self._help_button()]
            return made

        self._about.show_key((node.type, tuple(rows)), build)

    def _help_button(self) -> QWidget:
        button = Button("Help on the node", tooltip("node_help"), icon="info")
        button.clicked.connect(lambda: self.session.actions.get("node_help").trigger())
        return button

    # ------------------------------------------------------------- editing

    def _keep_draft(self, name: str, text: str) -> None:
        if self._shown is None:
            return
        key = (self._shown.where, self._shown.id, name)
        if text:
            self.drafts[key] = text
        else:
            self.drafts.pop(key, None)

    def _open_drafts(self) -> list[Draft]:
        """Those of fields that can still be seen and mended; a name is no value that training could miss."""
        document, know = self.session.document, self._know
        graphs = {"": document.graph, **{name: block.graph for name, block in document.blocks.items()}}
        found = []
        for (where, id, name), text in self.drafts.items():
            node = graphs[where].nodes.get(id) if where in graphs else None
            if node is None or know is None or node.linked_to:
                continue
            fields = shown_of(node, know).fields
            values = {entry.name: node.params.get(entry.name, entry.default) for entry in fields}
            if name in values and name not in unused(values):
                found.append((f"{name} of {id}", text))
        return found

    def _do(self, edit: Edit) -> None:
        self.session.do(edit)

    def _setter(self, name: str) -> Callable[[Value], None]:
        def set_value(value: Value) -> None:
            assert self._shown is not None
            id, where = self._shown.id, self._shown.where
            # Linked copies need the weights of their owner, so they follow its fields.
            copies = [node.id for node in self._graph.nodes.values() if node.linked_to == id]
            edits: list[Edit] = [SetParam(other, name, value, where) for other in (id, *copies)]
            self._do(edits[0] if len(edits) == 1 else Several(edits[0].label, tuple(edits)))

        return set_value

    def _rename(self, value: Value) -> None:
        assert self._shown is not None
        id, where, name = self._shown.id, self._shown.where, str(value)
        try:
            edit = renaming(self.session.document, where, id, name)
            edit.apply(self.session.document)
        except EditError as error:
            self._refuse(_NAME.name, name, str(error))
            return
        for key in [key for key in self.drafts if key[:2] == (where, id)]:
            del self.drafts[key]
        if self.session.do(edit):
            self.renamed.emit(name)

    def _rename_block(self, value: Value) -> None:
        assert self._shown is not None
        node = self._graph.nodes[self._shown.id]
        edit = RenameBlock(node.block, str(value))
        try:
            edit.apply(self.session.document)
        except EditError as error:
            self._refuse(_BLOCK.name, str(value), str(error))
            return
        self._do(edit)

    def _refuse(self, field: str, text: str, reason: str) -> None:
        """Keep a name that was typed and say why it will not do."""
        self._keep_draft(field, text)
        editor = self.editors[field]
        assert isinstance(editor, TextEditor)
        editor.refuse(reason)

    def _expose(self, entry: Field, name: str) -> None:
        assert self._shown is not None
        document, where = self.session.document, self._shown.where
        node = self._graph.nodes[self._shown.id]
        try:
            edit = (
                conceal(document, where, node, entry.name, name)
                if name
                else expose(document, where, node, entry)
            )
        except EditError as error:
            self.session.message.emit(str(error), "warning")
            return
        self._do(edit)

    def _set_title(self, value: Value) -> None:
        if self._shown is not None:
            self._do(SetTitle(self._shown.id, str(value), self._shown.where))

    def _set_repeat(self, value: Value) -> None:
        if self._shown is not None:
            self._do(SetRepeat(self._shown.id, value, self._shown.where))

    def _set_owner(self, value: Value) -> None:
        if self._shown is None:
            return
        id, where, owner = self._shown.id, self._shown.where, str(value)
        edits: list[Edit] = [SetLinkedTo(id, owner, where)]
        if owner:
            params: Mapping[str, Value] = self._graph.nodes[owner].params
            edits += [SetParam(id, name, given, where) for name, given in params.items()]
        self._do(edits[0] if len(edits) == 1 else Several(edits[0].label, tuple(edits)))


def _title(node: Node) -> str:
    cls = node_types().get(node.type)
    return cls.title if cls else node.type
