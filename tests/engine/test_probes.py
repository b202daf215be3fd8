"""What probes record: pictures, texts, matrices; and the batches of several datasets."""

import io
from dataclasses import replace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.drawing import draw
from tests.engine.conftest import Trained
from tests.programs import analysed
from workbench.catalog.samples import SAMPLES
from workbench.core.errors import DataError
from workbench.engine.data import load_sample as load_data
from workbench.engine.data.items import ItemSet
from workbench.engine.decoding import Sampling
from workbench.engine.feeds import Feeds
from workbench.engine.probes_pictures import grid, png
from workbench.engine.readers.tokens import END, PAD, START, UNKNOWN, Vocabulary, learned
from workbench.engine.writing import generate, started

CPU = torch.device("cpu")
ABC = Vocabulary("characters", ("a", "b", "c"))


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_sheet_of_images() -> None:
    images = torch.stack([torch.full((1, 2, 3), n / 10) for n in range(5)])
    sheet = grid(images)
    assert sheet.shape == (1, 3 * 3 - 1, 2 * 4 - 1)
    assert sheet[0, 0, 0] == 0.0 and sheet[0, 0, 3] == 0.5 and sheet[0, 0, 4] == pytest.approx(0.1)
    assert sheet[0, 6, 0] == pytest.approx(0.4) and sheet[0, 7, 5] == 0.5, "what is missing is grey"


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_a_picture_as_png(channels: int, mode: str) -> None:
    picture = torch.tensor([[-1.0, 0.0, 0.5], [1.0, 7.0, float("nan")]]).expand(channels, 2, 3)
    image = Image.open(io.BytesIO(png(picture)))
    assert (image.mode, image.size) == (mode, (3, 2))
    values = [image.getpixel((x, y)) for y in (0, 1) for x in (0, 1, 2)]
    wanted: list[Any] = [0, 0, 128, 255, 255, 0]
    assert values == (wanted if channels == 1 else [(v, v, v) for v in wanted])


def test_a_large_sheet_is_made_smaller() -> None:
    image = Image.open(io.BytesIO(png(torch.rand(1, 3000, 1500))))
    assert image.size == (512, 1024)


def test_a_language_model_writes_with_its_last_context() -> None:
    seen: list[tuple[int, ...]] = []

    def following(tokens: Tensor) -> Tensor:
        """Scores for the letter after each letter: a b c a b c …"""
        seen.append(tuple(tokens.shape))
        return torch.nn.functional.one_hot((tokens + 1) % 3, 3).float()

    texts = generate(
        following, ABC, prompt="ab?", count=2, length=4, sampling=Sampling(), context=3, generator=dice()
    )
    assert texts == ["abcabc", "abcabc"]
    assert seen == [(2, 2), (2, 3), (2, 3), (2, 3)]
    daring = generate(
        lambda tokens: torch.zeros(*tokens.shape, 3), ABC, prompt="", count=1, length=300,
        sampling=Sampling(1.0), context=3, generator=dice(),
    )  # fmt: skip
    assert set(daring[0]) == set("abc")


def test_prompts_of_unknown_characters_start_somewhere() -> None:
    assert started("xbyaz", ABC) == [1, 0]
    assert started("", Vocabulary("characters", ("a", "b", "\n"))) == [2] and started("xyz", ABC) == [0]


