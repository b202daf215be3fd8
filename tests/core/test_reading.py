"""Every damaged, strange or huge text of a model is a model or is refused in words that name the place."""

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.core.test_files import model
from workbench.core import reading
from workbench.core.errors import DocumentError
from workbench.core.files import dumps, loads

DATA: dict[str, Any] = json.loads(dumps(model()))


def refusal(text: str) -> str:
    with pytest.raises(DocumentError) as caught:
        loads(text, "model.json")
    message = str(caught.value)
    assert message.startswith("model.json") and message.endswith(".") and message.isprintable()
    assert len(message) < 400
    return message


def changed(*path: str | int, to: Any) -> str:
    """The model's file with one place changed."""
    data = copy.deepcopy(DATA)
    place: Any = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(data)


def test_a_newer_format_is_left_alone_and_an_older_one_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "has format 4, this Workbench reads up to 3" in refusal(changed("format", to=4))
    monkeypatch.setattr(reading, "FORMAT", 4)
    monkeypatch.setitem(reading.UPGRADES, 3, lambda data: {**data, "format": 4, "name": data["name"].upper()})
    assert loads(dumps(model()).replace('"format": 2', '"format": 1')).name == "A MODEL"


LONG = "x" * 100_001
BAD = [
    ("", "line 1, column 1: not valid JSON"),
    (dumps(model())[:500], "not valid JSON"),
    ('{"format": 1,}', "line 1, column 14"),
    ("[1]", "no “format” number"),
    ('{"name": "x"}', "no “format” number"),
    ("null", "no “format” number"),
    ('{"format": 1, "name": NaN}', "NaN is not a number"),
    ('{"format": 1, "variables": {"a": -Infinity}}', "-Infinity is not a number"),
    ('{"format": 1, "variables": {"a": 1e999}}', "variables, a: inf is not a number"),
    ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    ('{"format": 1, "variables": {"a": ' + "9" * 5000 + "}}", "thousands of digits"),
    ('{"format": 1, "variables": {"a": ' + "9" * 4000 + "}}", "variables, a: the number is too large"),
    ('{"format": ' + "9" * 4000 + "}", "has format 9999"),
    ('{"format": 1, "name": "a", "name": "b"}', "“name” twice in one place"),
    (changed("format", to=0), "format: 0 is not a format number"),
    (changed("format", to=True), "format: True is not a format number"),
    (changed("format", to="1"), "format: 1 is not a format number"),
    (changed("name", to=3), "name: a text is expected"),
    (changed("name", to=LONG), "name: the text has 100,001 characters; 100,000 are allowed"),
    (changed("name", to="a\ud800"), "name: the text holds U+D800"),
    (changed("extra", to=1), "the file: “extra” is not known here"),
    (changed("variables", to=[1]), "variables: an object"),
    (changed("variables", to={"a b": 1}), "variables: “a b” cannot be a name"),
    (changed("variables", to={"a": {}}), "variables, a: a number, text or list"),
    (changed("variables", to={"a": [[1]]}), "variables, a: a list holds numbers or texts only"),
    (changed("graph", to=None), "graph: an object"),
    (changed("graph", "nodes", to={}), "nodes: a list"),
    (changed("graph", "nodes", 1, to=7), "node 2: an object"),
    (changed("graph", "nodes", 1, "id", to=None), "node 2, id: a text"),
    (changed("graph", "nodes", 1, "id", to="digits"), "node 2: there are two nodes “digits”"),
    (changed("graph", "nodes", 1, "id", to="A b"), "node “A b”: “A b” cannot name a node"),
    (changed("graph", "nodes", 1, "id", to="import"), "cannot name a node"),
    (
        changed("graph", "nodes", 1, "type", to="Linear"),
        "node “tower”: it needs either a “type” or a “block”",
    ),
    (changed("graph", "nodes", 0, "type", to=""), "node “digits”: it needs either"),
    (changed("graph", "nodes", 0, "colour", to="red"), "node “digits”: “colour” is not known here"),
    (changed("graph", "nodes", 0, "at", to=[1]), "node “digits”, at: a position is two numbers"),
    (changed("graph", "nodes", 0, "at", to=[1, "2"]), "node “digits”, at"),
    (changed("graph", "nodes", 0, "at", to=[1, 1e15]), "node “digits”, at"),
    (changed("graph", "nodes", 0, "params", to=[]), "node “digits”, params: an object"),
    (changed("graph", "nodes", 0, "params", to={"a": {"b": 1}}), "node “digits”, params, a:"),
    (changed("graph", "nodes", 0, "title", to=1), "node “digits”, title: a text"),
    (changed("graph", "nodes", 2, "linked_to", to=1), "node “again”, linked_to: a text"),
    (changed("graph", "nodes", 1, "repeat", to={}), "node “tower”, repeat:"),
    (changed("graph", "links", to="x"), "links: a list"),
    (changed("graph", "links", 0, to="a.b"), "link 1: a link is a pair of ports"),
    (changed("graph", "links", 0, to=["a", "b"]), "link 1: “a” is not a port"),
    (changed("graph", "links", 0, to=["digits.image"]), "link 1: a link is a pair"),
    (
        changed("graph", "links", 0, to=["gone.y", "conv.x"]),
        "link 1: it names node “gone”, which does not exist",
    ),
    (changed("graph", "links", 0, to=["digits.a b", "conv.x"]), "link 1: “a b” is not the name of an input"),
    (
        changed("graph", "links", 1, to=["digits.image", "conv.x"]),
        "link 2: input conv.x already has a link from",
    ),
    (changed("blocks", to=[]), "blocks: an object"),
    (changed("blocks", "Tower", to=1), "block Tower: an object"),
    (changed("blocks", "x): pass", to={}), "blocks: “x): pass” cannot be a name"),
    (
        changed("blocks", "Tower", "params", to={"x): pass": 1}),
        "block Tower, params: “x): pass” cannot be a name",
    ),
    (changed("blocks", "Tower", "graph", "nodes", 1, "at", to=3), "node “fc”, at: a position is two numbers"),
    (changed("blocks", "Tower", "graph", "links", 0, to=["gone.y", "fc.x"]), "block Tower, link 1"),
    (changed("training", to=[]), "training: an object"),
    (changed("training", "epochs", to=5), "training: “epochs” is not known here"),
    (changed("training", "updates", to={}), "updates: a list"),
    (changed("training", "updates", 0, to=1), "update 1: an object"),
    (changed("training", "updates", 0, "name", to="two"), "two updates are named “two”"),
    (changed("training", "updates", 0, "name", to="a b"), "update 1, name: “a b” cannot name an update"),
    (changed("training", "updates", 0, "train", to="tower"), "update 1, train: a list"),
    (changed("training", "updates", 0, "train", to=[1]), "update 1, train: a text"),
    (changed("training", "updates", 0, "every", to=0), "update 1, every: 0 is not a whole number"),
    (changed("training", "updates", 0, "every", to=1.5), "update 1, every: 1.5 is not a whole number"),
    (changed("training", "updates", 0, "clip", to=-1), "update 1, clip: -1 is not a number"),
    (changed("training", "updates", 0, "clip", to="x"), "update 1, clip"),
]


