"""The book's example, section 2.5: a text with an unknown word and a special token, and its ids."""

import streamlit as st

from gpt_core.examples import book
from pages.experiments.tokens.rows import counted, tokenized, tokens_row
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, check, say
from pages.ui.components import chips
from pages.ui.words import N_, _

# Raschka, section 2.5, as printed
IDS = [15496, 11, 466, 345, 588, 8887, 30, 220, 50256, 554, 262, 4252, 18250, 8812, 2114, 1659, 617, 34680, 27271, 13]
TITLE = N_("The book’s example")


def draw(_reading: Reading, _chosen: Choices) -> None:
    """The book's text as tokens, its ids as the book prints them, and that they give the text back."""
    say("book")
    ids = tokenized(book.TOKENIZER_TEXT, special=True).ids
    chips.draw([tokens_row(counted(len(ids)), ids)], key="book", label=_(TITLE))
    st.code(str(ids), language=None, wrap_lines=True)
    sentence = _("These are the ids the book prints; decoded, they give its text back, unknown word and all.")
    check(ids == IDS and tokenizer().decode(ids) == book.TOKENIZER_TEXT, sentence)
