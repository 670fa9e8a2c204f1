"""Chapter 5: one token asks, the others answer, and what they give is mixed into one vector."""

import streamlit as st

from gpt_core.examples import book
from gpt_core.measure import written_sum
from gpt_core.model import attention
from pages.experiments import self_attention as experiments
from pages.ui import chapter
from pages.ui.layout import experiments_menu
from pages.ui.words import _

reading, chosen = chapter.current_text_and_choices()
att = reading.trace.blocks[chosen.layer].att

experiments.panels(
    att,
    chosen.head,
    chosen.token,
    chosen.key,
    tokens=reading.tokens,
    place="five_steps",
    on_click=experiments.choose_key,
)
chapter.charts_first()
st.caption(_("Blue: the chosen key. Where all scores are large, their bars begin at the grey number, not at 0."))
if chosen.token == len(reading.ids) - 1:
    st.caption(_("The last token may look at all others. Take an earlier one as the query, and the mask hides some."))
experiments.worked(
    att,
    chosen.head,
    chosen.token,
    chosen.key,
    names=(reading.tokens[chosen.token], reading.tokens[chosen.key]),
    digits=3,
)
chapter.formula(
    r"\text{Attention}(Q, K, V) = \text{softmax}\!\left(\frac{Q K^\top}{\sqrt{d}} + M\right) V, \qquad "
    r"M_{ij} = -\infty\ \ (j > i)"
)
experiments_menu(
    {
        _("Without weights: your text"): lambda: experiments.simple_text(reading, chosen),
        _("Without weights: the book’s example"): lambda: experiments.simple_book(reading, chosen),
        _("With weights: the book’s example"): lambda: experiments.trainable_book(reading, chosen),
        _("Query meets key"): lambda: experiments.meeting(reading, chosen),
        _("Context, number by number"): lambda: experiments.context(reading, chosen),
    }
)
chapter.predict(lambda: experiments.without_scaling(reading, chosen))
chapter.code(attention.attend, attention.SelfAttention, written_sum.written_out, book.simple_attention)
chapter.data(lambda: experiments.table(att, chosen.head, chosen.token, chapter.labels(reading)))
