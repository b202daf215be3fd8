"""BLEU held against sacrebleu, and where it is not defined."""

import random

import pytest
from sacrebleu.metrics.bleu import BLEU

from workbench.engine.bleu import corpus_bleu

WORDS = "the a red cat dog sleeps runs on under mat tree , .".split()


def noisy(words: list[str], dice: random.Random) -> list[str]:
    """What a fair translator makes of it: some words left out, some others, some more."""
    kept = [word if dice.random() > 0.15 else dice.choice(WORDS) for word in words if dice.random() > 0.1]
    return kept + [dice.choice(WORDS)] * (dice.random() > 0.8)


@pytest.mark.parametrize("seed", range(5))
def test_bleu_is_that_of_sacrebleu(seed: int) -> None:
    dice = random.Random(seed)
    references = [[dice.choice(WORDS) for _ in range(dice.randint(1, 20))] for _ in range(60)]
    texts = [noisy(reference, dice) for reference in references]
    theirs = BLEU(tokenize="none", smooth_method="none", force=True)
    wanted = theirs.corpus_score([" ".join(text) for text in texts], [[" ".join(row) for row in references]])
    assert corpus_bleu(texts, references) == pytest.approx(wanted.score, abs=1e-9)
    assert wanted.score > 10


def test_a_perfect_text_has_100_and_a_short_one_less() -> None:
    reference = "the red cat sleeps on the mat".split()
    assert corpus_bleu([reference], [reference]) == pytest.approx(100)
    assert 0 < corpus_bleu([reference[:5]], [reference]) < 70


def test_nothing_in_common_is_0() -> None:
    assert corpus_bleu([["a", "b"]], [["c", "d"]]) == 0
    assert corpus_bleu([[]], [["c", "d"]]) == 0 and corpus_bleu([], []) == 0
    assert corpus_bleu([["a", "b", "c"]], [["a", "b", "c"]]) == 0, "no pieces of four words"
