"""Chapter 1: a text becomes bytes, bytes merge into tokens, and each token has a number."""

import streamlit as st

from gpt_core import Tokenizer
from gpt_core.vocabulary import END_OF_TEXT
from pages.experiments import tokens as experiments
from pages.ui import chapter
from pages.ui.engine import tokenizer
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, number

reading, chosen = chapter.opened()
traced = reading.once("merges", reading.text, work=lambda: tokenizer().trace(reading.text))
token = reading.tokens[chosen.token]

replay, table = columns(3, 2)
with replay:
    experiments.merges(traced, chosen)
with table:
    st.markdown(f"**{_('Each token, its id and its bytes')}**")
    frame = experiments.table(reading)
    st.dataframe(frame, hide_index=True, height=300, width="stretch")

chapter.tell(
    _("{token} has the id {id} and is made of {n} bytes: {bytes}."),
    token=token,
    id=reading.ids[chosen.token],
    n=len(token),
    bytes=token.hex(" "),
)
if END_OF_TEXT in reading.text:
    st.info(_("A typed end-of-text mark is ordinary text here. See “Special tokens” below."))
whole = tokenizer().encode(reading.text)
same_text = tokenizer().decode(whole) == reading.text
chapter.check(
    same_text and whole == traced.ids,
    _(
        "The {n} ids, decoded, give the text back exactly; our merges and the tiktoken library give the same ids."
    ).format(n=number(len(whole))),
)
chapter.formula(r"(a,\, b) \;\to\; ab, \qquad (a,\, b) = \underset{(x,\, y)}{\arg\min}\; r(xy)")  # r: rank, rang
experiments_menu(
    {
        _("Three vocabularies"): lambda: experiments.encodings(reading),
        _("Whole words instead"): lambda: experiments.whole_words(reading),
        _("Search the vocabulary"): experiments.search,
        _("Special tokens"): lambda: experiments.special(reading),
        _("The book’s example"): experiments.books_example,
    }
)
chapter.predict(lambda: experiments.reveal(reading))
chapter.code(Tokenizer.trace, Tokenizer._merge, Tokenizer.encode)
chapter.data(lambda: frame)
