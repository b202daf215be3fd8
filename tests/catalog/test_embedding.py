"""Embeddings and the layers that use their vectors again: shared weights in the drawing are shared in the program."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.drawing import block, draw
from tests.programs import analysed, batch_of, call, live, text_of, tidy
from workbench.catalog.check import analyse
from workbench.catalog.costs import activations
from workbench.catalog.forms import fill
from workbench.catalog.nodes.embedding import Embedding, TiedLinear
from workbench.catalog.samples import SAMPLES
from workbench.core.assign import assign
from workbench.core.document import Document
from workbench.core.errors import ShapeError
from workbench.core.shapes import TensorSpec

HEAD = block("x Input\nweight Input\nscores TiedLinear bias=true < x weight\ny Output < scores")


def tied() -> Document:
    return draw(
        """
        text Dataset dataset=reference-text length=12
        emb Embedding embedding_dim=8 tie=true < text.tokens
        fc Linear out_features=8 < emb.y
        head @Head < fc emb.weight
        loss CrossEntropyLoss < head text.next
        """,
        blocks={"Head": HEAD},
    )


def test_tied_weights_are_one_and_learn_from_both_ends() -> None:
    document = tied()
    analysis = analysed(document)
    program = live(document)
    assert analysis.parameters == sum(weight.numel() for weight in program.parameters()) == 96 * 8 + 72 + 96
    batch = batch_of(analysis)
    torch.autograd.backward(call(program, "update_train", batch)["loss"])
    found = dict(program.named_parameters())
    weights = {name: value.detach().clone().requires_grad_() for name, value in found.items()}
    x = F.embedding(batch["text.tokens"], weights["emb.weight"])
    x = F.linear(F.linear(x, weights["fc.weight"], weights["fc.bias"]), weights["emb.weight"])
    x = x + weights["head.scores.bias"]
    torch.autograd.backward(F.cross_entropy(x.reshape(-1, 96), batch["text.next"].reshape(-1)))
    for name, weight in found.items():
        torch.testing.assert_close(weight.grad, weights[name].grad)


def test_the_padding_vector_learns_from_neither_end(tmp_path: Path) -> None:
    document = assign(tied(), "emb.padding_idx", 3)
    program = live(document)
    batch = batch_of(analysed(document))
    batch["text.tokens"][:, 0], batch["text.tokens"][:, 1] = 3, 4
    optimizer = torch.optim.Adam(program.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        torch.autograd.backward(call(program, "update_train", batch)["loss"])
        optimizer.step()
    weight = program.state_dict()["emb.weight"]
    assert not weight[3].any() and weight[4].any()
    tidy([text_of(document)], tmp_path)


def test_the_vectors_are_no_activation() -> None:
    """They are counted as weights; as an output of the embedding they cost nothing more."""
    plain = draw("text Dataset dataset=reference-text length=12\nemb Embedding embedding_dim=8 < text.tokens")
    emb = analyse(plain, SAMPLES).nodes["emb"]
    assert activations(analyse(tied(), SAMPLES).nodes["emb"], {}) == activations(emb, {}) == 12 * 8 * 4


def test_only_what_is_linked_is_written() -> None:
    assert "emb_weight = self.emb.weight" in text_of(tied())
    lonely = draw(
        """
        text Dataset dataset=reference-text length=12
        emb Embedding embedding_dim=96 tie=true < text.tokens
        loss CrossEntropyLoss < emb.y text.next
        """
    )
    assert "emb_weight" not in text_of(lonely)


def test_the_padding_token_stays_zero_whatever_weights_are_chosen() -> None:
    kind = fill(
        Embedding, {"embedding_dim": 4, "num_embeddings": 9, "padding_idx": 2, "weight_init": "normal"}
    )
    module = nn.Embedding(9, 4, padding_idx=2)
    exec("\n".join(kind.initialise("module")), {"nn": nn, "module": module})  # noqa: S102 - our own text
    assert not module.weight[2].any()
    assert module.weight[3].any()


@pytest.mark.parametrize(
    ("x", "weight", "port", "said"),
    [
        (("N", "L", 6), ("N", 6), "weight", "turn on its field tie"),
        (("N", "L", 6), (9, 6, 2), "weight", "V×F of an Embedding, got 9×6×2"),
        (("N", "L", 6), (9, 5), "x", "expects 5 features, as the vectors of 9×5 have, got N×L×6"),
        (("N", 3, 4, 6), (9, 6), "x", "expects sequences N×L×F or vectors N×F"),
    ],
)
def test_wrong_links_are_named(
    x: tuple[int | str, ...], weight: tuple[int | str, ...], port: str, said: str
) -> None:
    with pytest.raises(ShapeError, match=said) as caught:
        fill(TiedLinear, {}).infer(TensorSpec(x), TensorSpec(weight))
    assert caught.value.port == port
    if caught.value.insert:
        assert dict(caught.value.fields) == {"out_features": 5}
