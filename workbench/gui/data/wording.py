"""What readers say and what datasets keep of it, in the words that the forms use.  Standard library and core only."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from workbench.core import text

Option = Mapping[str, Any]
_CHOICE: Final = re.compile(r"[“\"](\w+)[”\"] for the option [“\"](\w+)[”\"]")
_OPTION: Final = re.compile(r"option [“\"](\w+)[”\"](?: or [“\"](\w+)[”\"])?")


def choices_of(option: Option) -> list[tuple[str, str]]:
    """What an option can be: (key, label)."""
    return [(str(key), str(label)) for key, label in option.get("choices") or ()]


def in_words(options: Sequence[Option], sentence: str) -> str:
    """What a reader says, with its options and their choices called as the form calls them."""
    known = {str(option["name"]): option for option in options}

    def choice(found: re.Match[str]) -> str:
        labels = dict(choices_of(known[found[2]])) if found[2] in known else {}
        return f"“{labels.get(found[1], found[1])}” for the option “{found[2]}”"

    def label(found: re.Match[str]) -> str:
        names = [name for name in found.groups() if name]
        if any(name not in known for name in names):
            return found[0]
        return "option " + " or ".join(f"“{known[name]['label']}”" for name in names)

    return _OPTION.sub(label, _CHOICE.sub(choice, sentence))


def options_in_words(options: Sequence[Option], values: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Values of options as (label, value, what it is for), in the order of the form."""
    known = {str(option["name"]): option for option in options}
    names = [*(name for name in known if name in values), *(name for name in values if name not in known)]
    rows = []
    for name in names:
        option = known.get(name, {})
        value = values[name]
        label = dict(choices_of(option)).get(value, "") if isinstance(value, str) else ""
        said = label or text.value(value)
        if said != text.NONE:
            title = str(option.get("label") or name.replace("_", " ").capitalize())
            rows.append((title, said, str(option.get("help") or "")))
    return rows


def renamed(
    figures: Sequence[Mapping[str, Any]], before: Sequence[str], now: Sequence[str]
) -> list[Mapping[str, Any]]:
    """Figures with the names that people gave to classes, instead of those of the files."""
    names = dict(zip(before, now, strict=True)) if len(before) == len(now) else {}
    return [
        {**figure, "names": [names[name] for name in figure["names"]]}
        if figure.get("kind") == "bars" and figure.get("names") and set(figure["names"]) <= names.keys()
        else figure
        for figure in figures
    ]
