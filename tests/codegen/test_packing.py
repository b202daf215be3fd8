"""A block that was made of nodes, or unpacked, trains to the very same numbers."""

import pytest
import torch

from tests.drawing import CLASSIFIER, block, draw
from tests.programs import analysed, batch_of, call, live
from workbench.catalog.spec import NodeType, node_types
from workbench.core.blocks import MakeBlock
from workbench.core.document import Document
from workbench.core.unpack import UnpackBlock

OWNING = frozenset(name for name, cls in node_types().items() if cls.parameters is not NodeType.parameters)


def numbers(document: Document) -> list[torch.Tensor]:
    """What three steps of gradient descent leave in the weights, and the loss on the way."""
    program = live(document)
    found: list[torch.Tensor] = []
    for seed in range(3):
        loss = call(program, "update_train", batch_of(analysed(document), seed))["loss"]
        program.zero_grad()
        loss.backward()
        with torch.no_grad():
            for weights in program.parameters():
                assert weights.grad is not None
                weights.sub_(0.1 * weights.grad)
        found.append(loss.detach())
    return [*found, *(weights.detach() for weights in program.parameters())]


@pytest.mark.parametrize("ids", [("fc1",), ("fc1", "relu", "fc2"), ("flat", "fc1", "relu"), ("relu",)])
def test_packing_changes_no_number(ids: tuple[str, ...]) -> None:
    document = draw(CLASSIFIER)
    packed = MakeBlock(ids, "Made", "made").apply(document)
    for one, other in zip(numbers(document), numbers(packed), strict=True):
        assert torch.equal(one, other)


def test_unpacking_repetitions_and_shared_weights_changes_no_number() -> None:
    grow = block("x Input\nf Linear out_features='= width * 2 ** i' < x\ng ReLU < f\ny Output < g", width=4)
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        a @Grow *3 width=8 < flat
        same @Same < a
        again @Same ~same < same
        head Linear out_features='= classes' < again
        loss CrossEntropyLoss < head digits.label
        """,
        blocks={
            "Grow": grow,
            "Same": block("x Input\nf Linear out_features=32 < x\ng ReLU < f\ny Output < g"),
        },
    )
    unpacked = UnpackBlock("same", "", OWNING).apply(UnpackBlock("a", "", OWNING).apply(document))
    assert not any(node.block for node in unpacked.graph.nodes.values())
    for one, other in zip(numbers(document), numbers(unpacked), strict=True):
        assert torch.equal(one, other)
