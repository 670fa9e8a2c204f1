"""The book's example, section 4.7: its prompt through its untrained model, six tokens on."""

from functools import partial

import streamlit as st

from gpt_core import generate
from gpt_core.examples import book
from pages.services.reading import tokenizer
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.words import N_, _

TITLE = N_("The book’s example")

MODEL = "random-124m"
IDS = [27018, 24086, 47843, 30961, 42348, 7267]  # Raschka, section 4.7, in eval mode


def likeliest_six(reading: Reading) -> list[int]:
    """Ids of the six tokens that continue the text, each the likeliest after those before it."""
    return [step.id for step in generate(reading.model, reading.ids, max_new_tokens=6)]


def draw(reading: Reading, _chosen: Choices) -> None:
    """Six tokens and the ids that the book prints: only where the reader has chosen that model, which is large."""
    say("book")
    if (reading.name, reading.text) != (MODEL, book.PROMPT):
        take_both = partial(session.set_and_rerun, model=MODEL, text=book.PROMPT)
        st.button(_("Read it with the book’s model (takes 650 MB of memory)"), key="forward_book", on_click=take_both)
        return
    ids = reading.of(likeliest_six)
    for id in ids:
        tell("{id}: {token}", id=id, token=tokenizer().token(id))
    check(ids == IDS, _("These are the six ids the book prints: {ids}."), ids=", ".join(map(str, IDS)))
