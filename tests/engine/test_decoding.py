"""Texts made of scores: drawn from the likeliest tokens, and beam search held against all texts there are."""

import itertools
import math

import pytest
import torch
from torch import Tensor

from workbench.engine.decoding import Sampling, beam_search, continued

END, FIRST = 0, 1
SCORES = torch.tensor([[0.5, 2.0, 1.0, -1.0]])


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def toy(seed: int, tokens: int) -> dict[tuple[int, ...], Tensor]:
    """Scores of what follows each text of up to three tokens: of its last two, so that texts differ."""
    made = torch.randn(tokens, tokens, tokens, generator=dice(seed)) * 1.5
    return {(a, b): made[a, b] for a in range(tokens) for b in range(tokens)}


def following(table: dict[tuple[int, ...], Tensor], shift: Tensor) -> object:
    """A model of several examples: each one's scores are shifted by numbers of its own."""

    def scores(text: Tensor, rows: Tensor) -> Tensor:
        found = [
            table[tuple(row[-2:])] + shift[i] for row, i in zip(text.tolist(), rows.tolist(), strict=True)
        ]
        return torch.stack(found)

    return scores


def every_text(
    scores: object, row: int, length: int, tokens: int, penalty: float
) -> dict[tuple[int, ...], float]:
    """The score of every text that ends within the length, the slow way."""
    assert callable(scores)
    found = {}
    for size in range(length):
        for inner in itertools.product(range(1, tokens), repeat=size):
            text, likely = [FIRST, FIRST], 0.0
            for token in (*inner, END):
                shares = torch.log_softmax(scores(torch.tensor([text]), torch.tensor([row])), -1)
                likely += float(shares[0, token])
                text.append(token)
            found[inner] = likely / ((5 + size + 1) / 6) ** penalty
    return found


@pytest.mark.parametrize("penalty", [0.0, 0.6, 3.0])
def test_a_wide_beam_finds_the_best_of_all_texts(penalty: float) -> None:
    tokens, length, examples = 4, 5, 3
    shift = torch.randn(examples, tokens, generator=dice(7))
    scores = following(toy(3, tokens), shift)
    start = torch.full((examples, 2), FIRST)
    assert callable(scores)
    found = beam_search(scores, start, length, width=3**5, penalty=penalty, end=END)
    for row, text in enumerate(found):
        every = every_text(scores, row, length, tokens, penalty)
        assert tuple(text[2:]) == max(every, key=lambda inner: every[inner]), (row, penalty)


def test_a_beam_of_one_is_greedy_and_a_wider_one_never_worse() -> None:
    tokens, length = 4, 6
    scores = following(toy(5, tokens), torch.zeros(4, tokens))
    start = torch.tensor([[FIRST, first] for first in range(tokens)])
    assert callable(scores)

    def likely(text: list[int]) -> float:
        total = 0.0
        for place in range(2, len(text)):
            shares = torch.log_softmax(scores(torch.tensor([text[:place]]), torch.tensor([0])), -1)
            total += float(shares[0, text[place]])
        return total

    greedy = continued(scores, start, length, Sampling(), end=END)
    one = beam_search(scores, start, length, width=1, penalty=0, end=END)
    wide = beam_search(scores, start, length, width=4, penalty=0, end=END)
    for own, narrow, best in zip(greedy, one, wide, strict=True):
        assert likely([*best, END]) >= likely([*narrow, END]) - 1e-6
        assert own[:3] == narrow[:3] or len(narrow) == 2, "the first token is the likeliest"


def test_longer_texts_win_with_a_penalty() -> None:
    """An end of 0.5 now, or surely a token and then the end of 0.4: without a penalty the short one wins."""

    def scores(text: Tensor, rows: Tensor) -> Tensor:
        shares = {1: [0.5, 0.5, 1e-9], 2: [0.8, 1e-9, 0.2]}
        return torch.tensor([shares[min(2, len(row) - 1 + 1)] for row in text.tolist()]).log()

    start = torch.tensor([[1]])
    assert beam_search(scores, start, 4, width=2, penalty=0.0, end=END) == [[1]]
    assert len(beam_search(scores, start, 4, width=2, penalty=5.0, end=END)[0]) > 1


def test_what_does_not_end_is_cut() -> None:
    def scores(text: Tensor, rows: Tensor) -> Tensor:
        return torch.tensor([[-math.inf, 1.0, 0.0]]).expand(len(text), -1)

    start = torch.tensor([[1], [1]])
    assert beam_search(scores, start, 3, width=2, penalty=0.6, end=END) == [[1, 1, 1, 1]] * 2
    assert continued(scores, start, 3, Sampling(), end=END) == [[1, 1, 1, 1]] * 2


def test_rows_that_ended_are_not_computed_again() -> None:
    seen: list[list[int]] = []

    def scores(text: Tensor, rows: Tensor) -> Tensor:
        """The first example ends after two tokens, the second after four."""
        seen.append(rows.tolist())
        over = torch.tensor([text.shape[1] >= 2 * (row + 1) for row in rows.tolist()])
        return torch.where(over[:, None], torch.tensor([9.0, 0.0, 0.0]), torch.tensor([0.0, 0.0, 9.0]))

    found = continued(scores, torch.tensor([[1], [1]]), 9, Sampling(), end=END)
    assert found == [[1, 2], [1, 2, 2, 2]]
    assert seen == [[0, 1], [0, 1], [1], [1]]


def test_top_k_and_top_p_leave_the_likeliest() -> None:
    whole = Sampling(1.0).shares(SCORES)
    torch.testing.assert_close(whole, torch.softmax(SCORES, -1))
    assert Sampling(1.0, top_k=2).shares(SCORES).nonzero()[:, 1].tolist() == [1, 2]
    assert Sampling(1.0, top_k=99).shares(SCORES).count_nonzero() == 4
    ranked = whole[0].sort(descending=True).values
    share = float(ranked[0] + ranked[1])
    assert Sampling(1.0, top_p=share - 0.01).shares(SCORES).nonzero()[:, 1].tolist() == [1, 2]
    assert Sampling(1.0, top_p=share + 0.01).shares(SCORES).count_nonzero() == 3
    assert Sampling(1.0, top_p=0.01).shares(SCORES).nonzero()[:, 1].tolist() == [1], "one always stays"
    assert Sampling(1.0, top_p=0.0).take(SCORES).tolist() == [1]
    assert Sampling(1e-38).shares(1000 * SCORES)[0].tolist() == [0, 1, 0, 0], (
        "no matter how large scores become"
    )
    assert float(Sampling(0.2).shares(SCORES)[0, 1]) > float(whole[0, 1])


def test_tokens_are_drawn_by_their_shares_and_the_seed() -> None:
    scores = SCORES.expand(4000, -1)
    drawn = Sampling(1.0, top_k=2).take(scores, dice(1))
    assert set(drawn.tolist()) == {1, 2}
    wanted = math.exp(2) / (math.exp(2) + math.exp(1))
    assert float((drawn == 1).float().mean()) == pytest.approx(wanted, abs=0.03)
    assert torch.equal(drawn, Sampling(1.0, top_k=2).take(scores, dice(1)))
    assert not torch.equal(drawn, Sampling(1.0, top_k=2).take(scores, dice(2)))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_scores_that_are_no_numbers_are_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="NaN"):
        Sampling(temperature).take(torch.tensor([[math.nan, 1.0]]), dice())
    with pytest.raises(ValueError, match="NaN"):
        beam_search(
            lambda text, rows: torch.full((len(text), 3), math.nan), torch.tensor([[1]]), 2, width=2, penalty=0,
            end=END,
        )  # fmt: skip
