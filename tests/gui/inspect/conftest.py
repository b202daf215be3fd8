"""A model service that answers at once, without a process, and a view with a run to look into."""

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from workbench.gui import theme
from workbench.gui.inspect.service import Answer, ModelService, Question, _nothing
from workbench.gui.inspect.view import InspectView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.store_thread import News
from workbench.store.records import RunRecord, State, Summary

WAIT = 5_000
CLASSES = ["zero", "one", "two"]
CONFUSION = [[8, 1, 1], [0, 9, 0], [2, 0, 8]]


def png(shade: int = 128, side: int = 8) -> str:
    data = io.BytesIO()
    Image.new("L", (side, side), shade).save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def item(index: int) -> dict[str, Any]:
    return {
        "place": index,
        "split": "test",
        "label": CLASSES[index % 3],
        "parts": [{"name": "image", "kind": "image", "png": png(20 * index % 255)}],
    }


class Fake(ModelService):
    """Answers from `answers`: a dict, a function of the request, or a str, which is a refusal; None waits."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.requests: list[dict[str, Any]] = []
        self.cancelled: list[int] = []
        self.answers: dict[str, Any] = dict(ANSWERS)

    def ask(
        self,
        request: Mapping[str, Any],
        answered: Callable[[Answer], object],
        refused: Callable[[str], object],
        advanced: Callable[[int, int], object] = _nothing,
    ) -> Question:
        question = Question(len(self.requests) + 1, dict(request), answered, refused, advanced)
        self.requests.append(dict(request))
        self._waiting[question.id] = question
        QTimer.singleShot(0, self, lambda: self._answer(question))
        return question

    def _answer(self, question: Question) -> None:
        found = self.answers.get(str(question.request["do"]), "The service does not know that.")
        answer = found(question.request) if callable(found) else found
        if question.id not in self._waiting or answer is None:
            return
        if isinstance(answer, str):
            self._on_said({"id": question.id, "error": answer})
        else:
            self._on_said({"id": question.id, "result": answer})

    def cancel(self, question: Question | None) -> None:
        if question is not None and self._waiting.pop(question.id, None) is not None:
            self.cancelled.append(question.id)

    def asked(self, do: str) -> list[dict[str, Any]]:
        return [request for request in self.requests if request["do"] == do]


def samples(request: Mapping[str, Any]) -> dict[str, Any]:
    """Sample 0 is right, the others are wrong; of one cell there are as many as the matrix says."""
    only = request.get("only") or {}
    count = CONFUSION[only["target"]][only["predicted"]] if len(only) == 2 else 29
    first = int(request.get("offset", 0))
    places = request.get("indices") or range(first, min(count, first + int(request.get("count", 1))))
    return {
        "count": count,
        "items": [
            {
                "index": place,
                "item": item(place),
                "target": only.get("target", place % 3),
                "predicted": only.get("predicted", 0),
                "probability": 0.9,
                "loss": 0.5 + place,
            }
            for place in places
        ],
    }


ANSWERS: dict[str, Any] = {
    "about": {
        "said": "Best weights, epoch 3",
        "splits": {"train": 90, "validation": 30, "test": 29},
        "inputs": [{"name": "digits.image", "kind": "float", "shape": ["N", 1, 8, 8]}],
        "outputs": [{"name": "linear3", "kind": "classes", "classes": CLASSES}],
        "layers": [
            {"path": "conv1", "type": "Conv2d", "label": "conv1", "shape": ["N", 6, 8, 8], "kind": "layer"},
            {"path": "linear3", "type": "Linear", "label": "linear3", "shape": ["N", 3], "kind": "layer"},
        ],
        "checkpoints": ["best", "last"],
        "can": ["evaluate", "samples"],
    },
    "evaluate": {
        "kind": "classes",
        "count": 29,
        "loss": 0.21,
        "accuracy": 25 / 29,
        "classes": CLASSES,
        "confusion": CONFUSION,
        "table": [{"precision": 0.8, "recall": 0.8, "f1": 0.8, "support": 10}] * 3,
        "calibration": {
            "ece": 0.05,
            "bins": [
                {"low": 0.8, "high": 0.9, "count": 9, "confidence": 0.85, "accuracy": 0.7},
                {"low": 0.9, "high": 1.0, "count": 20, "confidence": 0.97, "accuracy": 0.95},
                {"low": 0.0, "high": 0.1, "count": 0, "confidence": None, "accuracy": None},
            ],
        },
        "roc": [
            {"class": place, "x": [0, 0.1, 1], "y": [0, 0.9, 1], "area": 0.9 + place / 100}
            for place in range(3)
        ],
        "pr": [{"class": place, "x": [0, 0.5, 1], "y": [1, 0.9, 0.4], "area": 0.8} for place in range(3)],
    },
    "samples": samples,
}


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    """Has heard of two runs that have weights and of one that has none; no workspace stands behind it."""
    theme.apply(qapp, "dark")
    made = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    tell(made, run(3, "nothing", "failed", 0), run(2, "mlp"), run(1, "lenet5"))
    yield made
    delete(made)  # else its actions would listen for as long as the tests last


def run(id: int, name: str, state: State = "completed", epoch: int = 3) -> RunRecord:
    return RunRecord(
        id, name, name, state, cause="", device="auto", used_device="cpu", seed=0, created=1.0, started=1.0, ended=2.0,
        epoch=epoch, epochs=3, step=epoch, steps=3, parameters=61706, dataset="digits", request="", pid=0,
        process_started=0.0, heartbeat=0.0, message="", resumed_from=0,
    )  # fmt: skip


def tell(session: Session, *runs: RunRecord) -> None:
    """The session hears that these are the runs that there are, the newest first."""
    best = Summary("validation/accuracy", 0.9, 3, 0.5, 1, 0.9, 3, 3, "Accuracy")
    summaries = {each.id: {best.metric: best} for each in runs if each.epoch}
    session._on_news(News(list(runs), summaries, [], [], frozenset(each.id for each in runs)))


@pytest.fixture
def fake(session: Session) -> Fake:
    return Fake(session)


@pytest.fixture
def view(qtbot: QtBot, fake: Fake, session: Session) -> InspectView:
    made = InspectView(session)
    qtbot.addWidget(made)
    made.resize(1200, 640)
    with qtbot.waitExposed(made):
        made.show()
    return made
