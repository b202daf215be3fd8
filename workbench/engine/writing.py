"""Texts that a language model writes, token by token.  Imports torch, the feeds and the readers' vocabularies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice

import torch
from torch import Tensor

from workbench.engine.feeds import TEST, TRAIN, VALIDATION, Feed
from workbench.engine.readers.tokens import END, START, UNKNOWN, Vocabulary

Scores = Callable[[Mapping[str, Tensor]], Tensor]


def written(
    scores: Scores,
    node: str,
    feed: Feed,
    *,
    prompt: str,
    count: int,
    length: int,
    temperature: float,
    device: torch.device,
) -> list[str]:
    """What the model makes of a prompt; of sentence pairs, what it makes of the first ones held back.

    `scores` maps a batch, whose entries are named by the dataset's node, to N×L×V.
    """
    if f"{node}.source" in feed.outputs.values():
        return _answers(scores, node, feed, count, length, temperature, device)
    known = feed.data.vocabularies["tokens"]
    # Windows of a text have the length that the node asks for, sentences that of the dataset.
    context = feed.length if known.special(START) is None else feed.data.tensors["tokens"].shape[1]

    def next_scores(tokens: Tensor) -> Tensor:
        lengths = torch.full((len(tokens),), tokens.shape[1], device=device)
        return scores({f"{node}.tokens": tokens, f"{node}.next": tokens, f"{node}.length": lengths})

    return generate(
        next_scores,
        known,
        prompt=prompt,
        count=count,
        length=length,
        temperature=temperature,
        context=context,
        device=device,
    )


def generate(
    logits: Callable[[Tensor], Tensor],
    vocabulary: Vocabulary,
    *,
    prompt: str,
    count: int,
    length: int,
    temperature: float,
    context: int,
    device: torch.device,
) -> list[str]:
    """Texts that a language model writes, token by token, from the last `context` ones.

    `logits` maps tokens N×L to N×L×V; tokens are drawn from the softmax of the last ones over `temperature`
    (0 takes the likeliest).  A text ends with </s> where the vocabulary has one.
    """
    start = torch.tensor([started(prompt, vocabulary)] * count, device=device)
    rows = _continued(lambda text: logits(text[:, -context:]), start, length, temperature, vocabulary)
    return [vocabulary.decode(row) for row in rows]


def started(prompt: str, vocabulary: Vocabulary) -> list[int]:
    """Tokens of a prompt behind <s>; what the vocabulary lacks is left out, and nothing left means a new line."""
    unknown, start = vocabulary.special(UNKNOWN), vocabulary.special(START)
    tokens = [token for token in vocabulary.numbers(prompt) if token != unknown]
    if start is not None:
        return [start, *tokens]
    line = vocabulary.numbers("\n")
    return tokens or ([line[0]] if line and line[0] != unknown else [len(vocabulary.specials)])


def _answers(
    scores: Scores, node: str, feed: Feed, count: int, length: int, temperature: float, device: torch.device
) -> list[str]:
    """The first pairs held back, each “source → what the model writes”."""
    split = next((name for name in (VALIDATION, TEST) if feed.data.sizes.get(name)), TRAIN)
    batch = next(islice(feed.data.batches(split, count, shuffle=False, outputs=feed.outputs), 1))
    theirs, ours = feed.data.vocabularies["source"], feed.data.vocabularies["target"]
    first = ours.special(START) or 0
    start = torch.full((len(batch[f"{node}.source"]), 1), first, device=device)

    def next_scores(text: Tensor) -> Tensor:
        return scores({**batch, f"{node}.target": text, f"{node}.next": text})

    # The dataset's length is what a model with positions of its own can take.
    most = min(length, feed.data.tensors["target"].shape[1])
    rows = _continued(next_scores, start, most, temperature, ours)
    sources = batch[f"{node}.source"].tolist()
    return [
        f"{theirs.decode(source)} → {ours.decode(row)}" for source, row in zip(sources, rows, strict=True)
    ]


def _continued(
    scores: Callable[[Tensor], Tensor], text: Tensor, length: int, temperature: float, vocabulary: Vocabulary
) -> list[list[int]]:
    """Rows of tokens, each cut where it ends."""
    end = vocabulary.special(END)
    for _ in range(length):
        last = scores(text)[:, -1].float()
        if temperature > 0:
            chosen = torch.multinomial(torch.softmax(last / temperature, dim=-1), 1)
        else:
            chosen = last.argmax(dim=-1, keepdim=True)
        text = torch.cat([text, chosen], dim=1)
        if end is not None and bool((text == end).any(dim=1).all()):
            break
    rows = text.tolist()
    return [row[: row.index(end)] if end in row else row for row in rows]
