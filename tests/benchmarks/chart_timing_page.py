"""One slider and one chart, drawn by our component or by st.plotly_chart: what browser_timing.py measures."""

import numpy as np
import streamlit as st
import torch

from pages import figures
from pages.figures import Axis, Masked
from pages.ui.components.chart import chart


@st.cache_resource
def attention(n_layers: int, n_heads: int, n_tokens: int) -> np.ndarray:
    scores = torch.randn(n_layers, n_heads, n_tokens, n_tokens, generator=torch.Generator().manual_seed(0))
    later = torch.ones(n_tokens, n_tokens, dtype=torch.bool).triu(1)
    return (scores * 2).masked_fill(later, -torch.inf).softmax(dim=-1).numpy()


def draw(kind: str, step: int):
    name, size = kind.split("-")
    n_tokens = int(size)
    tokens = [b" token%d" % i for i in range(n_tokens)]
    later = ~np.tril(np.ones((n_tokens, n_tokens), bool))
    if name == "heatmap":
        weights = attention(1, 12, n_tokens)[0, step]
        return figures.heatmap(
            weights,
            Axis(tokens, "query", "query"),
            Axis(tokens, meaning="key"),
            scale="probability",
            masked=Masked(later),
            selected=(9, 4),
        )
    if name == "mosaic":
        weights = np.roll(attention(12, 12, n_tokens), step, axis=0)
        return figures.mosaic(
            weights, Axis.numbered(12), Axis.numbered(12), masked=later, selected=(step, 2), limit=0.5
        )
    return figures.bars(attention(1, 12, n_tokens)[0, step, -1], Axis(tokens, meaning="token"))


@st.fragment
def stage() -> None:
    step = st.slider("step", 0, 11, 3)
    figure = draw(st.query_params["kind"], step)
    if st.query_params["variant"] == "component":
        chart(figure, key="chart", alt="timing", height=520, clickable=True)
    else:
        st.plotly_chart(figure, key="chart", height=520, on_select="rerun")


def main() -> None:
    st.set_page_config(layout="wide")
    stage()


if __name__ == "__main__":
    main()
