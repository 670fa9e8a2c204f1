"""A part of a page: a slider, a chart that follows it, and words that come late enough to see which was first."""

import streamlit as st

from pages import figures
from pages.ui import chapter
from pages.ui.components.chart import chart

chapter.HEAD_START = 3


@st.fragment
def part() -> None:
    step = st.slider("step", 0, 9, 0)
    chart(figures.bars([step], labels=["one"], value_format=".0f"), key="chart", alt="One bar")
    chapter.charts_first()
    st.text(f"step {step}")


part()
