"""The small page on which the chart is tried: a slider that steps, and a chart that is clicked.

With `?kind=part` it is a part of a page: a chart that follows a slider, and words that come late enough to see which
was first.
"""

import numpy as np
import streamlit as st

from pages import figures
from pages.figures import Axis, Cells, Masked, Measure, Scale
from pages.ui import session, story
from pages.ui.choices import Choices
from pages.ui.components.chart import chart

story.HEAD_START = 1.5
CHOSEN_THERE = Choices("", "storyteller", layer=0, head=0, token=0, key=0, lang="en", present=False)

HOSTILE: list[bytes] = [
    b"<b>x</b>",
    b"<script>",
    b"a<br>b",
    b"$x^2$",
    b"%{x}",
    b"#000001",
    b"2020",
    b"&amp;",
    "\u202eabc".encode(),
    b"\xe2\x9c",
    b"the",
    b"the",
]


MANY, CHOSEN = (
    45,
    (11, 13),
)  # labels, for which a narrow window has no room; and two that are not every second, third, … one


def heatmap(step: int, labels: list[bytes], *, show_values: bool = False, selected: tuple[int, int] = (2, 1)):
    n = len(labels)
    later = ~np.tril(np.ones((n, n), bool))
    values = np.random.default_rng(step).random((n, n))
    return figures.heatmap(
        values,
        Axis(labels, "query <b>", "query"),
        Axis(labels, "key $k$", "key"),
        scale=Scale("probability", title="%{weight}"),
        masked=Masked(later, "masked"),
        selected=selected,
        cells=Cells(shown=show_values),
    )


def _queries(n: int) -> Axis:
    return Axis.numbered(n, meaning="query")


def _keys(n: int) -> Axis:
    return Axis.numbered(n, meaning="key")


def draw(kind: str, step: int):
    words = [b"Your", b" journey", b" starts", b" with", b" one", b" step"]
    if kind == "hostile":
        return heatmap(step, HOSTILE)
    if kind in ("bars", "low_bars"):
        shares = np.linspace(0.5, 0.01, len(HOSTILE))
        return figures.bars(shares, Axis(HOSTILE, meaning="token"), measure=Measure("<i>p</i>", ".1%"))
    if kind == "lines":
        series = {"<b>one</b>": np.arange(12) + step, "%{y}": np.ones(12)}
        return figures.lines(series, Axis(HOSTILE), measure=Measure("$y$"))
    if kind == "decades":
        title = "mean |gradient| of all weights"
        return figures.lines({"one": 10.0 ** -np.arange(9), "two": np.ones(9)}, measure=Measure(title, log=True))
    if kind == "marks":
        return figures.histogram(np.arange(9.0), marks={"<b>mean</b>": 4.0, "$x$": 6.0})
    if kind == "arcs":
        return figures.arcs(np.array([[1.0, 0.0], [0.75, 0.25]]), Axis(HOSTILE[:2], meaning="token"))
    if kind == "mosaic":
        weights = np.random.default_rng(step).random((3, 4, 5, 5))
        return figures.mosaic(weights, Axis.numbered(3), Axis.numbered(4), selected=(1, 2))
    if kind == "solid":
        points = np.random.default_rng(step).random((len(HOSTILE), 3))
        return figures.scatter(points, labels=HOSTILE, axis_titles=["50\u202f%", "<b>two</b>", "&amp;"])
    if kind == "cells":
        shades = np.linspace(0, 1, 36).reshape(4, 9)
        return figures.heatmap(shades, _queries(4), _keys(9), scale="probability", cells=Cells(shown=True))
    if kind == "words":
        texts = [["<b>grandmother</b>" if i % 2 else "&" for i in range(9)]]
        return figures.heatmap(
            np.zeros((1, 9)), _queries(1), _keys(9), scale="probability", cells=Cells(shown=True, labels=texts)
        )
    if kind == "signs":
        small = np.array([[-1.5, -0.001, 0.001, 1.5]])
        return figures.heatmap(small, _queries(1), _keys(4), scale="signed", cells=Cells("+.2f", shown=True))
    if kind == "signed_bars":
        return figures.bars(
            np.array([-0.15, -0.0001, 0.15]), Axis(["a", "b", "c"], meaning="token"), measure=Measure(format="+.1%")
        )
    if kind == "magnitude_bars":
        return figures.bars([9.65e6, 49_200], Axis(["a", "b"], meaning="token"), measure=Measure(format=".3~s"))
    if kind == "hyphens":
        return figures.heatmap(
            np.zeros((1, 2)),
            Axis(["-5"], meaning="query"),
            Axis([b"5M", b"50%"], meaning="key"),
            scale="signed",
            cells=Cells(shown=True, labels=[["-1", "+0"]]),
        )
    if kind == "masked_words":
        return figures.heatmap(
            np.ones((2, 2)),
            _queries(2),
            _keys(2),
            scale="probability",
            masked=Masked(np.array([[False, True], [False, False]])),
            cells=Cells(shown=True, labels=[["a", "hid"], ["b", "c"]]),
        )
    if kind == "magnitudes":
        tiny = np.array([[0.002, 0.5, 40.0]])
        return figures.heatmap(tiny, _queries(1), _keys(3), scale="logarithmic")
    if kind == "many":
        return heatmap(0, [f"w{i}".encode() for i in range(MANY)], selected=CHOSEN)
    if kind == "many_bars":
        shares = np.full(300 if step else 6, 0.5)
        return figures.bars(shares, Axis.numbered(len(shares), meaning="token"), horizontal=False)
    if kind == "still":
        return heatmap(0, words)
    return heatmap(step, words if step < 5 else words[:4])


@st.fragment
def part() -> None:
    step = st.slider("step", 0, 9, 0)
    bar = figures.bars([step], Axis(["one"], meaning="token"), measure=Measure(format=".0f"))
    chart(bar, key="chart", alt="One bar")
    story.charts_first(None, CHOSEN_THERE)
    st.text(f"step {step}")


def main() -> None:
    st.set_page_config(layout="wide")
    if st.query_params.get("kind") == "part":
        part()
        return
    if st.query_params.get("large"):
        st.html("<style>:root{font-size:26px !important}</style>")
    kind = st.query_params.get("kind", "heatmap")
    deaf = bool(st.query_params.get("deaf"))
    session.set("lang", st.query_params.get("lang", "en"))
    heard = st.empty()
    step = st.slider("step", 0, 9, 0)
    click = chart(
        draw(kind, step),
        key="chart",
        alt="What the chart shows",
        height=260 if kind in ("decades", "low_bars") else None,
        clickable=not deaf,
        on_click=None if deaf else lambda found: session.set("heard", (found.x, found.y)),
    )
    if click:
        session.set("answered", True)
    heard.text(f"heard before the run: {session.get('heard')}")
    st.text(f"step {step}, click {click}")
    if session.get("answered"):
        st.text("a click was answered")


if __name__ == "__main__":
    main()
