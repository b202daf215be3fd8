from dataclasses import replace

import pytest

from tests.drawing import block, draw
from workbench.core.definitions import MovePort, adopted
from workbench.core.document import Document
from workbench.core.history import History, PutBack
from workbench.core.sameness import same

BODY = block("a Input\nb Input\nsum Add < a b\ny Output < sum")


@pytest.mark.parametrize(
    "pair", [(1, True), (0, False), (True, 1.0), ((1, 2), (True, 2)), ("1", 1), (None, 0)]
)
def test_what_a_field_takes_for_different_is_not_the_same(pair: tuple[object, object]) -> None:
    one, other = pair
    assert same(one, one) and not same(one, other) and not same(other, one)
    assert not same({"a": (one,)}, {"a": (other,)}) and same({"a": (one,)}, {"a": (one,)})


def test_places_are_the_same_as_whole_numbers_and_as_read_from_a_file() -> None:
    assert same({"at": (0, 24)}, {"at": (0.0, 24.0)}) and not same(1.0, 1.5)


def test_documents_are_the_same_whichever_object_holds_them() -> None:
    one, other = draw("x Input\ny Linear out_features=3 < x"), draw("x Input\ny Linear out_features=3 < x")
    assert one is not other and same(one, other) and same(one, other, ordered=True)
    turned = replace(one, graph=replace(one.graph, nodes=dict(reversed([*one.graph.nodes.items()]))))
    assert same(one, turned) and not same(one, turned, ordered=True)
    assert not same(one, replace(one, name="another"))


def test_a_number_is_put_back_in_place_of_true() -> None:
    history = History(Document(variables={"bias": True}))
    history.do(PutBack(Document(variables={"bias": 1}), "Restore"))
    assert history.document.variables["bias"] is not True and history.undo_label == "Restore"
    history.do(PutBack(Document(variables={"bias": 1}), "Again"))
    assert history.undo_label == "Restore", "nothing was different"


def test_the_order_of_ports_is_put_back() -> None:
    history = History(Document(blocks={"Body": BODY}))
    before = history.document
    history.do(MovePort("Body", "a", 1))
    assert history.document.blocks["Body"].inputs == ("b", "a")
    history.do(PutBack(before, "Restore"))
    assert history.document.blocks["Body"].inputs == ("a", "b")


def test_a_block_that_differs_by_true_or_by_its_ports_keeps_a_name_of_its_own() -> None:
    document = Document(blocks={"Body": replace(BODY, params={"bias": True})})
    assert adopted(document, {"Body": replace(BODY, params={"bias": True})}) == ((), {"Body": "Body"})
    edits, names = adopted(document, {"Body": replace(BODY, params={"bias": 1})})
    assert names == {"Body": "Body2"} and [edit.label for edit in edits] == ["Add block Body2"]
    turned = MovePort("Body", "a", 1).apply(document).blocks["Body"]
    assert adopted(document, {"Body": turned})[1] == {"Body": "Body2"}
