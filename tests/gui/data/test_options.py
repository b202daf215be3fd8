"""The form of a reader's options: every kind of option, what was understood, what a person says."""

from typing import Any

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.gui.data.options import MOST_COLUMNS, ChoiceField, OptionsForm, TypedField, said


def option(name: str, kind: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": name,
        "label": name.capitalize(),
        "help": f"{name}.",
        "kind": kind,
        "default": None,
        "choices": [],
    }
    return {**plain, **more}


@pytest.fixture
def form(qtbot: QtBot) -> OptionsForm:
    made = OptionsForm()
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("text", " latin-1 ", "latin-1"),
        ("text", "", None),
        ("number", "5", 5),
        ("number", "0,5", 0.5),
        ("number", "five", None),
        ("share", "20 %", 0.2),
        ("share", "95%", None),
        ("share", "nan", None),
        ("number", "1e999", None),
    ],
)
def test_what_is_typed(form: OptionsForm, kind: str, typed: str, value: object) -> None:
    form.show_options([option("a", kind, **({"min": 0, "max": 0.9} if kind == "share" else {}))], {}, ())
    field = form.fields["a"]
    assert isinstance(field, TypedField)
    QTest.keyClicks(field.field, typed)
    assert field.value() == value and form.values() == ({} if value is None else {"a": value})
    assert bool(form.wrong()) == bool(typed and value is None)


def test_what_is_said_outlives_a_new_reading_and_other_options(form: OptionsForm) -> None:
    options = [option("target", "column"), option("drop", "columns"), option("name", "text")]
    form.show_options(options, {"target": "b"}, ("a", "b"))
    form.fields["target"].show_value("a")
    form.fields["drop"].show_value(["b"])
    form.show_options(options, {"target": "a", "drop": ["b"]}, ("a", "b", "c"))
    assert form.values() == {"target": "a", "drop": ["b"]}
    form.show_options([*options, option("more", "text")], {}, ("a",))
    assert form.values() == {"target": "a", "drop": ["b"]}
    form.clear()
    assert form.values() == {}


def test_very_many_columns_are_typed_instead_of_chosen(form: OptionsForm) -> None:
    options = [option("target", "column"), option("drop", "columns")]
    form.show_options(options, {}, tuple(map(str, range(MOST_COLUMNS + 1))))
    target, drop = form.fields["target"], form.fields["drop"]
    assert isinstance(target, TypedField) and isinstance(drop, TypedField)
    QTest.keyClicks(target.field, "7")
    QTest.keyClicks(drop.field, "8, 9")
    assert form.values() == {"target": "7", "drop": ["8", "9"]}


def test_a_switch_is_yes_no_or_left_to_the_reader(form: OptionsForm) -> None:
    form.show_options([option("header", "switch")], {"header": False}, ())
    field = form.fields["header"]
    assert (
        isinstance(field, ChoiceField) and field.field.currentText() == "No (found)" and field.value() is None
    )
    field.field.setCurrentIndex(1)
    assert form.values() == {"header": True}


def test_values_in_words() -> None:
    assert [said(v) for v in (None, True, ["a", "b"], 0.25, 5, "x")] == ["", "yes", "a, b", "0.25", "5", "x"]


def test_options_are_called_in_sentences_as_they_are_called_in_the_form(form: OptionsForm) -> None:
    kind = option(
        "kind", "choice", label="What it is", choices=[["", "As it looks like"], ["plain", "Pictures"]]
    )
    form.show_options([kind, option("length", "number", label="Longest")], {}, ())
    for sentence, words in (
        ('Choose "plain" for the option "kind".', "Choose “Pictures” for the option “What it is”."),
        ("The option “length” keeps more.", "The option “Longest” keeps more."),
        ('Lower the option "size", a "plain" one.', 'Lower the option "size", a "plain" one.'),
    ):
        assert form.in_words(sentence) == words
