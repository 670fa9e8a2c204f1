"""Candidates as whole words: every piece is the model's first choice, and the probability is the product of theirs."""

import pytest
import torch

from gpt_core.measure.whole_words import MOST_PIECES, continues_a_word, likeliest_words

BEGINS = {1, 6, 12}  # ids that begin a word
LETTERS = {i: (b" " if i in BEGINS else b"") + bytes([97 + i]) for i in range(17)}


def by_hand(model, ids: list[int], first: int) -> tuple[tuple[int, ...], float]:
    """The same by reading the whole text afresh for every piece, in double precision."""
    text, pieces = list(ids), [first]
    product = float(model(torch.tensor(text))[-1].double().softmax(-1)[first])
    while len(pieces) < MOST_PIECES and len(text) + 1 <= model.config.context_length:
        text.append(pieces[-1])
        probs = model(torch.tensor(text))[-1].double().softmax(-1)
        best = int(probs.argmax())
        if LETTERS[best].startswith(b" "):
            break
        pieces.append(best)
        product *= float(probs[best])
    return tuple(pieces), product


def test_words_are_those_of_reading_everything_afresh(tiny):
    ids = [3, 1, 4]
    words = likeliest_words(tiny, tiny.trace(torch.tensor(ids)), LETTERS.__getitem__, n=17, among=17)
    expected = sorted((by_hand(tiny, ids, first) for first in range(17)), key=lambda word: -word[1])
    assert len(words) == 17
    assert any(len(word.pieces) > 1 for word in words)
    for word, (pieces, probability) in zip(words, expected, strict=True):
        assert word.pieces == pieces
        assert word.probability == pytest.approx(probability, rel=1e-4)


def test_the_likeliest_come_first_and_are_as_many_as_asked(tiny):
    words = likeliest_words(tiny, tiny.trace(torch.tensor([2])), LETTERS.__getitem__, n=4, among=9)
    assert len(words) == 4
    assert [word.probability for word in words] == sorted((word.probability for word in words), reverse=True)


def test_a_full_context_leaves_the_word_as_it_is(tiny):
    full = torch.arange(tiny.config.context_length) % 17
    words = likeliest_words(tiny, tiny.trace(full), LETTERS.__getitem__, n=3)
    assert all(len(word.pieces) == 1 for word in words)


def test_punctuation_and_line_ends_are_never_gone_on_with(tiny):
    words = likeliest_words(tiny, tiny.trace(torch.tensor([2, 5])), lambda id: b"." if id % 2 else b"\n", n=9)
    assert all(len(word.pieces) == 1 for word in words)


@pytest.mark.parametrize("piece", [b"ing", b"9", "é".encode(), b"\xa9", b"'s", "’eau".encode()])
def test_letters_and_parts_of_characters_go_on_with_a_word(piece):
    assert continues_a_word(piece)


@pytest.mark.parametrize("piece", [b" a", b"\n", b",", b"'", b"", "…".encode()])
def test_a_word_ends_at_spaces_and_signs(piece):
    assert not continues_a_word(piece)
