"""Candidates as whole words: each first piece is finished, and a word has the product of its pieces' probabilities."""

import pandas as pd
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import by_torch, whole_words
from gpt_core.measure.whole_words import WholeWord
from pages import show
from pages.figures import visible
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.words import N_, _, listed, percent

TITLE = N_("Whole words")

SHOWN, AMONG = 6, 12  # words that are drawn, and first pieces that are tried


def words(model: GPT, trace: GPTTrace) -> list[WholeWord]:
    """The likeliest of the words that begin with the likeliest tokens."""
    return whole_words.likeliest_words(model, trace, tokenizer().token, n=SHOWN, among=AMONG)


def shares(model: GPT, ids: Tensor, pieces: tuple[int, ...]) -> list[float]:
    """Each piece's probability after the text and the pieces before it, by PyTorch's own functions, in one pass."""
    room = model.config.context_length - len(pieces) + 1
    text = [*ids.tolist()[-room:], *pieces]
    vectors = by_torch.final_vectors(model, ids.new_tensor(text[:-1]))[-len(pieces) :]
    return [float(by_torch.next_probs(model, vector)[id]) for vector, id in zip(vectors, pieces, strict=True)]


def name_of(word: WholeWord) -> str:
    """A word with its pieces set apart."""
    return "·".join(visible(token) for token in map(tokenizer().token, word.pieces))


def draw(reading: Reading, _chosen: Choices) -> None:
    """The words as bars, and the likeliest as the product it is."""
    say("word_candidates")
    found = reading.of(words)
    alt = _("The likeliest whole words after the text, each with the product of its pieces’ probabilities.")
    names = [name_of(word) for word in found]
    show.candidates("word_candidates", names, [word.probability for word in found], alt, height=340)
    longest = max(found, key=lambda word: len(word.pieces))
    again = reading.of(shares, pieces=longest.pieces)
    product = 1.0
    for share in again:
        product *= share
    tell(
        _("{word}: {parts} = {probability:.2%}"),
        word=name_of(longest),
        parts=" × ".join(percent(share, 2) for share in again),
        probability=longest.probability,
    )
    off = abs(longest.probability / product - 1)
    sentence = _(
        "In one pass over text and word, PyTorch’s own functions give the same product: off by {n:tiny} of it."
    )
    check(off < 1e-3, sentence, n=off)


def answer(reading: Reading, _chosen: Choices) -> None:
    """Whether the likeliest word begins with the likeliest token."""
    best, first = reading.of(words)[0], int(reading.trace.next_logits.argmax())
    if best.pieces[0] == first:
        sentence = _("The likeliest word, {word}, begins with the likeliest token, {token}.")
    else:
        sentence = _("The likeliest word, {word}, does not begin with the likeliest token, {token}: that one goes on.")
    tell(sentence, word=name_of(best), token=tokenizer().token(first))


CODE = (whole_words.likeliest_words, whole_words.continues_a_word)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """A row for each word: its pieces, their probabilities and the product."""
    rows = [
        {
            _("word"): name_of(word),
            _("probability of each piece"): listed(
                percent(share, 2) for share in reading.of(shares, pieces=word.pieces)
            ),
            _("probability"): word.probability,
        }
        for word in reading.of(words)
    ]
    return pd.DataFrame(rows)
