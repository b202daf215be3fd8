"""Programs of drawings beside independent code for the same networks, with the same weights: how far they are apart.

Imports torch and Hugging Face's transformers (a package for developers only), and the networks of the tests.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from tests.catalog.references import ResNet18
from tests.drawing import draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.catalog.templates import load
from workbench.codegen.program import generate
from workbench.core.document import Document

Weights = Mapping[str, Tensor]
# From the reference's tensors by name, weights or gradients, to what ours of a name is.
Mapped = dict[str, Callable[[Weights], Tensor]]
Differences = tuple[float, float]


def program_of(document: Document) -> Any:
    """The built program of a drawing, in evaluation mode."""
    names: dict[str, Any] = {"__name__": "program"}
    exec(generate(document, analyse(document, SAMPLES)), names)  # noqa: S102 - the program, as the trainer imports it
    torch.manual_seed(0)
    return names["Program"]().eval()


@contextmanager
def seen(module: nn.Module) -> Iterator[dict[str, Any]]:
    """What goes into a part of a program and what comes out of it."""
    found: dict[str, Any] = {}
    hook = module.register_forward_hook(lambda _, given, made: found.update(given=given, made=made))
    try:
        yield found
    finally:
        hook.remove()


def same(name: str) -> Callable[[Weights], Tensor]:
    return lambda weights: weights[name]


def turned(name: str) -> Callable[[Weights], Tensor]:
    """GPT-2's layers keep their matrices the other way round."""
    return lambda weights: weights[name].T


def joined(*names: str) -> Callable[[Weights], Tensor]:
    """Query, key and value in one matrix."""
    return lambda weights: torch.cat([weights[name] for name in names])


def give(program: nn.Module, reference: nn.Module, mapped: Mapped) -> None:
    """The reference's weights, moved away from where they began, for the program; all of them, and nothing else."""
    for weight in reference.parameters():
        nn.init.normal_(weight, std=0.05) if weight.dim() > 1 else nn.init.normal_(weight, 0.5, 0.2)
    theirs = dict(reference.named_parameters())
    ours = dict(program.named_parameters())
    assert mapped.keys() == ours.keys(), mapped.keys() ^ ours.keys()
    with torch.no_grad():
        for name, weight in ours.items():
            weight.copy_(mapped[name](theirs))


def differences(
    program: nn.Module, reference: nn.Module, mapped: Mapped, pairs: list[tuple[Tensor, Tensor]]
) -> Differences:
    """By how much outputs, and gradients of a random weighting of them, differ at most, as shares of the largest."""
    torch.manual_seed(1)
    weights = [torch.randn_like(wanted) for _, wanted in pairs]
    for which in (0, 1):
        total = torch.stack(
            [(pair[which] * weight).sum() for pair, weight in zip(pairs, weights, strict=True)]
        )
        total.sum().backward()  # type: ignore[no-untyped-call]  # torch's stubs leave it open
    theirs = {name: weight.grad for name, weight in reference.named_parameters() if weight.grad is not None}
    ours = {name: weight.grad for name, weight in program.named_parameters() if weight.grad is not None}
    assert ours.keys() == mapped.keys(), "every weight has a gradient"
    gradients = [(gradient, mapped[name](theirs)) for name, gradient in ours.items()]
    return apart(pairs), apart(gradients)


def apart(pairs: list[tuple[Tensor, Tensor]]) -> float:
    """The largest difference within any pair, as a share of the largest wanted value of that pair."""
    return max(float((a - b).detach().abs().max() / b.detach().abs().max()) for a, b in pairs)


def resnet18() -> Differences:
    """He et al. 2015, beside a ResNet written by hand."""
    program, reference = program_of(load("resnet18")), ResNet18().eval()
    mapped: Mapped = {name: same(name) for name, _ in program.named_parameters()}
    give(program, reference, mapped)
    images = torch.rand(2, 3, 96, 96)
    return differences(program, reference, mapped, [(program(images), reference(images))])


