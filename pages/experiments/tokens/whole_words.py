"""Whole words: a vocabulary of the words of this text, tried on another sentence, beside BPE."""

import pandas as pd

from gpt_core.tokenizer.word_vocabulary import UNKNOWN, WordVocabulary, words_of
from pages.experiments.tokens.rows import tokens_row
from pages.figures import visible
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.components import chips
from pages.ui.components.chips import Row
from pages.ui.layout import text_box
from pages.ui.words import N_, _, number

TITLE = N_("Whole words")

LONGEST_SENTENCE = 300  # characters
MOST_WORDS = 200  # of the vocabulary, the first


def draw(reading: Reading, _chosen: Choices) -> None:
    """The other sentence as words, as the ids of words where the text has them, and as BPE tokens."""
    say("whole_words")
    suggested = _("The hippopotamus never saw the king again.")
    other = text_box(_("Another sentence"), suggested, key="tokens_other", most=LONGEST_SENTENCE)
    vocabulary = WordVocabulary.built_from(reading.text)
    ids = vocabulary.encode(other)
    known = [vocabulary.words[id] for id in ids]
    unknown = [i for i, word in enumerate(known) if word == UNKNOWN]
    size = _("a vocabulary of {n} whole words").format(n=number(len(vocabulary.words)))
    bpe = _("BPE: {n} sub-words").format(n=number(tokenizer().vocab_size))
    listed = [visible(word) for word in vocabulary.words[:MOST_WORDS]]
    rows = [
        Row(_("the vocabulary of your text"), listed, [str(id) for id in range(len(listed))], plain=True),
        Row(_("its words"), [visible(word) for word in words_of(other)], plain=True),
        Row(size, [visible(word) for word in known], [str(id) for id in ids], unknown),
        tokens_row(bpe, tokenizer().encode(other)),
    ]
    chips.draw(rows, key="whole_words", label=_("Whole words beside BPE."))
    tell(
        _(
            "{unknown} of {n:,|word|words} {unknown:|is|are} lost as {mark}; BPE loses none: "
            "what it does not know falls into known pieces."
        ),
        unknown=len(unknown),
        n=len(ids),
        mark=UNKNOWN.encode(),
    )


CODE = (WordVocabulary, words_of)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The vocabulary of the text: every word with its id."""
    words = WordVocabulary.built_from(reading.text).words
    return pd.DataFrame({_("word"): [visible(word) for word in words], _("id"): range(len(words))})
