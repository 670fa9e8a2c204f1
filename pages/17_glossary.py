"""Chapter 17: every word of the road, in English and French, and its names in other people's code."""

import streamlit as st

from gpt_core import GPTConfig
from gpt_core.model.trace import AttentionTrace, BlockTrace
from pages.experiments import glossary as experiments
from pages.ui import chapter
from pages.ui.layout import columns
from pages.ui.words import _, number, plural

box, views = columns(1, 1)
searched = box.text_input(
    _("Search"), key="term", max_chars=60, placeholder=_("logits, pattern, résiduel …"), label_visibility="collapsed"
)
found = experiments.found(searched)
with views:
    show = experiments.chosen_view()
show(found)
st.caption(plural("{n} word", "{n} words", len(found)).format(n=number(len(found))))
named, missing = experiments.names_in_code()
chapter.check(
    not missing,
    _("All {n} names in the column “here” are names in this project’s code.").format(n=number(len(named))),
)
chapter.predict(experiments.reveal)
chapter.code(GPTConfig, AttentionTrace, BlockTrace)
chapter.data(lambda: experiments.table(found))
