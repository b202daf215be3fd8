"""Rows of a form under a heading that folds: fields that few people need. Imports Qt and widgets."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import FormRows


class FoldedRows(QWidget):
    """A heading that unfolds its `rows`; they open by themselves while one of their values is not the default."""

    def __init__(self, title: str, label_width: int) -> None:
        super().__init__()
        self.title = title
        self.head = Button(title, "", kind="fold", icon="chevron-right")
        self.head.setCheckable(True)
        self.head.toggled.connect(self._on_toggled)
        self.rows = FormRows(label_width)
        self._by_hand = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.GRID)
        column.addWidget(self.head, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.rows)
        self.head.clicked.connect(self._on_clicked)
        self._on_toggled(False)

    def unfold(self) -> None:
        """Show the rows, as when one of them is asked for."""
        self._by_hand = True
        self.head.setChecked(True)

    def show_changed(self, changed: bool) -> None:
        """Say whether a value is not the default; what was folded or unfolded by hand stays so."""
        if not self._by_hand:
            self.head.setChecked(changed)

    def _on_clicked(self) -> None:
        self._by_hand = True

    def _on_toggled(self, open: bool) -> None:
        self.rows.setVisible(open)
        theme.set_icon(self.head, "chevron-down" if open else "chevron-right", "text")
        self.head.setToolTip(f"{'Hide' if open else 'Show'} the fields of {self.title.lower()}")