@pytest.mark.parametrize(("text", "said"), BAD, ids=lambda value: str(value)[:40])
def test_refusals_name_the_place(text: str, said: str) -> None:
    start = time.process_time()
    assert said in refusal(text)
    assert time.process_time() - start < 5


LEAVES: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=10)
    | st.sampled_from(
        [LONG, "\ud800", 10**40, 1e308, "= a", "conv.y", [], {}, [[]], [None], {"x": [{}]}, "class"]
    )
)


def places(data: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in some JSON, as the steps that lead there."""
    found = [path] if path else []
    if isinstance(data, dict):
        inner: list[tuple[str | int, Any]] = list(data.items())
    else:
        inner = list(enumerate(data)) if isinstance(data, list) else []
    for step, value in inner:
        found += places(value, (*path, step))
    return found


PLACES = places(DATA)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), LEAVES | st.just("remove")), min_size=1, max_size=3))
def test_a_damaged_file_is_refused_or_is_a_model(damage: list[tuple[tuple[str | int, ...], Any]]) -> None:
    """Wrong types at every place: a DocumentError or a document that can be written again, never anything else."""
    data = copy.deepcopy(DATA)
    for path, value in damage:
        place: Any = data
        for step in path[:-1]:
            place = place[step] if _has(place, step) else None
        if _has(place, path[-1]):
            if value == "remove":
                del place[path[-1]]
            else:
                place[path[-1]] = value
    _loads_or_refuses(json.dumps(data))


def _has(place: Any, step: str | int) -> bool:
    if isinstance(place, dict):
        return step in place
    return isinstance(place, list) and isinstance(step, int) and step < len(place)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
@example('{"format": 1, "graph": {"nodes": [{"id": "a", "type": "\\ud800"}]}}')
def test_any_text_is_refused_or_is_a_model(text: str) -> None:
    _loads_or_refuses(text)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(dumps(model()))), st.integers(0, 40), st.text(max_size=4))
def test_a_file_with_a_hole_is_refused_or_is_a_model(start: int, length: int, instead: str) -> None:
    text = dumps(model())
    _loads_or_refuses(text[:start] + instead + text[start + length :])


def _loads_or_refuses(text: str) -> None:
    try:
        document = loads(text, "f")
    except DocumentError as error:
        message = str(error)
    else:
        message = ""
        written = dumps(document)
        written.encode()
        assert loads(written) == document and dumps(loads(written)) == written
    assert not message or message.startswith("f")


def test_a_file_of_very_many_updates_is_read_in_time() -> None:
    updates = [{"name": f"u{number}"} for number in range(20_000)]
    began = time.process_time()
    assert len(loads(json.dumps({"format": 2, "training": {"updates": updates}})).training.updates) == 20_000
    assert time.process_time() - began < 4
