"""What is known of a dataset without opening it: its facts and figures.  Imports Qt, session and shared widgets."""

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from workbench.gui import text
from workbench.gui.data.charts import Figures
from workbench.gui.session import Session
from workbench.gui.widgets.fields import FormRows
from workbench.gui.widgets.labels import Label


class FactsPage(QScrollArea):
    """The facts of one dataset."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.title = Label("", "title")
        self.rows = FormRows()
        self.figures = Figures()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 20, 24, 20)
        column.addWidget(self.title)
        column.addWidget(self.rows)
        column.addWidget(self.figures)
        column.addStretch(1)
        self.setWidget(page)

    def show_dataset(self, id: str) -> None:
        """Show this one."""
        schema = self._session.schemas[id]
        self.title.setText(schema.title)
        self.rows.clear()
        self.rows.add_value("Items", text.whole(schema.items))
        for name, value in schema.facts.items():
            self.rows.add_value(name, f"{value:,}")
        record = next((record for record in self._session.datasets if record.id == id), None)
        figures = record.details.get("figures") if record is not None else ()
        self.figures.show_figures(figures or ())
