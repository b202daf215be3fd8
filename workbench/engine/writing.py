"""What models write with the vocabularies of their datasets: texts, and translations of sentences.

Imports torch, decoding, the feeds and the readers' vocabularies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby, islice

import torch
from torch import Tensor

from workbench.core.text import one_line
from workbench.engine.bleu import corpus_bleu
from workbench.engine.decoding import Following, Sampling, beam_search, continued
from workbench.engine.feeds import Feed
from workbench.engine.once import Once
from workbench.engine.readers.tokens import END, START, UNKNOWN, Vocabulary

Scores = Callable[[Mapping[str, Tensor]], Tensor]
Decode = Callable[[Following, Tensor, int, int | None], list[list[int]]]
"""From the scores of what follows, rows of tokens, how many may follow and </s>: the rows as they went on."""

_WORDS = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_MOST_SCORES = 2**24  # of one step: 64 MB
_MOST_ROWS = 64
_MOST_SIGNS = 12


@dataclass(frozen=True, slots=True)
class Translation:
    """A sentence, its reference, and what the model writes."""

    source: str
    reference: str
    written: str


@dataclass(frozen=True, slots=True)
class Translated:
    """The first pairs, how many there were in all, and the BLEU of all of them."""

    shown: list[Translation]
    count: int
    bleu: float


def lacking(known: Vocabulary | None, prompt: str) -> str:
    """Which signs of a prompt a model of single signs never met and does not see, in words; "" for none."""
    if known is None or known.kind != "characters" or known.special(UNKNOWN) is not None:
        return ""
    signs = prompt.lower() if known.lower else prompt
    strange = list(dict.fromkeys(sign for sign in signs if sign not in known.index))
    listed = ", ".join(f"“{one_line(sign) or '(blank)'}”" for sign in strange[:_MOST_SIGNS])
    return f"{listed} and {len(strange) - _MOST_SIGNS} more" if len(strange) > _MOST_SIGNS else listed


def written(
    scores: Scores,
    node: str,
    feed: Feed,
    *,
    prompt: str,
    count: int,
    length: int,
    sampling: Sampling,
    generator: torch.Generator,
    split: str,
    once: Once,
) -> list[str]:
    """What the model makes of a prompt; of sentence pairs, what it makes of the first ones of a split.

    `scores` maps a batch, whose entries are named by the dataset's node, to N×L×V.
    """
    if f"{node}.source" in feed.outputs.values():
        decode = sampled(sampling, generator)
        pairs = translated(
            scores,
            node,
            feed,
            decode,
            split=split,
            shown=count,
            sentences=0,
            length=length,
            width=1,
            once=once,
        )
        return [f"{pair.source} → {pair.written}" for pair in pairs.shown]
    known = feed.data.vocabularies["tokens"]
    # Windows of a text have the length that the node asks for, sentences that of the dataset.
    context = feed.length if known.special(START) is None else feed.data.tensors["tokens"].shape[1]

    def next_scores(tokens: Tensor) -> Tensor:
        lengths = torch.full((len(tokens),), tokens.shape[1], device=generator.device)
        return scores({f"{node}.tokens": tokens, f"{node}.next": tokens, f"{node}.length": lengths})

    return generate(
        next_scores,
        known,
        prompt=prompt,
        count=count,
        length=length,
        sampling=sampling,
        context=context,
        generator=generator,
    )


def sampled(sampling: Sampling, generator: torch.Generator) -> Decode:
    """Translations that are drawn, or made of the likeliest token each time."""

    def decode(following: Following, start: Tensor, length: int, end: int | None) -> list[list[int]]:
        return continued(following, start, length, sampling, end=end, generator=generator)

    return decode


def beamed(width: int, penalty: float) -> Decode:
    """Translations that beam search finds."""

    def decode(following: Following, start: Tensor, length: int, end: int | None) -> list[list[int]]:
        if end is None:
            raise ValueError("beam search needs sentences that end; this dataset has no </s>")
        return beam_search(following, start, length, width=width, penalty=penalty, end=end)

    return decode


def generate(
    logits: Callable[[Tensor], Tensor],
    vocabulary: Vocabulary,
    *,
    prompt: str,
    count: int,
    length: int,
    sampling: Sampling,
    context: int,
    generator: torch.Generator,
) -> list[str]:
    """Texts that a language model writes, token by token, from the last `context` ones, all of them at once.

    `logits` maps tokens N×L to N×L×V. A text ends with </s> where the vocabulary has one.
    """
    start = torch.tensor([started(prompt, vocabulary)] * count, device=generator.device)
    rows = continued(
        lambda text, _: _last(logits(text[:, -context:]), vocabulary),
        start,
        length,
        sampling,
        end=vocabulary.special(END),
        generator=generator,
    )
    return [vocabulary.decode(row) for row in rows]


def _last(scores: Tensor, vocabulary: Vocabulary) -> Tensor:
    """The scores of what follows. Raises ValueError where they are not for the tokens of the vocabulary."""
    if scores.shape[-1] != len(vocabulary):
        raise ValueError(
            f"the scores are for {scores.shape[-1]:,} tokens, but what is written has {len(vocabulary):,}"
        )
    return scores[:, -1]


def started(prompt: str, vocabulary: Vocabulary) -> list[int]:
    """Tokens of a prompt behind <s>; what the vocabulary lacks is left out, and nothing left means a new line."""
    unknown, start = vocabulary.special(UNKNOWN), vocabulary.special(START)
    tokens = [token for token in vocabulary.numbers(prompt) if token != unknown]
    if start is not None:
        return [start, *tokens]
    line = vocabulary.numbers("\n")
    return tokens or ([line[0]] if line and line[0] != unknown else [len(vocabulary.specials)])


def translated(
    scores: Scores,
    node: str,
    feed: Feed,
    decode: Decode,
    *,
    split: str,
    shown: int,
    sentences: int,
    length: int,
    width: int,
    once: Once,
) -> Translated:
    """Translations of the first sentences of a split: `shown` of them to read, BLEU of `sentences`.

    `decode` keeps up to `width` texts of each sentence at once; `length` 0 means that of the dataset. `once` is told
    for which sentences the model is to run next.
    """
    theirs, ours = feed.data.vocabularies["source"], feed.data.vocabularies["target"]
    # The dataset's length is what a model with positions of its own can take.
    longest = feed.data.tensors["target"].shape[1]
    length = min(length or longest, longest)
    wanted = max(shown, sentences)
    size = max(1, min(_MOST_ROWS, wanted, _MOST_SCORES // (width * length * len(ours))))
    found: list[tuple[list[int], list[int], list[int]]] = []
    batches = feed.data.batches(split, size, shuffle=False, outputs=feed.outputs)
    for batch in islice(batches, -(-wanted // size)):
        start = torch.full_like(batch[f"{node}.target"][:, :1], ours.special(START) or 0)
        with once.batch():
            following = _following(scores, node, batch, ours, once)
            rows = decode(following, start, length, ours.special(END))
        found += zip(batch[f"{node}.source"].tolist(), _references(batch, node), rows, strict=True)
    found = found[:wanted]
    pairs = [
        Translation(theirs.decode(source), ours.decode(reference), ours.decode(row))
        for source, reference, row in found[:shown]
    ]
    scored = found[:sentences]
    texts = [_words(row, ours, "<?>") for _, _, row in scored]
    references = [_words(reference, ours, UNKNOWN) for _, reference, _ in scored]
    return Translated(pairs, len(scored), corpus_bleu(texts, references))


def _following(
    scores: Scores, node: str, batch: Mapping[str, Tensor], vocabulary: Vocabulary, once: Once
) -> Following:
    """Scores of the next token of a translation; each text stands beside its own source."""

    def following(text: Tensor, rows: Tensor) -> Tensor:
        once.rows = rows
        own = {name: tensor.index_select(0, rows) for name, tensor in batch.items()}
        return _last(scores({**own, f"{node}.target": text, f"{node}.next": text}), vocabulary)

    return following


def _references(batch: Mapping[str, Tensor], node: str) -> list[list[int]]:
    """What should be written: what the decoder is to say; of a dataset without that, what it is fed with."""
    tokens = batch.get(f"{node}.next", batch[f"{node}.target"])
    return [[token for token in row if token >= 0] for row in tokens.tolist()]


def _words(row: list[int], vocabulary: Vocabulary, unknown: str) -> list[str]:
    """The words and signs of a text for BLEU; for what the vocabulary lacks stands `unknown`, which matches nothing."""
    words: list[str] = []
    for is_unknown, tokens in groupby(row, lambda token: token == vocabulary.special(UNKNOWN)):
        if is_unknown:
            words += [unknown for _ in tokens]
        else:
            words += _WORDS.findall(vocabulary.decode(tokens))
    return words
