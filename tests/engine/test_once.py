"""What an encoder makes of a sentence is worked out once for all words of the translation."""

import pytest
import torch
from torch import nn

from tests.drawing import block, draw
from tests.programs import analysed, live
from workbench.core.document import Document, Port
from workbench.engine.data import load_sample
from workbench.engine.decoding import Sampling
from workbench.engine.feeds import Feeds
from workbench.engine.once import Once, untouched
from workbench.engine.writing import Translated, beamed, sampled, translated

WRITTEN = {Port("pairs", "target"), Port("pairs", "next")}
TEXT = """
    pairs Dataset dataset=phrases
    words Embedding embedding_dim=16 num_embeddings=500 < pairs.source
    encoder @Layer *2 < words
    said Embedding embedding_dim=16 num_embeddings=500 < pairs.target
    attention MultiheadAttention num_heads=2 < said encoder
    mixed Add < said attention
    fc Linear out_features='= vocabulary' < mixed
    loss CrossEntropyLoss < fc pairs.next
    translations Translations < fc
"""
CELL = """
    x Input steps=true
    h Input
    wide Linear out_features=16 < x
    both Add < wide h
    now Tanh < both
    last Output feeds=h < now
"""
STATES = """
    pairs Dataset dataset=phrases
    words Embedding embedding_dim=16 num_embeddings=500 < pairs.source
    {encoder}
    said Embedding embedding_dim=16 num_embeddings=500 < pairs.target
    decoder GRU hidden_size=16 < x:said state:{state}
    fc Linear out_features='= vocabulary' < decoder.y
    loss CrossEntropyLoss < fc pairs.next
    translations Translations < fc
"""
LOOP = STATES.format(
    encoder="zero Constant value=0 shape='[16]'\n    cell @Cell < words zero", state="cell.last"
)
LAYERS = STATES.format(encoder="gru GRU hidden_size=8 bidirectional=true < words", state="gru.last")
ATTENTION = TEXT.replace(
    "encoder @Layer *2 < words",
    "encoder MultiheadAttention num_heads=2 < query:words length:pairs.source_length",
)
LAYER = "x Input\nfc Linear out_features=16 < x\nact Tanh < fc\ny Output < act"


def model(text: str = TEXT) -> Document:
    return draw(text, blocks={"Layer": block(LAYER), "Cell": block(CELL)})


@pytest.mark.parametrize("search", ["greedy", "beam"])
def test_translations_are_the_same_and_the_encoder_runs_once_a_batch(search: str) -> None:
    document = model()
    analysis, program = analysed(document), live(document).eval()
    feeds = Feeds.of(analysis, {"phrases": load_sample("phrases")}, 64, torch.device("cpu"))
    modules = untouched(program, analysis.root, WRITTEN)
    assert {name for name, module in program.named_modules() if module in modules} == {"words", "encoder"}
    calls: list[int] = []
    inner = program.get_submodule("encoder.0.fc")
    inner.register_forward_pre_hook(lambda module, inputs: calls.append(len(inputs[0])))

    def translate(once: Once) -> Translated:
        calls.clear()
        decode = sampled(Sampling(), torch.Generator()) if search == "greedy" else beamed(3, 0.6)
        width = 1 if search == "greedy" else 3
        with torch.no_grad():
            return translated(
                program.probe_translations, "pairs", feeds.feeds[0], decode,  # type: ignore[arg-type]  # open
                split="validation", shown=8, sentences=100, length=0, width=width, once=once,
            )  # fmt: skip

    wanted = translate(Once([]))
    assert len(calls) > 2
    assert translate(Once(modules)) == wanted
    assert len(calls) == 2 and sum(calls) == 100 + 28, "once for each batch of 64"
    assert all("forward" not in vars(module) for module in modules), "afterwards all is as it was"


@pytest.mark.parametrize(
    ("text", "kept"),
    [(LOOP, {"words"}), (LAYERS, {"words"}), (ATTENTION, {"words", "encoder"})],
    ids=["a loop", "as many layers as sentences", "attention over what counts"],
)
def test_translations_of_other_encoders_are_the_same(text: str, kept: set[str]) -> None:
    document = model(text)
    analysis, program = analysed(document), live(document).eval()
    feeds = Feeds.of(analysis, {"phrases": load_sample("phrases")}, 64, torch.device("cpu"))
    modules = untouched(program, analysis.root, WRITTEN)
    assert {name for name, module in program.named_modules() if module in modules} == kept

    def scores(once: Once) -> list[str]:
        with torch.no_grad():
            found = translated(
                program.probe_translations, "pairs", feeds.feeds[0], beamed(3, 0.6),  # type: ignore[arg-type]  # open
                split="validation", shown=2, sentences=2, length=0, width=3, once=once,
            )  # fmt: skip
        return [each.written for each in found.shown]

    assert scores(Once(modules)) == scores(Once([]))


def test_what_is_shared_with_the_decoder_is_left_alone() -> None:
    document = model(TEXT.replace("said Embedding", "said Embedding ~words"))
    program = live(document)
    names = {module: name for name, module in program.named_modules()}
    found = untouched(program, analysed(document).root, WRITTEN)
    assert [names[module] for module in found] == ["encoder"]


def test_parts_that_give_other_things_run_each_time() -> None:
    class States(nn.Module):
        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
            return x + 1, (x,)

    part = States()
    once = Once([part])
    with once.batch():
        once.rows = torch.arange(3)
        assert part(torch.zeros(3))[0].tolist() == [1, 1, 1]
        once.rows = torch.tensor([2])
        assert part(torch.full((1,), 5.0))[0].tolist() == [6]
