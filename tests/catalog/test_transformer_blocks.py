"""Encoder and decoder layers drawn of single nodes are torch's own ones, padding included."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.drawing import block, draw
from tests.programs import analysed, batch_of, call, live
from workbench.core.document import Document

ENCODER = {
    False: """
        x Input
        length Input
        look MultiheadAttention num_heads=2 < x length:length
        sum1 Add < x look
        norm1 LayerNorm < sum1
        wide Linear out_features=16 < norm1
        relu ReLU < wide
        narrow Linear out_features=8 < relu
        sum2 Add < norm1 narrow
        norm2 LayerNorm < sum2
        y Output < norm2
    """,
    True: """
        x Input
        length Input
        norm1 LayerNorm < x
        look MultiheadAttention num_heads=2 < norm1 length:length
        sum1 Add < x look
        norm2 LayerNorm < sum1
        wide Linear out_features=16 < norm2
        relu ReLU < wide
        narrow Linear out_features=8 < relu
        sum2 Add < sum1 narrow
        y Output < sum2
    """,
}
DECODER = """
    x Input
    memory Input
    length Input
    look MultiheadAttention num_heads=2 causal=true < x
    sum1 Add < x look
    norm1 LayerNorm < sum1
    cross MultiheadAttention num_heads=2 < norm1 key:memory length:length
    sum2 Add < norm1 cross
    norm2 LayerNorm < sum2
    wide Linear out_features=16 < norm2
    relu ReLU < wide
    narrow Linear out_features=8 < relu
    sum3 Add < norm2 narrow
    norm3 LayerNorm < sum3
    y Output < norm3
"""
PARTS = {
    "look": "self_attn", "cross": "multihead_attn", "wide": "linear1", "narrow": "linear2",
    "norm1": "norm1", "norm2": "norm2", "norm3": "norm3",
}  # fmt: skip


def translator(before: bool) -> Document:
    return draw(
        """
        pairs Dataset dataset=phrases
        words1 Embedding embedding_dim=8 < pairs.source
        encoder @Encoder *2 < words1 pairs.source_length
        words2 Embedding embedding_dim=8 tie=true < pairs.target
        decoder @Decoder *2 < words2.y encoder pairs.source_length
        scores TiedLinear < decoder words2.weight
        loss CrossEntropyLoss < scores pairs.next
        """,
        blocks={"Encoder": block(ENCODER[before]), "Decoder": block(DECODER)},
    )


def reference(program: nn.Module, before: bool) -> tuple[nn.ModuleList, nn.ModuleList]:
    """Torch's layers with the program's weights."""
    options: dict[str, Any] = {"dropout": 0.0, "batch_first": True}
    encoder = nn.ModuleList(
        nn.TransformerEncoderLayer(8, 2, 16, norm_first=before, **options) for _ in range(2)
    )
    decoder = nn.ModuleList(nn.TransformerDecoderLayer(8, 2, 16, **options) for _ in range(2))
    own = program.state_dict()
    for stack, name in ((encoder, "encoder"), (decoder, "decoder")):
        for number, layer in enumerate(stack):
            found = {
                f"{theirs}{key.removeprefix(f'{name}.{number}.{mine}')}": value
                for mine, theirs in PARTS.items()
                for key, value in own.items()
                if key.startswith(f"{name}.{number}.{mine}.")
            }
            layer.load_state_dict(found)
    return encoder, decoder


@pytest.mark.parametrize("before", [False, True])
def test_layers_of_single_nodes_are_those_of_torch(before: bool) -> None:
    document = translator(before)
    analysis, program = analysed(document), live(document)
    for weight in program.parameters():  # also where layers begin with zeros and ones
        nn.init.normal_(weight, std=0.3)
    encoder, decoder = reference(program, before)
    batch = batch_of(analysis)
    batch["pairs.source_length"] = torch.tensor([6, 2, 1])
    loss = call(program, "update_train", batch)["loss"]
    weights = dict(program.named_parameters())
    padding = torch.arange(6) >= batch["pairs.source_length"][:, None]
    x: Tensor = weights["words1.weight"][batch["pairs.source"]]
    for layer in encoder:
        x = layer(x, src_key_padding_mask=padding)
    later = torch.ones(6, 6, dtype=torch.bool).triu(1)
    y: Tensor = weights["words2.weight"][batch["pairs.target"]]
    for layer in decoder:
        y = layer(y, x, tgt_mask=later, memory_key_padding_mask=padding)
    wanted = nn.functional.cross_entropy(
        (y @ weights["words2.weight"].T).flatten(0, 1), batch["pairs.next"].flatten()
    )
    torch.testing.assert_close(loss, wanted, atol=1e-5, rtol=1e-5)
    assert analysis.parameters == sum(weight.numel() for weight in program.parameters())
    torch.autograd.backward(loss)
    own = weights["encoder.0.look.in_proj_weight"].grad
    torch.autograd.backward(wanted)
    (theirs,) = (w.grad for name, w in encoder[0].named_parameters() if name == "self_attn.in_proj_weight")
    torch.testing.assert_close(own, theirs, atol=1e-5, rtol=1e-4)
