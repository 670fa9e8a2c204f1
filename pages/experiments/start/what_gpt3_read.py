"""What GPT-3 read: each source's share of the tokens there were, and of the tokens that were read."""

import pandas as pd
import streamlit as st

from pages import figures, show
from pages.figures import Axis, Beside, Measure, palette
from pages.ui import shown
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import columns
from pages.ui.words import N_, _, percent

TITLE = N_("What GPT-3 read")

# Brown et al. 2020, "Language Models are Few-Shot Learners", table 2.2: billions of tokens, share of what was read
GPT3_DATA = {"CommonCrawl": (410, 0.60), "WebText2": (19, 0.22), "Books1": (12, 0.08), "Books2": (55, 0.08)}
GPT3_DATA |= {"Wikipedia": (3, 0.03)}


def draw(_reading: Reading | None, _chosen: Choices) -> None:
    """Both shares as bars, and the numbers as a table."""
    say("gpt3")
    tokens, shares = zip(*GPT3_DATA.values(), strict=True)
    bars = figures.bars(
        shares,
        Axis(list(GPT3_DATA)),
        measure=Measure(format=".1~%"),
        beside=Beside([n / sum(tokens) for n in tokens], (_("share of what was read"), _("share of what there was"))),
        colour=palette.TOKEN,
    )
    alt = _("CommonCrawl is most of what GPT-3 read, but less than its size; the smaller sources were read more often.")
    left, right = columns(5, 4)
    with left:
        show.chart("gpt3", bars, alt, height=380)
    with right:
        read = [percent(share, 0) for share in shares]
        sources = pd.Index(list(GPT3_DATA), name=_("source"))
        table = pd.DataFrame({_("billion tokens"): tokens, _("of what was read"): read}, index=sources)
        shown.grid(table.reset_index())
        st.table(table)