def test_a_model_of_byte_pairs_writes_text() -> None:
    text = "naïve cats and naïve dogs, " * 20
    pairs = learned("bpe", [text], size=280, min_count=2, lower=False, specials=())
    numbers = pairs.numbers(text)
    assert len(numbers) < len(text)

    def remembered(tokens: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(
            torch.tensor([numbers[: tokens.shape[1] + 1][1:]]), len(pairs)
        ).float()

    length = len(pairs.numbers(" cats and naïve dogs"))
    texts = generate(
        remembered,
        pairs,
        prompt="naïve",
        count=1,
        length=length,
        sampling=Sampling(),
        context=99,
        generator=dice(),
    )
    assert texts == ["naïve cats and naïve dogs"]


def test_a_sentence_ends_where_the_model_ends_it() -> None:
    names = Vocabulary("characters", (PAD, UNKNOWN, START, END, "a", "b"), (PAD, UNKNOWN, START, END))
    assert started("xab", names) == [2, 4, 5]

    def ending(tokens: Tensor) -> Tensor:
        """After <s> comes a, then b, then </s> for ever."""
        following = torch.tensor([0, 0, 4, 3, 5, 3])[tokens]
        return torch.nn.functional.one_hot(following, 6).float()

    texts = generate(
        ending, names, prompt="", count=2, length=9, sampling=Sampling(), context=9, generator=dice()
    )
    assert texts == ["ab", "ab"]


def sampling(fields: str, length: int) -> str:
    """A model of windows of Python's reference that writes samples with these fields."""
    return f"""
        text Dataset dataset=reference-text length={length}
        emb Embedding embedding_dim=4 < text.tokens
        fc Linear out_features='= vocabulary' < emb
        loss CrossEntropyLoss < fc text.next
        samples TextSamples length=5 {fields} < fc
    """


def test_probes_of_a_run_are_recorded_with_their_captions(trained: Trained) -> None:
    document = draw(sampling("count=3 prompt='The'", 16), steps=2, batch_size=8)
    run = trained.run(document)
    assert run.state == "completed", run.cause
    (media,) = trained.store.media(run.id)
    assert (media.probe, media.kind, media.step, media.caption) == ("samples", "text", 2, "epoch 1")
    written = media.data.decode().split("\n\n")
    assert media.data.decode().startswith("The") and sum(map(len, written)) >= 3 * 8 - 4


def test_signs_of_a_prompt_that_no_text_has_are_told_once(trained: Trained) -> None:
    document = draw(sampling("count=1 prompt='The →'", 2000), epochs=2, batch_size=64)
    run = trained.run(document)
    assert run.state == "completed", run.cause
    assert len(trained.store.media(run.id)) == 2
    told = [line for line in trained.log(run) if "→" in line]
    assert told == [
        "samples: the text of the training has no “→”, so the samples go on from the prompt without."
    ]


# Feeds.


def test_the_first_dataset_decides_how_long_an_epoch_is() -> None:
    document = draw(
        """
        data Dataset dataset=iris
        more Dataset dataset=diabetes
        fc Linear out_features=3 < data.features
        other Linear out_features=1 < more.features
        loss CrossEntropyLoss < fc data.label
        side MSELoss < other more.target
        """
    )
    analysis = analysed(document, SAMPLES)
    loaded = {id: load_data(id) for id in ("iris", "diabetes")}
    feeds = Feeds.of(analysis, loaded, 40, CPU)
    batches = list(feeds.epoch(3, 0))
    assert len(batches) == feeds.steps("train") == -(-loaded["iris"].sizes["train"] // 40)
    assert set(batches[0]) == {"data.features", "data.label", "more.features", "more.target"}
    again = list(feeds.epoch(3, 0, skip=1))
    assert len(again) == len(batches) - 1
    assert all(torch.equal(a[k], b[k]) for a, b in zip(again, batches[1:], strict=True) for k in a)
    assert feeds.has("validation") and feeds.has("test") and not feeds.has("nothing")


def test_a_shorter_further_dataset_starts_again() -> None:
    document = draw(
        """
        data Dataset dataset=diabetes
        more Dataset dataset=iris
        fc Linear out_features=1 < data.features
        other Linear out_features=2 < more.features
        loss MSELoss < fc data.target
        side MSELoss target=0 < other
        """
    )
    loaded = {id: load_data(id) for id in ("iris", "diabetes")}
    feeds = Feeds.of(analysed(document, SAMPLES), loaded, 30, CPU)
    batches = list(feeds.epoch(1, 0))
    turn = loaded["iris"].steps_per_epoch("train", 30)
    assert len(batches) > turn + 1
    first, second = batches[0]["more.features"], batches[turn]["more.features"]
    assert first.shape == second.shape and not torch.equal(first, second), "in another order"
    again = list(feeds.epoch(1, 0, skip=turn + 1))
    assert torch.equal(again[0]["more.features"], batches[turn + 1]["more.features"])


TWO = """
    data Dataset dataset={}
    more Dataset dataset={}
    fc Linear out_features=4 < data.features
    other Linear out_features=4 < more.features
    both Add < fc other
    loss MSELoss target=0 < both
"""


@pytest.mark.parametrize(("first", "second"), [("diabetes", "iris"), ("iris", "diabetes")])
def test_batches_of_several_datasets_are_of_one_size(first: str, second: str) -> None:
    """In training as in evaluation, so that layers may take in both; and all of the first is evaluated."""
    loaded = {id: load_data(id) for id in (first, second)}
    feeds = Feeds.of(analysed(draw(TWO.format(first, second)), SAMPLES), loaded, 16, CPU)
    for split, batches in (("train", list(feeds.epoch(2, 0))), ("test", list(feeds.split("test")))):
        size = loaded[first].sizes[split]
        assert [len(each["data.features"]) for each in batches] == [
            len(each["more.features"]) for each in batches
        ]
        assert sum(len(each["data.features"]) for each in batches) in (size, size - 1)
    alone = loaded[first].batches("test", 16, shuffle=False)
    seen = torch.cat([batch["data.features"] for batch in feeds.split("test")])
    assert torch.equal(seen, torch.cat([batch["features"] for batch in alone]))


def test_a_further_dataset_smaller_than_a_batch_fills_it() -> None:
    loaded = {id: load_data(id) for id in ("diabetes", "iris")}
    feeds = Feeds.of(analysed(draw(TWO.format("diabetes", "iris")), SAMPLES), loaded, 35, CPU)
    few = loaded["iris"].sizes["test"]
    assert few < 35 < loaded["diabetes"].sizes["test"]
    batch = next(feeds.split("test"))["more.features"]
    assert len(batch) == 35 and torch.equal(batch[:5], batch[few : few + 5])


@pytest.mark.parametrize("order", ["shuffled", "in order"])
def test_what_is_not_shuffled_goes_together_in_the_last_batch_too(order: str) -> None:
    """The n-th example of one with the n-th of the other, which begins again where it ends."""
    document = draw(TWO.format("diabetes", "iris").replace("iris\n", f"iris order='{order}'\n"))
    loaded = {id: load_data(id) for id in ("diabetes", "iris")}
    feeds = Feeds.of(analysed(document, SAMPLES), loaded, 16, CPU)
    few, many = loaded["iris"].sizes["test"], loaded["diabetes"].sizes["test"]
    assert few < many and many % 16
    alone = next(loaded["iris"].batches("test", few, shuffle=False))["features"]
    for skip in (0, 3):
        found = torch.cat([batch["more.features"] for batch in feeds.split("test", skip)])
        assert torch.equal(found, alone[torch.arange(16 * skip, many) % few])


def test_a_further_dataset_without_examples_is_told() -> None:
    loaded = {id: load_data(id) for id in ("diabetes", "iris")}
    flowers = loaded["iris"]
    assert isinstance(flowers, ItemSet)
    empty = replace(
        flowers, sizes={**flowers.sizes, "train": 0},
        positions={**flowers.positions, "train": torch.zeros(0, dtype=torch.int64)},
    )  # fmt: skip
    feeds = Feeds.of(
        analysed(draw(TWO.format("diabetes", "iris")), SAMPLES), {**loaded, "iris": empty}, 16, CPU
    )
    with pytest.raises(DataError, match="“Iris flowers” has nothing in its train part"):
        next(feeds.epoch(0, 0))
