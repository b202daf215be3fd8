"""What is linked to `length` must belong to the sequence beside it."""

import pytest

from tests.drawing import draw
from workbench.catalog.check import analyse
from workbench.catalog.problems import Problem
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Document

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
    "attention", ["more length:data.source_length", "reader key:more length:data.source_length"]
)
def test_lengths_of_other_sequences_are_named(attention: str) -> None:
    (problem,) = told(draw(PAIRS.format(attention=attention)))
    assert (
        str(problem) == "look.length: data.source_length counts the steps of source, but this reads target."
    )
    assert problem.fixes == ()
