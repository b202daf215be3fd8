"""The page Explain, and that the same sample is looked at on all pages."""

from collections.abc import Mapping
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.gui.inspect.conftest import ANSWERS, WAIT, Fake, png
from workbench.gui.inspect.explain import ExplainPage, MethodCard
from workbench.gui.inspect.heat import SignedBars, StepHeat, TokenHeat, shares
from workbench.gui.inspect.page import Subject
from workbench.gui.inspect.view import InspectView
from workbench.gui.widgets.media_pictures import ImageView

LEFT = Qt.MouseButton.LeftButton
PICTURE = {"kind": "picture", "target": 1, "name": "one", "probability": 0.75, "said": "They add up."}


def saliency(request: Mapping[str, Any]) -> Any:
    if request["method"] == "shap":
        return "There are too many areas."
    return {**PICTURE, "method": request["method"], "overlay": {"png": png()}}


@pytest.fixture
def page(qtbot: QtBot, view: InspectView, fake: Fake) -> ExplainPage:
    fake.answers["about"] = {
        **ANSWERS["about"],
        "can": ["evaluate", "samples", "grad_cam", "integrated_gradients", "shap"],
    }
    fake.answers["saliency"] = saliency
    view.choose(1)
    qtbot.waitUntil(lambda: "Explain" in view.pages, timeout=WAIT)
    made = view.pages["Explain"]
    assert isinstance(made, ExplainPage)
    return made


def asked(fake: Fake) -> list[tuple[str, int, object]]:
    return [(each["method"], each["sample"]["index"], each.get("target")) for each in fake.asked("saliency")]


def test_methods_stand_side_by_side_for_a_sample_and_an_answer(
    qtbot: QtBot, view: InspectView, page: ExplainPage, fake: Fake
) -> None:
    assert not fake.asked("saliency"), "nobody has looked at the page yet"
    view.tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: all(card.answer for card in page.cards.values()), timeout=WAIT)
    assert asked(fake) == [("grad_cam", 0, None), ("integrated_gradients", 0, None)]
    card = page.cards["grad_cam"]
    assert card.findChild(ImageView) is not None and card.said.text() == "They add up."
    assert card.target.full_text() == "one · 75.0% sure"
    qtbot.waitUntil(lambda: page.verdict.text().startswith("sample 1\ntrue: zero"), timeout=WAIT)
    QTest.mouseClick(page.bar.on, LEFT)
    assert asked(fake)[-1] == ("integrated_gradients", 1, None)
    page.target.setFocus()
    QTest.keyClick(page.target, Qt.Key.Key_Down)
    assert asked(fake)[-1] == ("integrated_gradients", 1, 0)
    assert page.boxes["occlusion"].isHidden()
    page.boxes["shap"].setChecked(True)
    qtbot.waitUntil(lambda: page.cards["shap"].said.text() == "There are too many areas.", timeout=WAIT)
    page.boxes["shap"].setChecked(False)
    assert list(page.cards) == ["grad_cam", "integrated_gradients"] and len(page.flow.widgets) == 2


def test_a_sample_of_the_errors_is_explained_and_stays_the_one_in_view(
    qtbot: QtBot, view: InspectView, page: ExplainPage, fake: Fake
) -> None:
    errors: Any = view.pages["Errors"]
    qtbot.waitUntil(lambda: errors.samples.grid.model.rowCount() == 29, timeout=WAIT)
    errors.samples.grid.choose(7)
    QTest.mouseClick(errors.samples.buttons["Explain"], LEFT)
    assert view.tabs.currentWidget() is page and page.bar.number.value() == 8
    qtbot.waitUntil(
        lambda: asked(fake) == [("grad_cam", 7, None), ("integrated_gradients", 7, None)], timeout=WAIT
    )
    view.tabs.setCurrentWidget(errors)
    view.tabs.setCurrentWidget(page)
    assert page.bar.number.value() == 8 and len(asked(fake)) == 2, "nothing is asked twice"


def test_a_sample_that_cannot_be_read_leaves_nothing_of_the_one_before(
    qtbot: QtBot, view: InspectView, page: ExplainPage, fake: Fake
) -> None:
    view.tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: page.verdict.text() != "" and not page.is_busy, timeout=WAIT)
    fake.answers |= {"samples": "Sample 2 is damaged.", "saliency": "There is no more memory."}
    page.bar.number.setValue(2)
    qtbot.waitUntil(lambda: not page.is_busy, timeout=WAIT)
    assert (page.verdict.text(), page.row) == ("", {}) and page.trouble.text() == "Sample 2 is damaged."
    page.work.cancelled.emit()
    assert page.cards["grad_cam"].said.text() == "There is no more memory.", "it was not stopped"


@pytest.mark.parametrize(
    ("answer", "widget"),
    [
        ({"tokens": ["a", "good", "film"], "weights": [0.1, 2.0, None]}, TokenHeat),
        ({"names": ["age", "income"], "weights": [-1.0, 0.5]}, SignedBars),
        ({"weights": [0.0, 1.0, -1.0]}, StepHeat),
    ],
    ids=["tokens", "columns", "steps"],
)
def test_each_kind_of_data_has_its_own_picture(
    qtbot: QtBot, view: InspectView, page: ExplainPage, fake: Fake, answer: dict[str, Any], widget: type
) -> None:
    fake.answers["saliency"] = {**PICTURE, **answer}
    view.tabs.setCurrentWidget(page)
    qtbot.waitUntil(lambda: all(card.answer for card in page.cards.values()), timeout=WAIT)
    assert page.cards["grad_cam"].findChild(widget) is not None
    assert not page.cards["grad_cam"].grab().isNull()


def test_of_numbers_a_column_is_explained_and_no_class(qtbot: QtBot, page: ExplainPage) -> None:
    for columns, seen in ((["level", "slope"], True), (["level"], False)):
        outputs = [{"name": "fc", "kind": "numbers", "classes": columns}]
        page.take(Subject(1, "best", {"outputs": outputs}))
        assert [page.target.itemText(place) for place in range(page.target.count())] == columns
        assert page.target.isHidden() is not seen


def test_a_short_text_takes_little_room(qtbot: QtBot) -> None:
    short, long = (TokenHeat(["word "] * many, [0.1] * many) for many in (6, 400))
    for heat in (short, long):
        qtbot.addWidget(heat)
    assert short.height() < 60 < long.height() <= 200


def test_an_answer_of_a_blank_is_made_visible(qtbot: QtBot) -> None:
    card = MethodCard("Occlusion", "What is covered")
    qtbot.addWidget(card)
    for name, said in ((" ", "␣ · 75.0% sure"), ("", "75.0% sure"), ("one", "one · 75.0% sure")):
        card.show_answer({**PICTURE, "name": name, "overlay": {"png": png()}}, None)
        assert card.target.full_text() == said


def test_weights_are_shares_of_the_largest_and_no_number_is_none() -> None:
    assert shares([2.0, -4.0, None, float("nan")]) == [0.5, -1.0, 0.0, 0.0]
    assert shares([0.0, 0.0]) == [0.0, 0.0] and shares([]) == []
