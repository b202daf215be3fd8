"""What is linked to `length` must belong to the sequence beside it."""

import pytest

from tests.drawing import draw
from workbench.catalog.check import analyse
from workbench.catalog.problems import Problem
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Document, Port

CLASSES = """
    data Dataset dataset=opinions
    emb Embedding embedding_dim=4 < data.tokens
    read GRU hidden_size=4 < emb length:{length}
    fc Linear out_features=2 < read.last
    loss CrossEntropyLoss < fc data.label
"""
PAIRS = """
    data Dataset dataset=phrases
    words Embedding embedding_dim=4 < data.source
    reader GRU hidden_size=4 < words length:data.source_length
    more Embedding embedding_dim=4 < data.target
    writer GRU hidden_size=4 < more state:reader.last
    look MultiheadAttention num_heads=2 < {attention}
    fc Linear out_features='= vocabulary' < look
    loss CrossEntropyLoss < fc data.next
"""


def told(document: Document) -> list[Problem]:
    return [each for each in analyse(document, SAMPLES).problems if each.port == "length"]


def test_the_length_of_the_data_is_fine() -> None:
    assert told(draw(CLASSES.format(length="data.length"))) == []
    assert told(draw(PAIRS.format(attention="writer key:reader length:data.source_length"))) == []


def test_labels_are_no_lengths() -> None:
    document = draw(CLASSES.format(length="data.label"))
    (problem,) = told(document)
    assert problem.severity == "warning"
    assert str(problem) == "read.length: data.label does not say how many steps count."
    (mend,) = problem.fixes
    assert mend.label == "Link data.length"
    assert told(mend.edit.apply(document)) == []


@pytest.mark.parametrize(
    ("reader", "told_of"),
    [
        ("read GRU hidden_size=4 < emb", True),
        ("read GRU hidden_size=4 carry=false bidirectional=true < emb", True),
        ("read GRU hidden_size=4 < emb length:data.length", False),
        ("own MultiheadAttention num_heads=2 < emb\nread GRU hidden_size=4 < own length:data.length", True),
        (
            "own MultiheadAttention num_heads=2 causal=true < emb\nread GRU hidden_size=4 < own length:data.length",
            False,
        ),
        ("each Linear out_features=3 < emb\nread GRU hidden_size=4 < each", True),
    ],
)
def test_a_length_that_is_not_linked_is_missed_where_padding_would_be_read(
    reader: str, told_of: bool
) -> None:
    document = draw(CLASSES.replace("read GRU hidden_size=4 < emb length:{length}", reader))
    problems = told(document)
    assert len(problems) == told_of
    for problem in problems:
        assert problem.severity == "warning" and problem.message.endswith(
            "short sequences are filled up with padding, which is read, too; link data.length."
        )
        (mend,) = problem.fixes
        assert told(mend.edit.apply(document)) == []


@pytest.mark.parametrize("pool", ["pool SequencePool", "pool Mean dim=1", "pool Max dim=1"])
def test_a_pool_over_steps_needs_the_length(pool: str) -> None:
    text = CLASSES.replace("read GRU hidden_size=4 < emb length:{length}", pool + " < emb")
    document = draw(text.replace("read.last", "pool"))
    (problem,) = told(document)
    assert problem.fixes[0].label == "Link data.length"


def test_reading_each_step_forwards_does_not_see_the_padding() -> None:
    assert told(draw(PAIRS.format(attention="writer key:reader length:data.source_length"))) == []


def test_one_answer_of_a_sequence_is_the_last_state() -> None:
    """From a bare recurrent layer, the fixes lead to a model that reads no padding."""
    text = CLASSES.replace("emb length:{length}", "emb").replace("read.last", "read.y")
    document = draw(text)
    clicked = []
    while found := [each for each in analyse(document, SAMPLES).problems if each.fixes]:
        clicked.append(found[0].fixes[0].label)
        document = found[0].fixes[0].edit.apply(document)
        assert len(clicked) < 5
    assert clicked == ["Link read.last instead", "Link data.length"]
    assert not analyse(document, SAMPLES).problems


def test_one_answer_of_a_sequence_without_states_is_the_mean_of_what_counts() -> None:
    text = CLASSES.replace("read GRU hidden_size=4 < emb length:{length}\n", "").replace("read.last", "emb")
    document = draw(text)
    (problem,) = (each for each in analyse(document, SAMPLES).problems if each.fixes)
    assert problem.fixes[0].label == "Insert Sequence pooling"
    document = problem.fixes[0].edit.apply(document)
    assert not analyse(document, SAMPLES).problems
    (pool,) = (node.id for node in document.graph.nodes.values() if node.type == "SequencePool")
    assert str(document.graph.links[Port(pool, "length")]) == "data.length"


@pytest.mark.parametrize(
    "attention", ["more length:data.source_length", "reader key:more length:data.source_length"]
)
def test_lengths_of_other_sequences_are_named(attention: str) -> None:
    (problem,) = told(draw(PAIRS.format(attention=attention)))
    assert (
        str(problem) == "look.length: data.source_length counts the steps of source, but this reads target."
    )
    assert problem.fixes == ()
