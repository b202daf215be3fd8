"""What language models write with the vocabularies of their datasets."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from workbench.engine.data import Loaded, assembled, load_sample
from workbench.engine.decoding import Sampling
from workbench.engine.feeds import Feed
from workbench.engine.once import Once
from workbench.engine.readers import text_lines, text_pairs
from workbench.engine.readers.reader import Reading
from workbench.engine.writing import written

DIGITS = {str(i): word for i, word in enumerate("zero one two three four".split())}


def feed_of(data: Loaded, length: int = 64) -> Feed:
    return Feed(data, length, {name: f"data.{name}" for name in data.schema.outputs})


def write(feed: Feed, scores: object, prompt: str = "", count: int = 2) -> list[str]:
    assert callable(scores)
    return written(
        scores, "data", feed, prompt=prompt, count=count, length=20, sampling=Sampling(),
        generator=torch.Generator(), split="validation", once=Once([]),
    )  # fmt: skip


def test_translations_of_held_back_sentences(tmp_path: Path) -> None:
    """A model that looks each digit up writes the words, one after the other, and stops."""
    rows = [f"{a} {b}" for a in DIGITS for b in DIGITS] * 2
    (tmp_path / "all.xx").write_text("\n".join(rows))
    (tmp_path / "all.yy").write_text("\n".join(" ".join(DIGITS[d] for d in row.split()) for row in rows))
    reading = Reading({"source": "xx", "target": "yy", "min_count": 1})
    content = text_pairs.read(tmp_path, reading)
    source, target = content.vocabularies["source"], content.vocabularies["target"]
    end = target.special("</s>")

    def scores(batch: Mapping[str, Tensor]) -> Tensor:
        written_so_far = batch["data.target"]
        rows = []
        for digits in batch["data.source"].tolist():
            answer = [*target.numbers(" ".join(DIGITS[d] for d in source.pieces(digits))), end]
            rows.append([answer[min(i, 2)] for i in range(written_so_far.shape[1])])
        return torch.nn.functional.one_hot(torch.tensor(rows), len(target)).float()

    texts = write(feed_of(assembled(content)), scores, count=3)
    held = [source.decode(content.arrays["source"][i]) for i in content.splits["validation"][:3]]
    assert texts == [f"{row} → {' '.join(DIGITS[d] for d in row.split())}" for row in held]


def test_lines_begin_and_end_where_their_vocabulary_says(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("ab\nabab\nba\n" * 5)
    content = text_lines.read(tmp_path / "names.txt", Reading({}))
    known = content.vocabularies["tokens"]
    a, b, end = known.index["a"], known.index["b"], known.special("</s>") or 0
    seen: list[tuple[int, int]] = []

    def scores(batch: Mapping[str, Tensor]) -> Tensor:
        """An a follows <s>, a b every a; after three of them it is over."""
        tokens = batch["data.tokens"]
        seen.append((tokens.shape[1], int(batch["data.length"][0])))
        last = tokens[:, -1]
        following = torch.where(last == a, b, torch.where((tokens == b).sum(1) >= 2, end, a))
        return torch.nn.functional.one_hot(following, len(known)).float()[:, None]

    assert write(feed_of(assembled(content)), scores) == ["abab", "abab"]
    assert seen == [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)], "no longer than the lines of the dataset"
    assert write(feed_of(assembled(content)), scores, prompt="bxa", count=1) == ["bab"]


def test_a_running_text_has_the_window_of_its_node() -> None:
    data = load_sample("reference-text")
    widths = set()

    def scores(batch: Mapping[str, Tensor]) -> Tensor:
        widths.add(batch["data.tokens"].shape[1])
        following = torch.full_like(batch["data.tokens"], data.schema.labels.index("!"))
        return torch.nn.functional.one_hot(following, len(data.schema.labels)).float()

    (text,) = write(feed_of(data, 8), scores, prompt="Hi", count=1)
    assert text == "Hi" + "!" * 20 and max(widths) == 8