def bert() -> Differences:
    """Devlin et al. 2018: the encoder and the pooler, beside Hugging Face's."""
    from transformers import BertConfig, BertModel  # takes seconds to import

    program = program_of(load("bert-base"))
    reference = BertModel(BertConfig(attn_implementation="eager")).eval()
    mapped: Mapped = {
        "embeddings.words.weight": same("embeddings.word_embeddings.weight"),
        "embeddings.position.weight": same("embeddings.position_embeddings.weight"),
        "embeddings.parts.weight": same("embeddings.token_type_embeddings.weight"),
    }
    for kind in ("weight", "bias"):
        mapped[f"embeddings.norm.{kind}"] = same(f"embeddings.LayerNorm.{kind}")
        mapped[f"pooler.fc.{kind}"] = same(f"pooler.dense.{kind}")
        for n in range(12):
            own, other = f"layers.{n}", f"encoder.layer.{n}"
            parts = (f"{other}.attention.self.{part}.{kind}" for part in ("query", "key", "value"))
            mapped[f"{own}.attention.in_proj_{kind}"] = joined(*parts)
            mapped[f"{own}.attention.out_proj.{kind}"] = same(f"{other}.attention.output.dense.{kind}")
            mapped[f"{own}.norm1.{kind}"] = same(f"{other}.attention.output.LayerNorm.{kind}")
            mapped[f"{own}.feed.expand.{kind}"] = same(f"{other}.intermediate.dense.{kind}")
            mapped[f"{own}.feed.project.{kind}"] = same(f"{other}.output.dense.{kind}")
            mapped[f"{own}.norm2.{kind}"] = same(f"{other}.output.LayerNorm.{kind}")
    give(program, reference, mapped)
    with seen(program.embeddings) as first, seen(program.layers) as last, seen(program.pooler) as pooled:
        program(torch.randint(1000, 30522, (2, 40)))
    tokens, segments = first["given"]
    wanted = reference(input_ids=tokens, token_type_ids=segments)
    pairs = [(last["made"], wanted.last_hidden_state), (pooled["made"], wanted.pooler_output)]
    return differences(program, reference, mapped, pairs)


def gpt2() -> Differences:
    """Radford et al. 2019, with its tied head, beside Hugging Face's."""
    from transformers import GPT2Config, GPT2LMHeadModel  # takes seconds to import

    program = program_of(load("gpt2"))
    reference = GPT2LMHeadModel(GPT2Config(attn_implementation="eager")).eval()
    mapped: Mapped = {
        "embedding.weight": same("transformer.wte.weight"),
        "position.weight": same("transformer.wpe.weight"),
    }
    for kind, maybe_turned in (("weight", turned), ("bias", same)):
        mapped[f"norm.{kind}"] = same(f"transformer.ln_f.{kind}")
        for n in range(12):
            own, other = f"layers.{n}", f"transformer.h.{n}"
            mapped[f"{own}.norm1.{kind}"] = same(f"{other}.ln_1.{kind}")
            mapped[f"{own}.norm2.{kind}"] = same(f"{other}.ln_2.{kind}")
            mapped[f"{own}.attention.qkv.{kind}"] = maybe_turned(f"{other}.attn.c_attn.{kind}")
            mapped[f"{own}.attention.project.{kind}"] = maybe_turned(f"{other}.attn.c_proj.{kind}")
            mapped[f"{own}.feed.expand.{kind}"] = maybe_turned(f"{other}.mlp.c_fc.{kind}")
            mapped[f"{own}.feed.project.{kind}"] = maybe_turned(f"{other}.mlp.c_proj.{kind}")
    give(program, reference, mapped)
    tokens = torch.randint(50257, (2, 32))
    return differences(program, reference, mapped, [(program(tokens), reference(input_ids=tokens).logits)])


def transformer() -> Differences:
    """Vaswani et al. 2017, encoder and decoder, beside torch.nn.Transformer; positions are added before either."""
    program = program_of(load("transformer-base"))
    reference = nn.Transformer(batch_first=True).eval()
    mapped: Mapped = {}
    for kind in ("weight", "bias"):
        mapped[f"norm1.{kind}"] = same(f"encoder.norm.{kind}")
        mapped[f"norm2.{kind}"] = same(f"decoder.norm.{kind}")
        for n in range(6):
            for stack, parts in (
                ("encoder", {"attention": "self_attn"}),
                ("decoder", {"attention": "self_attn", "cross": "multihead_attn"}),
            ):
                own, other = f"{stack}.{n}", f"{stack}.layers.{n}"
                for part, name in parts.items():
                    mapped[f"{own}.{part}.in_proj_{kind}"] = same(f"{other}.{name}.in_proj_{kind}")
                    mapped[f"{own}.{part}.out_proj.{kind}"] = same(f"{other}.{name}.out_proj.{kind}")
                mapped[f"{own}.feed.expand.{kind}"] = same(f"{other}.linear1.{kind}")
                mapped[f"{own}.feed.project.{kind}"] = same(f"{other}.linear2.{kind}")
                for norm in range(1, len(parts) + 2):
                    mapped[f"{own}.norm{norm}.{kind}"] = same(f"{other}.norm{norm}.{kind}")
    give(program, reference, mapped)
    source, target = (torch.randn(2, length, 512) for length in (9, 7))
    length = torch.tensor([9, 6])
    with seen(program.drop1) as read, seen(program.drop2) as written:
        found = program(source, length, target)
    mask = nn.Transformer.generate_square_subsequent_mask(7)
    padded = torch.arange(9) >= length.unsqueeze(1)
    wanted = reference(
        read["made"].detach(),
        written["made"].detach(),
        tgt_mask=mask,
        src_key_padding_mask=padded,
        memory_key_padding_mask=padded,
    )
    return differences(program, reference, mapped, [(found, wanted)])


