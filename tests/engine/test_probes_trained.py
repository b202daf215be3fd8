"""What each kind of probe records in a real training, however small."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.drawing import block, draw
from tests.engine.conftest import Trained, iris
from workbench.catalog.goals import rising
from workbench.core.document import Document
from workbench.engine import probes
from workbench.engine.data import load_sample
from workbench.engine.probes_look import Look
from workbench.engine.probes_pictures import LEGEND, painted
from workbench.store.records import Media, RunRecord

TRANSLATOR = """
    pairs Dataset dataset=phrases
    source Embedding embedding_dim=16 < pairs.source
    target Embedding embedding_dim=16 < pairs.target
    attention MultiheadAttention num_heads=2 need_weights=true average_attn_weights={mean} < target source
    both Add < target attention.y
    fc Linear out_features='= vocabulary' < both
    loss CrossEntropyLoss < fc pairs.next
    written Translations {fields} < fc
    looks AttentionMap count=2 < attention.weights {tokens}
"""


def translator(fields: str = "sentences=20 count=3", mean: str = "false", tokens: str = "") -> Document:
    return draw(TRANSLATOR.format(fields=fields, mean=mean, tokens=tokens), epochs=2, batch_size=64)


def recorded(trained: Trained, run: RunRecord, probe: str) -> list[Media]:
    assert run.state == "completed", run.cause
    assert not [line for line in trained.log(run) if "could not" in line]
    return [media for media in trained.store.media(run.id) if media.probe == probe]


def first(dataset: str, output: str) -> Tensor:
    """The first held-back example of a sample."""
    return next(load_sample(dataset).batches("validation", 1))[output][0]


def content(media: Media) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(media.data)
    return found


@pytest.mark.parametrize("search", ["greedy", "beam width=3", "sampled top_k=5"])
def test_translations_have_a_bleu_for_every_epoch_and_for_the_test(trained: Trained, search: str) -> None:
    run = trained.run(translator(f"sentences=20 count=3 search={search}"))
    *_, last, test = recorded(trained, run, "written")
    assert (last.kind, last.epoch) == ("translations", 2)
    assert last.caption.startswith("validation · BLEU ")
    assert test.caption.startswith("test · BLEU ")
    source = load_sample("phrases").vocabularies["source"].decode(first("phrases", "source").tolist())
    pairs = content(last)["pairs"]
    assert len(pairs) == 3 and pairs[0]["source"] == source
    assert all(pair["reference"] and set(pair) == {"source", "reference", "written"} for pair in pairs)
    figures = trained.store.summaries([run.id])[run.id]
    assert rising(figures["validation/BLEU"].type), "the best is the largest"
    assert figures["validation/BLEU"].count == 2 and figures["test/BLEU"].count == 1
    assert f"{figures['test/BLEU'].last:.2f}" in test.caption
    said = f"Tested written: BLEU {figures['test/BLEU'].last:.2f} of 20 pairs."
    assert said in trained.log(run)


def test_the_same_seed_writes_the_same_and_another_one_something_else(trained: Trained) -> None:
    drawn = translator("sentences=20 count=3 search=sampled")
    first, again, other = (trained.run(drawn, seed=seed) for seed in (1, 1, 2))
    texts = [[media.data for media in recorded(trained, run, "written")] for run in (first, again, other)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("mean", ["false", "true"])
def test_attention_maps_have_the_tokens_that_are_linked(trained: Trained, mean: str) -> None:
    run = trained.run(translator(mean=mean, tokens="pairs.target pairs.source"))
    *_, last, _ = recorded(trained, run, "looks")
    examples = content(last)["examples"]
    assert last.kind == "attention" and len(examples) == 2
    for example in examples:
        assert example["rows"][0] == "<s>" and "<pad>" not in example["columns"]
        heads = 1 if mean == "true" else 2
        levels = torch.frombuffer(bytearray(base64.b64decode(example["weights"])), dtype=torch.uint8)
        table = levels.view(heads, len(example["rows"]), len(example["columns"]))
        assert example["heads"] == heads
        assert float(table.float().sum(-1).max()) <= 255 + len(example["columns"])


def test_attention_maps_without_tokens_count_the_positions(trained: Trained) -> None:
    run = trained.run(translator())
    (example, _) = content(recorded(trained, run, "looks")[0])["examples"]
    assert example["rows"] == [str(place) for place in range(1, 7)], (
        "two sides of one length: nothing is guessed"
    )


def test_a_forecast_has_its_past_and_the_truth(trained: Trained) -> None:
    document = draw(
        """
        tides Dataset dataset=tides
        flat Flatten < tides.x
        fc Linear out_features=12 < flat
        shape Reshape shape=[12,1] < fc
        loss MSELoss < shape tides.y
        seen Forecast count=3 < shape tides.y tides.x
        """,
        steps=3,
    )
    last, test = recorded(trained, trained.run(document), "seen")
    assert (last.kind, last.caption, test.caption) == ("series", "validation", "test")
    series = content(last)["series"]
    assert [(len(s["context"]), len(s["true"]), len(s["predicted"])) for s in series] == [(48, 12, 12)] * 3
    every = torch.cat([batch["y"] for batch in load_sample("tides").batches("validation", 16)])[:, :, 0]
    places = [0, (len(every) - 1) // 2, len(every) - 1]
    for one, place in zip(series, places, strict=True):
        assert one["true"] == pytest.approx(every[place].tolist(), abs=1e-5)
        assert one["title"] == f"example {place + 1:,} · level"


def test_few_series_are_all_shown_once(trained: Trained) -> None:
    document = draw(
        """
        tides Dataset dataset=tides
        flat Flatten < tides.x
        fc Linear out_features=12 < flat
        shape Reshape shape=[12,1] < fc
        loss MSELoss < shape tides.y
        one Forecast count=1 < shape tides.y
        many Forecast count=32 < shape tides.y
        """,
        steps=1,
        batch_size=5,
    )
    run = trained.run(document)
    titles = [one["title"] for one in content(recorded(trained, run, "many")[0])["series"]]
    whole = load_sample("tides").sizes["validation"]
    assert len(set(titles)) == len(titles) == min(32, whole)
    assert titles[-1].startswith(f"example {whole:,} ")
    assert [one["title"] for one in content(recorded(trained, run, "one")[0])["series"]] == [
        "example 1 · level"
    ]


def test_a_forecast_of_standardised_numbers_is_in_their_own_units(trained: Trained) -> None:
    document = draw(
        """
        data Dataset dataset=diabetes
        fc Linear out_features=1 < data.features
        loss MSELoss < fc data.target
        seen Forecast count=2 < fc data.target
        """,
        steps=1,
    )
    media = recorded(trained, trained.run(document), "seen")[0]
    found = content(media)
    wanted = float(first("diabetes", "target")) * 76.8653 + 149.797
    (series,) = found["series"]
    assert series["true"][0] == pytest.approx(wanted, rel=1e-4) and not found["standardised"]
    assert (series["title"], len(series["true"])) == ("examples", 64), (
        "one step each: they stand side by side"
    )


def test_masks_are_laid_over_their_pictures(trained: Trained) -> None:
    document = draw(
        """
        data Dataset dataset=shapes
        conv Conv2d out_channels=3 kernel_size=3 padding=1 < data.image
        loss CrossEntropyLoss < conv data.mask
        seen Overlay count=4 < data.image conv data.mask
        """,
        steps=1,
    )
    media = recorded(trained, trained.run(document), "seen")[0]
    picture = Image.open(io.BytesIO(media.data))
    assert (picture.mode, media.kind) == ("RGB", "image")
    assert (picture.width + 1) % (2 * 96 + 1 + 4 + 1) == 0, "pairs beside each other, lines between them"
    legend = json.loads(str(picture.info[LEGEND]))
    assert [label for label, _ in legend] == ["disc", "square"]
    colors = {pixel for _, pixel in picture.getcolors(2**24) or []}
    assert {tuple(bytes.fromhex(color[1:])) for _, color in legend} <= colors


def test_volumes_show_their_middle_slice() -> None:
    image = torch.linspace(-3, 5, 2 * 6 * 6).view(2, 1, 6, 6)
    mask = torch.zeros(2, 6, 6, dtype=torch.long)
    mask[:, 2:4, 2:4] = 1
    mask[0, 0, 0] = -100
    found = painted(image, mask, 2)
    assert found.shape == (2, 3, 96, 96) and float(found.min()) >= 0 and float(found.max()) <= 1
    grey = found[0, :, 8, 8]
    assert float(grey.max() - grey.min()) < 1e-6, "what does not count stays as it is"
    inside = found[0, :, 48, 48]
    assert float(inside[2]) > float(inside[0]) + 0.2, "the first class is blue, as in the data's own masks"


def test_histograms_of_all_layers_with_weights(trained: Trained) -> None:
    text = """
        data Dataset dataset=iris
        fc1 Linear out_features=8 < data.features
        norm BatchNorm1d < fc1
        fc2 Linear out_features=3 < norm
        loss CrossEntropyLoss < fc2 data.label
        layers LayerHistograms bins=10
    """
    document = draw(text, epochs=2, batch_size=16)
    run = trained.run(document)
    first, last = recorded(trained, run, "layers")
    assert (last.kind, last.epoch) == ("histograms", 2) and first.data != last.data
    layers = content(last)["layers"]
    assert [layer["name"] for layer in layers] == ["fc1", "norm", "fc2"]
    weights = trained.last(run).weights
    fc1 = torch.cat([weights["fc1.weight"].flatten(), weights["fc1.bias"]])
    assert sum(layers[0]["weights"]["counts"]) == len(fc1) == 40
    assert layers[0]["weights"]["mean"] == pytest.approx(float(fc1.mean()), abs=1e-6)
    assert layers[0]["weights"]["low"] == pytest.approx(float(fc1.min()), abs=1e-6)
    assert len(layers[2]["outputs"]["counts"]) == 10 and sum(layers[2]["outputs"]["counts"]) == 16 * 3
    assert sum(layers[2]["gradients"]["counts"]) == 8 * 3 + 3


def test_layers_of_repeated_blocks_are_told_apart(trained: Trained) -> None:
    layer = block("x Input\nfc Linear out_features=4 < x\ny Output < fc")
    text = """
        data Dataset dataset=iris
        body @Layer *2 < data.features
        fc Linear out_features=3 < body
        loss CrossEntropyLoss < fc data.label
        layers LayerHistograms layer_outputs=false
    """
    run = trained.run(draw(text, blocks={"Layer": layer}, steps=1))
    layers = content(recorded(trained, run, "layers")[0])["layers"]
    assert [layer["name"] for layer in layers] == ["body#1/fc", "body#2/fc", "fc"]
    assert "outputs" not in layers[0] and "weights" in layers[0]


def test_a_probe_that_fails_ends_neither_the_run_nor_the_others(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(look: Look) -> None:
        raise RuntimeError("no picture today\nand more of torch's words")

    monkeypatch.setattr(probes, "PROBES", {**probes.PROBES, "AttentionMap": broken})
    run = trained.run(translator())
    assert run.state == "completed", run.cause
    assert {media.probe for media in trained.store.media(run.id)} == {"written"}
    said = [line for line in trained.log(run) if "looks" in line]
    assert said == ["The probe looks could not record anything: no picture today"]


def test_a_probe_that_takes_long_waits_but_sees_the_end(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "_LONG", 0.0)
    monkeypatch.setattr("workbench.engine.loop.LOOK_EVERY", 0.0)
    monkeypatch.setattr(probes, "_TURN", 1e6)
    run = trained.run(iris(epochs=5))
    assert [media.epoch for media in trained.store.media(run.id)] == [
        1,
        5,
        trained.store.media(run.id)[-1].epoch,
    ]
    assert len([line for line in trained.log(run) if line.startswith("The probe confusion took")]) == 1


def test_a_wish_to_stop_ends_a_long_probe(
    trained: Trained, ask_at: Callable[[int, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = draw(
        """
        text Dataset dataset=reference-text length=16
        emb Embedding embedding_dim=4 < text.tokens
        fc Linear out_features='= vocabulary' < emb
        loss CrossEntropyLoss < fc text.next
        samples TextSamples length=100000 < fc
        """,
        steps=2,
        batch_size=8,
    )
    ask_at(2, "stop")
    assert trained.run(document).state == "stopped"


def test_scores_for_another_vocabulary_are_named(trained: Trained) -> None:
    text = TRANSLATOR.format(fields="", mean="true", tokens="").replace("written Translations  < fc", "")
    text += "other Linear out_features=35 < both\nwritten Translations < other"
    run = trained.run(draw(text, steps=1, batch_size=64))
    assert run.state == "completed", run.cause
    said = "the scores are for 35 tokens, but what is written has 33"
    assert f"The probe written could not record anything: {said}" in trained.log(run)
