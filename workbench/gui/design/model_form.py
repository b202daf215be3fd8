"""What the right side shows while nothing, several nodes or a link is selected: the form of the model.

Imports Qt, session, catalog's training form, editors, panels and variables.
"""

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.catalog.check import Analysis
from workbench.catalog.forms import Field, fields_of
from workbench.catalog.spec import node_types
from workbench.catalog.training import Settings
from workbench.catalog.updates import total_name
from workbench.core.definitions import RemoveUnused, unused
from workbench.core.descriptions import SetDescription
from workbench.core.document import Document, Port
from workbench.core.edits import Edit, SetName, SetTraining, Several
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.names import check_name
from workbench.core.text import count, plural
from workbench.core.variables import RenameVariable, SetVariable
from workbench.gui.actions import explain
from workbench.gui.design.editors import ChoiceEditor, Editor, editor_for
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.instances import uses
from workbench.gui.design.panels import Column, Keyed, figure_rows, section
from workbench.gui.design.starts import StartEditor
from workbench.gui.design.style import spec_text
from workbench.gui.design.variables import NamedValues
from workbench.gui.session import Session
from workbench.gui.starting import Draft
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import FormRows, TextArea, TextField
from workbench.gui.widgets.labels import ElidedLabel, Label, SectionHeader

_NAMING = "1 to 200 characters"
_ABOUT = "A few words on the model, for people; it stands in the program and on Home too"


class ModelForm(Column):
    """Name, variables, training settings and blocks of the model."""

    entered = Signal(str)
    """A definition is to be opened, by its name."""

    def __init__(self, session: Session) -> None:
        super().__init__("The model")
        self.session = session
        self.editors: dict[str, Editor] = {}
        self._drafts: dict[str, str] = {}
        self.rows.addWidget(SectionHeader("Model"))
        top = FormRows(104)
        self.name = TextField("Name of the model", _NAMING)
        self.name.committed.connect(self._on_named)
        self.name.textChanged.connect(self._on_typed)
        top.add("Name", self.name, "The model's name in lists of models and runs")
        self.rows.addWidget(top)
        self._reason = Label("", "err", wrap=True)
        self._reason.hide()
        self.rows.addWidget(self._reason)
        self.about = TextArea("Description of the model", _ABOUT, "What is it for? What is to be known?", 3)
        self.about.committed.connect(self._on_about)
        self.rows.addWidget(self.about)
        session.leaving.connect(self.about.commit)
        session.model_opened.connect(self._forget)
        session.starter.drafts.append(self._open_drafts)
        self._totals = Keyed()
        self.rows.addWidget(self._totals)
        self.rows.addWidget(section("Training"))
        form = FormRows(104)
        for entry in fields_of(Settings):
            editor = self._editor(entry)
            self.editors[entry.name] = editor
            form.add(entry.label, editor, entry.help)
            editor.changed.connect(self._setter(entry.name))
            editor.drafted.connect(lambda text, name=entry.name: self._drafts.update({name: text}))
        self.rows.addWidget(form)
        self.rows.addWidget(section("Variables"))
        self.variables = NamedValues("variable", check_name)
        self.variables.changed.connect(self._on_variable)
        self.rows.addWidget(self.variables)
        self._blocks = Keyed()
        self.rows.addWidget(self._blocks)

    def _editor(self, entry: Field) -> Editor:
        if entry.name == "weights":
            return StartEditor(entry, self.session)
        return ChoiceEditor(entry, [("", entry.unset)]) if entry.name == "monitor" else editor_for(entry)

    def show_model(self, know: Knowledge) -> None:
        """Show the model as the document and the analysis now say."""
        document, names = know.document, know.analysis.root.names
        if not self._reason.text():
            self.name.show_text(document.name)
        self.about.show_text(document.description)
        for entry in fields_of(Settings):
            editor = self.editors[entry.name]
            if isinstance(editor, ChoiceEditor):
                editor.offer([("", entry.unset), *((name, name) for name in _goals(know.analysis))])
            editor.show_value(document.training.settings.get(entry.name, entry.default), names)
            if draft := self._drafts.get(entry.name):
                editor.show_draft(draft)
        self.variables.show_values(document.variables, names)
        self._show_blocks(document)
        analysis = know.analysis
        rows = [
            ("Nodes", f"{len(document.graph.nodes):,}"),
            ("Parameters", f"{analysis.parameters:,}"),
            ("Multiply-adds", count(analysis.operations)),
        ]
        self._totals.show_key(tuple(rows), lambda: [figure_rows(rows)])

    def _on_named(self, name: str) -> None:
        document, edit = self.session.document, SetName(name)
        try:
            edit.apply(document)
        except EditError as error:
            self.name.refuse(str(error), document.name)
            self._tell(str(error))
            return
        self._tell("")
        self.session.do(edit)

    def _on_typed(self, name: str) -> None:
        if name == self.session.document.name:
            self._tell("")

    def _tell(self, reason: str) -> None:
        """Why the name that was typed will not do."""
        self.name.set_wrong(reason, _NAMING)
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))

    def _on_about(self, text: str) -> None:
        if not self.session.do(SetDescription(text)):
            self.about.show_text(self.session.document.description)

    def _open_drafts(self) -> list[Draft]:
        """What stands in these fields and is no value."""
        found = [(self.editors[name].entry.label, text) for name, text in self._drafts.items() if text]
        return [*found, *self.variables.drafts()]

    def _forget(self) -> None:
        """What was typed and did not fit was meant for the model before."""
        self._drafts.clear()
        self.variables.forget()
        self.name.setModified(False)
        self._tell("")

    def _show_blocks(self, document: Document) -> None:
        """The definitions with how often they are used; those that nothing needs can go."""
        idle = unused(document)
        facts = tuple((name, uses(document, name), name in idle) for name in document.blocks)

        def build() -> list[QWidget]:
            made: list[QWidget] = [section("Blocks")] if facts else []
            made += [self._block_line(*fact) for fact in facts]
            if idle:
                button = Button("Remove unused blocks", f"Remove {', '.join(idle)}", icon="delete")
                button.clicked.connect(lambda: self.session.do(RemoveUnused()))
                made.append(button)
            return made

        self._blocks.show_key(facts, build)

    def _block_line(self, name: str, times: int, idle: bool) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(ElidedLabel(name), 1)
        row.addWidget(Label("unused" if idle else plural(times, "use"), "warn" if idle else "dim"))
        enter = IconButton("enter", f"Open block {name}", f"Go into the drawing of {name}")
        enter.clicked.connect(lambda: self.entered.emit(name))
        row.addWidget(enter)
        return line

    def _setter(self, name: str) -> Callable[[Value], None]:
        def set_value(value: Value) -> None:
            training = self.session.document.training
            self.session.do(SetTraining(replace(training, settings={**training.settings, name: value})))

        return set_value

    def _on_variable(self, old: str, new: str, value: Value) -> None:
        edits: list[Edit] = []
        if old and not new:
            edits.append(SetVariable(old, None))
        elif old and old != new:
            edits.append(RenameVariable(old, new))
        if new and (not old or self.session.document.variables[old] != value):
            edits.append(SetVariable(new, value))
        if edits and not self.session.do(
            edits[0] if len(edits) == 1 else Several(edits[0].label, tuple(edits))
        ):
            self.variables.show_again()


