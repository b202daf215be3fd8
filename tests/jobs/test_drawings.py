"""What differs between the drawings of two runs."""

from dataclasses import replace
from itertools import pairwise

from tests.drawing import CLASSIFIER, draw
from tests.jobs.test_seeds import RUN
from workbench.core.difference_words import words
from workbench.core.document import Document, Graph, Node, Port
from workbench.core.edits import SetParam
from workbench.jobs.drawings import defaults, differences


def test_a_field_at_its_default_is_one_that_is_not_set() -> None:
    one = draw(CLASSIFIER)
    assert defaults("Linear")["bias"] is True and defaults("Unheard") == {}
    assert not differences(RUN, RUN, one, SetParam("fc1", "bias", True).apply(one))
    other = SetParam("fc1", "bias", False).apply(one)
    assert [words(change) for change in differences(RUN, RUN, one, other).changes] == ["fc1: bias yes → no"]
    seeded = draw(CLASSIFIER, seed=1)
    assert [words(change) for change in differences(RUN, RUN, seeded, one).changes] == [
        "training: seed 1 → 0"
    ]
    assert not differences(RUN, RUN, draw(CLASSIFIER, seed=0), one)


def chain(ids: str) -> Document:
    links = {Port(id, "x"): Port(before, "y") for before, id in pairwise(ids)}
    return Document(graph=Graph({id: Node(id, "Linear") for id in ids}, links))


def test_ids_stand_for_the_same_nodes_in_runs_of_one_model_only() -> None:
    one, other = chain("abcd"), chain("defg")
    mine, elsewhere = replace(RUN, model_id=1), replace(RUN, model_id=2)
    assert differences(mine, mine, one, other).matches.nodes[""]["d"] == "d"
    laid = {"a": "d", "b": "e", "c": "f", "d": "g"}
    assert differences(mine, elsewhere, one, other).matches.nodes[""] == laid
    assert differences(RUN, RUN, one, other).matches.nodes[""] == laid, "0 is no model"
