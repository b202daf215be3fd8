import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import DataError
from workbench.engine.readers import tokens
from workbench.engine.readers.tokens import END, PAD, START, UNKNOWN, Kind, Vocabulary, learned, pieces_of

STORY = "The cat sat. The dog didn't sit, the cat (a cat!) did:\nNaïve café – 東京 😀.\n" * 30
KINDS: tuple[Kind, ...] = ("characters", "words", "bpe")
SPECIALS = (PAD, UNKNOWN, START, END)


def vocabulary(
    kind: Kind,
    text: str = STORY,
    size: int = 400,
    *,
    min_count: int = 1,
    lower: bool = False,
    specials: tuple[str, ...] = (),
) -> Vocabulary:
    return learned(kind, [text], size=size, min_count=min_count, lower=lower, specials=specials)


@pytest.mark.parametrize("kind", ["characters", "bpe"])
@pytest.mark.parametrize("specials", [(), SPECIALS], ids=["plain", "specials"])
def test_tokens_spell_the_text(kind: Kind, specials: tuple[str, ...]) -> None:
    known = vocabulary(kind, specials=specials)
    assert known.decode(known.numbers(STORY)) == STORY
    assert known.entries[: len(specials)] == specials and known.specials == specials
    assert "".join(known.pieces(known.numbers("The cat"))) == "The cat"


def test_words_keep_apostrophes_and_signs() -> None:
    known = vocabulary("words")
    numbers = known.numbers("The dog didn't sit, the cat (a cat!) did:\nThe")
    assert known.pieces(numbers) == [
        *("The", "dog", "didn't", "sit", ",", "the", "cat"),
        *("(", "a", "cat", "!", ")", "did", ":", "\n", "The"),
    ]
    assert known.decode(numbers) == "The dog didn't sit, the cat (a cat!) did:\nThe"
    assert known.entries[:2] == ("cat", "\n"), "the most frequent first"


def test_rare_and_unknown_words() -> None:
    known = vocabulary("words", "a a a b b c", min_count=2)
    assert known.entries == (UNKNOWN, "a", "b")
    assert known.numbers("a c b zebra") == [1, 0, 2, 0]
    assert known.decode([1, 0, 2]) == "a <unk> b"
    few = vocabulary("words", "a a a b b c", size=3, specials=SPECIALS[:1])
    assert few.entries == (PAD, UNKNOWN, "a")
    whole = vocabulary("words", "a a b")
    assert whole.specials == () and whole.numbers("b zebra a") == [1, 0], "left out where there is no <unk>"


def test_several_texts_are_encoded_one_after_the_other() -> None:
    texts = ["ab", "", "xa", "cccc"]
    flat, lengths = vocabulary("characters", "abc").encode(texts)
    assert (flat.tolist(), lengths.tolist()) == ([0, 1, 0, 2, 2, 2, 2], [2, 0, 1, 4])
    pairs = vocabulary("bpe", size=300)
    flat, lengths = pairs.encode(["The cat", "", " 東京", "sat"])
    assert flat.tolist() == [*pairs.numbers("The cat"), *pairs.numbers(" 東京"), *pairs.numbers("sat")]
    assert lengths.tolist()[1] == 0 and sum(lengths) == len(flat)


def test_byte_pairs_are_shorter_than_bytes_and_always_the_same() -> None:
    known = vocabulary("bpe", size=300)
    assert len(known) == 300 and len(known.merges) == 44
    assert len(known.numbers(STORY)) < 0.6 * len(STORY.encode())
    assert known == vocabulary("bpe", size=300)


def test_byte_pairs_are_those_of_the_tokenizers_library() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    known = vocabulary("bpe", size=320, specials=(PAD,))
    numbers = {entry: number for number, entry in enumerate(known.entries[1:])}
    peer = Tokenizer(models.BPE(vocab=numbers, merges=list(known.merges)))
    peer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text = "The naïve dog's  café –\n\n 東京 sat."
    assert known.numbers(text) == [number + 1 for number in peer.encode(text).ids]


def test_text_that_looks_like_a_special_token_is_text() -> None:
    text = "a <s> b </s> <pad> <unk> <s> <s>"
    for kind in KINDS:
        known = vocabulary(kind, text * 9, specials=SPECIALS)
        assert min(known.numbers(text)) >= len(SPECIALS)
    assert known.decode([2, *known.numbers(text), 3, 0]) == text, "start, end and padding are silent"


def test_half_a_letter_is_seen_as_such() -> None:
    known = vocabulary("bpe", "plain", size=256)
    numbers = known.numbers("é")
    assert len(numbers) == 2 and known.pieces(numbers) == ["�", "�"] and known.decode(numbers) == "é"
    assert known.decode(numbers[:1]) == "�" and known.pieces([9999]) == ["�"] and known.decode([9999]) == ""


@pytest.mark.parametrize("kind", KINDS)
def test_lower_case_and_the_way_through_json(kind: Kind) -> None:
    known = vocabulary(kind, lower=True, specials=SPECIALS)
    assert known.decode(known.numbers("The CAT")) == "the cat"
    again = Vocabulary.from_json(json.loads(json.dumps(known.to_json())))
    assert again == known and again.numbers(STORY) == known.numbers(STORY)


def test_damaged_vocabularies_and_impossible_sizes() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        Vocabulary.from_json({**vocabulary("words").to_json(), "kind": "runes"})
    with pytest.raises(DataError, match="at least 260 are needed"):
        vocabulary("bpe", size=259, specials=SPECIALS)
    with pytest.raises(DataError, match="vocabulary of 3 entries is too small"):
        vocabulary("words", size=3, specials=SPECIALS)


@given(st.text(max_size=200), st.integers(1, 20))
def test_pieces_are_the_text(text: str, size: int) -> None:
    pieces = list(pieces_of(text, size))
    assert "".join(pieces) == text and all(0 < len(piece) <= size for piece in pieces)


@given(st.text(max_size=60))
def test_every_text_survives_byte_pairs(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert _PAIRS.decode(_PAIRS.numbers(text)) == text


def test_of_a_long_text_only_a_part_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_LEARNED_FROM", 100)
    known = vocabulary("bpe", "abab " * 100 + "zq" * 500, size=300)
    assert "ab" in known.entries and "zq" not in known.entries


_PAIRS = vocabulary("bpe", size=300)
