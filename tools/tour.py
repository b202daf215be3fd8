"""A residual network from an empty canvas, as a person draws it: every click, key and typed word is counted.

`build` drives the real window; the tests hold it to fewer than 60 interactions, `make shots` takes its pictures.
May import what the window may.
"""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QWidget

from workbench.gui.design.problems import ProblemRow
from workbench.gui.design.view import DesignView

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
Stage = Callable[[str], object]


class Hands:
    """Mouse and keyboard on a Design view; `count` is the number of interactions so far."""

    def __init__(self, view: DesignView) -> None:
        self.view = view
        self.canvas = view.canvas
        self.count = 0

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY, widget: QWidget | None = None) -> None:
        """One key with its modifiers."""
        self.count += 1
        QTest.keyClick(widget or self.canvas, key, modifier)
        self._settle()

    def type(self, field: QWidget, text: str) -> None:
        """One word or number."""
        self.count += 1
        QTest.keyClicks(field, text)

    def add(self, type: str) -> str:
        """Tab, a word, Enter: a node behind the selected one; gives its id."""
        before = set(self.canvas.drawing.nodes)
        self.canvas.setFocus()
        self.key(Qt.Key.Key_Tab)
        self.type(self.view.search.field, type)
        self.key(Qt.Key.Key_Return, widget=self.view.search.field)
        (id,) = set(self.canvas.drawing.nodes) - before
        return id

    def pick(self, title: str) -> str:
        """A double-click on a row of the palette that is in sight: a node behind the selected one; gives its id."""
        before = set(self.canvas.drawing.nodes)
        at = self._row(title)
        self.count += 1
        QTest.mouseClick(self._tree, LEFT, NO_KEY, at)
        QTest.mouseDClick(self._tree, LEFT, NO_KEY, at)
        self._settle()
        (id,) = set(self.canvas.drawing.nodes) - before
        return id

    def unfold(self, family: str) -> None:
        """A click on a family of the palette."""
        self.count += 1
        QTest.mouseClick(self._tree, LEFT, NO_KEY, self._row(family))
        self._settle()

    @property
    def _tree(self) -> QWidget:
        return self.view.palette_panel.tree.viewport()

    def _row(self, title: str) -> QPoint:
        tree = self.view.palette_panel.tree
        rows, flags = tree.model(), Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
        (row,) = rows.match(rows.index(0, 0), Qt.ItemDataRole.DisplayRole, title, 1, flags)
        at = tree.visualRect(row).center()
        if not self._tree.rect().contains(at):
            raise LookupError(f"“{title}” is not in sight")
        return at

    def click(self, id: str, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
        """One click on a node."""
        self.count += 1
        rect = self.canvas.drawing.nodes[id].scene_rect()
        at = self.canvas.mapFromScene(QPointF(rect.center().x(), rect.top() + 12))
        QTest.mouseClick(self.canvas.viewport(), LEFT, modifier, at)
        self._settle()

    def mend(self, node: str, label: str) -> None:
        """One click on the fix of a problem in the list."""
        self.count += 1
        self._press(self._fix(node, label))

    def _fix(self, node: str, label: str) -> QAbstractButton:
        for row in self.view.bottom.findChildren(ProblemRow):
            for button in row.buttons if row.isVisible() and row.problem.node == node else ():
                if button.text().startswith(label):
                    return button
        raise LookupError(f"no problem of {node} offers “{label}”")

    def set(self, label: str, text: str) -> None:
        """A click into a field of the form, a number, Enter."""
        field = next(
            field
            for field in self.view.form.findChildren(QLineEdit)
            if field.isVisible() and field.accessibleName().startswith(label)
        )
        self.count += 1
        QTest.mouseClick(field, LEFT, NO_KEY, QPoint(8, field.height() // 2))
        field.selectAll()
        self.type(field, text)
        self.key(Qt.Key.Key_Return, widget=field)
        self.canvas.setFocus()

    def _press(self, button: QAbstractButton) -> None:
        QTest.mouseClick(button, LEFT)
        self._settle()

    def _settle(self) -> None:
        QApplication.processEvents()
        self.view.session.analyse_now()
        QApplication.processEvents()


def build(hands: Hands, stage: Stage = lambda name: None) -> None:
    """Draws the network; `stage(name)` is called where there is something to look at."""
    control = Qt.KeyboardModifier.ControlModifier
    hands.pick("Dataset")
    hands.pick("Convolution")
    hands.pick("Batch normalisation")
    stem = hands.add("ReLU")
    first = hands.pick("Convolution")
    hands.set("Padding", "1")
    hands.pick("Batch normalisation")
    hands.add("ReLU")
    hands.pick("Convolution")
    hands.set("Padding", "1")
    hands.pick("Batch normalisation")
    shortcut = hands.add("Add")
    hands.add("ReLU")
    stage("chain")
    for conv in [id for id in hands.canvas.drawing.nodes if id.startswith("conv")]:
        hands.mend(conv, "Switch the bias off")
    hands.key(Qt.Key.Key_Home)
    hands.click(stem)
    hands.click(shortcut, control)
    hands.key(Qt.Key.Key_F)
    stage("shortcut")
    hands.click(first)
    hands.key(Qt.Key.Key_BracketRight)
    hands.key(Qt.Key.Key_G, control)
    hands.set("Repeat", "3")
    stage("block")
    hands.add("GlobalAvgPool")
    scores = hands.pick("Linear")
    loss = hands.add("CrossEntropy")
    hands.mend(loss, "Link")
    hands.click(scores)
    accuracy = hands.add("Accuracy")
    hands.mend(accuracy, "Link")
    hands.mend(loss, "Set")
    hands.key(Qt.Key.Key_L, control)
    hands.key(Qt.Key.Key_Home)
    stage("network")
