"""Chapter 1: a text becomes bytes, bytes merge into tokens, and each token has a number."""

import streamlit as st

from gpt_core import Tokenizer
from gpt_core.tokenizer.vocabulary import END_OF_TEXT
from pages.experiments import tokens as experiments
from pages.services.reading import tokenizer
from pages.ui import chapter
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number, plural

reading, chosen = chapter.current_text_and_choices()
traced = reading.once("merges", reading.text, work=lambda: tokenizer().trace(reading.text))
frame = experiments.table(reading)
if END_OF_TEXT in reading.text:
    st.info(_("A typed end-of-text mark is ordinary text here. See “Special tokens” below."))

word, step = experiments.merge_step(traced, chosen)
replay, table = columns(1, 1)
with replay:
    experiments.merges(word, step)
with table:
    st.dataframe(
        frame,
        hide_index=True,
        height=371 if len(frame) > 11 else "auto",  # eleven whole rows: no half row, no empty ones
        row_height=30,
        width="stretch",
        column_config={_("place"): {"width": 56}},
    )

experiments.facts(traced, reading, chosen)
whole = tokenizer().encode(reading.text)
same_text = tokenizer().decode(whole) == reading.text
chapter.check(
    same_text and whole == traced.ids,
    plural(
        "{n} id, decoded, gives the text back exactly; our merges and the tiktoken library give the same id.",
        "The {n} ids, decoded, give the text back exactly; our merges and the tiktoken library give the same ids.",
        len(whole),
    ).format(n=number(len(whole))),
)
chapter.say("rule")
chapter.formula(r"(a,\, b) \;\to\; ab, \qquad (a,\, b) = \underset{(x,\, y)}{\arg\min}\; r(xy)")  # r: rank, rang
experiments_menu(
    {
        _("Three vocabularies"): lambda: experiments.encodings(reading),
        _("Whole words"): lambda: experiments.whole_words(reading),
        _("Search"): experiments.search,
        _("Special tokens"): lambda: experiments.special(reading),
        _("The book’s example"): experiments.books_example,
    }
)
chapter.predict(lambda: experiments.reveal(reading))
chapter.code(Tokenizer.trace, Tokenizer._merge, Tokenizer.encode)
chapter.data(lambda: frame)