def lstm_by_gates() -> Differences:
    """Hochreiter and Schmidhuber 1997: the cell drawn gate by gate, beside torch.nn.LSTM, over rows of images."""
    program = program_of(load("lstm-gates"))
    reference = Last(nn.LSTM(8, 64, batch_first=True), nn.Linear(64, 10))
    mapped: Mapped = {f"fc.{kind}": same(f"fc.{kind}") for kind in ("weight", "bias")}
    for kind in ("weight", "bias"):
        mapped[f"lstm.now.{kind}"] = same(f"layer.{kind}_ih_l0")
        mapped[f"lstm.before.{kind}"] = same(f"layer.{kind}_hh_l0")
    give(program, reference, mapped)
    images = torch.rand(3, 1, 8, 8)
    return differences(program, reference, mapped, [(program(images)[1], reference(images[:, 0], [8, 8, 8]))])


def recurrent(node: str, layer: type[nn.LSTM] | type[nn.GRU]) -> Differences:
    """Two layers in both directions over padded sentences, beside torch's over each sentence without padding."""
    text = f"""
        data Dataset dataset=opinions
        words Embedding embedding_dim=8 < data.tokens
        reader {node} hidden_size=6 num_layers=2 bidirectional=true < words data.length
        fc Linear out_features='= classes' < reader.last
        loss CrossEntropyLoss < fc data.label
    """
    program = program_of(draw(text))
    size = SAMPLES["opinions"].outputs["tokens"].bound or int(SAMPLES["opinions"].facts["vocabulary"])
    inner = layer(8, 6, num_layers=2, bidirectional=True, batch_first=True)
    reference = Last(inner, nn.Linear(12, int(SAMPLES["opinions"].facts["classes"])), nn.Embedding(size, 8))
    mapped: Mapped = {name: same(name.replace("reader.", "layer.")) for name, _ in program.named_parameters()}
    give(program, reference, mapped)
    lengths = [5, 9, 1]
    tokens = torch.randint(1, size, (3, 9))
    found = program(tokens, torch.tensor(lengths))
    return differences(program, reference, mapped, [(found, reference(tokens, lengths))])


class Last(nn.Module):
    """The last states of a recurrent layer, of one sequence after the other, into a linear layer."""

    def __init__(self, layer: nn.RNNBase, fc: nn.Linear, words: nn.Embedding | None = None) -> None:
        super().__init__()
        self.layer, self.fc = layer, fc
        self.words = words or nn.Identity()

    def forward(self, x: Tensor, lengths: list[int]) -> Tensor:
        rows = []
        for example, length in zip(x, lengths, strict=True):
            _, state = self.layer(self.words(example[:length]).unsqueeze(0))
            hidden = state[0] if isinstance(state, tuple) else state
            directions = 2 if self.layer.bidirectional else 1
            rows.append(hidden[-directions:, 0].flatten())
        return cast(Tensor, self.fc(torch.stack(rows)))


def measured(case: str) -> Differences:
    """The differences of one case, in double precision: also in what programs and references make on their way."""
    torch.set_default_dtype(torch.float64)
    try:
        return CASES[case]()
    finally:
        torch.set_default_dtype(torch.float32)


CASES: dict[str, Callable[[], Differences]] = {
    "resnet18": resnet18,
    "bert-base": bert,
    "gpt2": gpt2,
    "transformer-base": transformer,
    "lstm-gates": lstm_by_gates,
    "LSTM, padded": partial(recurrent, "LSTM", nn.LSTM),
    "GRU, padded": partial(recurrent, "GRU", nn.GRU),
}