def _goals(analysis: Analysis) -> list[str]:
    """Names of the figures that the best checkpoint can go by: metrics, losses, and the sums of losses."""
    families: dict[str, list[str]] = {"metric": [], "loss": []}
    for id, node in analysis.root.graph.nodes.items():
        cls = node_types().get(node.type)
        if cls is not None and cls.family in families:
            families[cls.family].append(id)
    totals = [total_name(analysis.root, analysis.updates, step) for step in analysis.updates]
    return list(dict.fromkeys([*families["metric"], *families["loss"], *totals]))


class SelectionForm(Column):
    """What can be done with several nodes, or with a link."""

    def __init__(self, actions: Callable[[str], object]) -> None:
        super().__init__("The selection")
        self._head = SectionHeader("")
        self.rows.addWidget(self._head)
        self._facts = Keyed()
        self.rows.addWidget(self._facts)
        self._buttons: dict[str, Button] = {}
        for id, text, tip, icon in (
            ("link_nodes", "Link in this order", "Link the nodes in the order of selection", "link"),
            ("share_weights", "Share weights", "The second node uses the weights of the first", "link"),
            ("make_block", "Make a block", "Turn the nodes into a block", "block"),
            ("duplicate", "Duplicate", "Copy the nodes beside themselves", "duplicate"),
            ("delete", "Delete", "Remove what is selected", "delete"),
        ):
            button = Button(text, tip, icon=icon)
            explain(button, id, tip)
            button.clicked.connect(lambda _=False, id=id: actions(id))
            self._buttons[id] = button
            self.rows.addWidget(button)

    def show_nodes(self, know: Knowledge, ids: list[str]) -> None:
        """Several nodes are selected."""
        self._head.set_text(plural(len(ids), "node"))
        scope = know.scope()
        infos = [scope.infos[id] for id in ids if scope and id in scope.infos]
        graph = know.document.graph_of(know.place.where)
        rows = [
            ("Parameters", f"{sum(info.parameters for info in infos):,}"),
            ("Multiply-adds", count(sum(info.operations for info in infos))),
        ]
        order = " → ".join(ids[:12]) + (" …" if len(ids) > 12 else "")
        self._facts.show_key(
            (order, tuple(rows)), lambda: [Label(order, "dim", wrap=True), figure_rows(rows)]
        )
        kinds = {(graph.nodes[id].type, graph.nodes[id].block) for id in ids}
        self._buttons["share_weights"].setVisible(len(ids) == 2 and len(kinds) == 1)
        for id in ("link_nodes", "make_block", "duplicate"):
            self._buttons[id].setVisible(True)

    def show_link(self, know: Knowledge, target: Port) -> None:
        """A link is selected."""
        source = know.document.graph_of(know.place.where).links[target]
        scope = know.scope()
        info = scope.infos.get(source.node) if scope else None
        spec = info.outputs.get(source.name) if info else None
        self._head.set_text("Link")
        rows = [
            ("From", str(source)),
            ("To", str(target)),
            ("Carries", spec_text(spec, source.name, target.name) if spec else "not known yet"),
        ]
        self._facts.show_key(tuple(rows), lambda: [figure_rows(rows)])
        for id in ("link_nodes", "share_weights", "make_block", "duplicate"):
            self._buttons[id].setVisible(False)
