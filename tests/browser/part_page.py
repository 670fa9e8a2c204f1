"""A part of a page: a slider, a chart that follows it, and words that come late enough to see which was first."""

import streamlit as st

from pages import figures
from pages.figures import Axis, Measure
from pages.ui import story
from pages.ui.choices import Choices
from pages.ui.components.chart import chart

story.HEAD_START = 3
CHOSEN = Choices("", "storyteller", layer=0, head=0, token=0, key=0, lang="en", present=False)


@st.fragment
def part() -> None:
    step = st.slider("step", 0, 9, 0)
    chart(
        figures.bars([step], Axis(["one"], meaning="token"), measure=Measure(format=".0f")), key="chart", alt="One bar"
    )
    story.charts_first(None, CHOSEN)
    st.text(f"step {step}")


part()
