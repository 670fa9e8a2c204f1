"""*Work it out*: a sum of the chapter with the reader's own numbers, typed and checked, with one hint after another."""

import zlib
from collections.abc import Callable

import streamlit as st

from pages.ui import session
from pages.ui.sums import Sum
from pages.ui.words import _

LONGEST = 60  # characters of an answer


def offer(chapter: str, make: Callable[[], Sum | None]) -> None:
    """The sum behind a heading that is opened."""
    with st.expander(_("Work it out"), icon="✏️", key=f"sum {chapter}", on_change="rerun") as expander:
        if expander.open:
            made = make()
            if made is None:
                st.markdown(
                    _("This text gives no numbers here that would be worth a sum: take another, or a longer one.")
                )
            else:
                draw(chapter, made)


def draw(chapter: str, asked: Sum) -> None:
    """The question, a box for the answer, what it is worth, and as many hints as were asked for."""
    st.markdown(asked.question)
    key = f"{chapter} {zlib.crc32(asked.question.encode())}"  # other numbers are another sum, with an empty box
    label = _("Your answer, {within}").format(within=asked.within)
    typed = st.text_input(label, key=f"sum of {key}", max_chars=LONGEST)[:LONGEST]
    if typed:
        right = asked.accepts(typed)
        if right:
            st.success(_("Right."), icon="✅")
        else:
            st.info(_("That is no number.") if right is None else _("Not yet: reckon again, or take a hint."))
    hints = f"hints of {key}"
    n = session.get(hints, 0)
    for hint in asked.hints[:n]:
        st.markdown(f"💡 {hint}")
    if n < len(asked.hints):
        name = _("Hint {n} of {all}").format(n=n + 1, all=len(asked.hints))
        st.button(name, key=f"hint for {key}", on_click=session.set, args=(hints, n + 1))
