"""Every page of Inspect passes the rules of the UI audit."""

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.audit import RULES
from tests.gui.inspect.conftest import ANSWERS, WAIT, Fake, png
from workbench.gui.inspect.view import PAGES, InspectView
from workbench.gui.taborder import put_in_order

BINS = {"edges": [-1, 0, 1], "counts": [3, 4], "mean": 0.25, "std": 1.5, "odd": 0}
WORDS = ["the", "cat"]
CAN = (
    "evaluate samples predict draw type row grad_cam integrated_gradients occlusion lime shap feature_maps filters "
    "activation_maximisation attention embedding distributions generate generate_pictures"
)
MORE = {
    "about": {**ANSWERS["about"], "can": CAN.split(), "columns": ["petal length"]},
    "predict": {"items": [{"name": "seven.png", "top": [["seven", 0.7], ["one", 0.2]]}]},
    "saliency": {"name": "one", "probability": 0.75, "said": "They add up to 2.5.", "overlay": {"png": png()}},
    "feature_maps": {"shape": [6, 8, 8], "kind": "maps", "maps": [{"channel": 0, "png": png()}] * 6},
    "attention": {"layers": [{"path": "a", "rows": WORDS, "columns": WORDS, "heads": [[[1, 0], [0, 1]]] * 2}]},
    "embedding": {
        "points": [[0, 0], [1, 1]], "indices": [0, 1], "targets": [0, 1], "predicted": [0, 1],
        "classes": ["zero", "one", "two"], "said": "They show 40% of it.",
    },
    "distributions": {"layers": [{"path": "conv1", "weights": BINS, "gradients": BINS}], "examples": 32},
    "generate": {"text": "and so on"},
    "generate_pictures": {"pictures": [{"png": png()}] * 4},
}  # fmt: skip


def test_every_page_passes(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    fake.answers |= MORE
    view.resize(1207, 648)  # what a window of 1280 × 720 leaves
    view.choose(1)
    qtbot.waitUntil(lambda: view.subject is not None, timeout=WAIT)
    found = []
    for cls in PAGES:
        page = view.pages[cls.title]
        view.tabs.setCurrentWidget(page)
        while page.is_busy:
            QApplication.processEvents()
        QApplication.processEvents()
        put_in_order(view)
        found += [f"{cls.title}: {rule}: {each}" for rule, check in RULES.items() for each in check(view)]
    assert not found, "\n".join(found)
