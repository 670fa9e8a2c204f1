"""The small page on which the chart is tried: a slider that steps, and a chart that is clicked."""

import numpy as np
import streamlit as st

from pages import figures
from pages.ui import session
from pages.ui.components.chart import chart

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


MANY, CHOSEN = 27, (11, 13)  # labels, for which a phone has no room; and two that are not every second, third, … one


def heatmap(step: int, labels: list[bytes], *, show_values: bool = False, selected: tuple[int, int] = (2, 1)):
    n = len(labels)
    later = ~np.tril(np.ones((n, n), bool))
    values = np.random.default_rng(step).random((n, n))
    return figures.heatmap(
        values,
        rows=labels,
        columns=labels,
        scale="probability",
        masked=later,
        masked_label="masked",
        selected=selected,
        row_title="query <b>",
        column_title="key $k$",
        value_title="%{weight}",
        show_values=show_values,
    )


def draw(kind: str, step: int):
    words = [b"Your", b" journey", b" starts", b" with", b" one", b" step"]
    if kind == "hostile":
        return heatmap(step, HOSTILE)
    if kind in ("bars", "low_bars"):
        shares = np.linspace(0.5, 0.01, len(HOSTILE))
        return figures.bars(shares, labels=HOSTILE, value_format=".1%", axis_title="<i>p</i>")
    if kind == "lines":
        series = {"<b>one</b>": np.arange(12) + step, "%{y}": np.ones(12)}
        return figures.lines(series, x_labels=HOSTILE, y_title="$y$")
    if kind == "decades":
        title = "mean |gradient| of all weights"
        return figures.lines({"one": 10.0 ** -np.arange(9), "two": np.ones(9)}, y_title=title, log_y=True)
    if kind == "marks":
        return figures.histogram(np.arange(9.0), marks={"<b>mean</b>": 4.0, "$x$": 6.0})
    if kind == "arcs":
        return figures.arcs(np.array([[1.0, 0.0], [0.75, 0.25]]), tokens=HOSTILE[:2])
    if kind == "mosaic":
        weights = np.random.default_rng(step).random((3, 4, 5, 5))
        return figures.mosaic(weights, layers=["0", "1", "2"], heads=["0", "1", "2", "3"], selected=(1, 2))
    if kind == "solid":
        points = np.random.default_rng(step).random((len(HOSTILE), 3))
        return figures.scatter(points, labels=HOSTILE, axis_titles=["50\u202f%", "<b>two</b>", "&amp;"])
    if kind == "cells":
        shades = np.linspace(0, 1, 36).reshape(4, 9)
        names = [str(i) for i in range(9)]
        return figures.heatmap(shades, rows=names[:4], columns=names, scale="probability", show_values=True)
    if kind == "words":
        names = [str(i) for i in range(9)]
        texts = [["<b>grandmother</b>" if i % 2 else "&" for i in range(9)]]
        return figures.heatmap(
            np.zeros((1, 9)), rows=["0"], columns=names, scale="probability", cell_labels=texts, show_values=True
        )
    if kind == "signs":
        names = [str(i) for i in range(4)]
        small = np.array([[-1.5, -0.001, 0.001, 1.5]])
        return figures.heatmap(small, rows=["0"], columns=names, scale="signed", show_values=True, value_format="+.2f")
    if kind == "signed_bars":
        return figures.bars(np.array([-0.15, -0.0001, 0.15]), labels=["a", "b", "c"], value_format="+.1%")
    if kind == "magnitude_bars":
        return figures.bars([9.65e6, 49_200], labels=["a", "b"], value_format=".3~s")
    if kind == "hyphens":
        return figures.heatmap(
            np.zeros((1, 2)),
            rows=["-5"],
            columns=[b"5M", b"50%"],
            scale="signed",
            cell_labels=[["-1", "+0"]],
            show_values=True,
        )
    if kind == "masked_words":
        names = [str(i) for i in range(2)]
        return figures.heatmap(
            np.ones((2, 2)),
            rows=names,
            columns=names,
            scale="probability",
            masked=np.array([[False, True], [False, False]]),
            cell_labels=[["a", "hid"], ["b", "c"]],
            show_values=True,
        )
    if kind == "magnitudes":
        tiny = np.array([[0.002, 0.5, 40.0]])
        return figures.heatmap(tiny, rows=["0"], columns=["0", "1", "2"], scale="logarithmic")
    if kind == "many":
        return heatmap(0, [f"w{i}".encode() for i in range(MANY)], selected=CHOSEN)
    if kind == "many_bars":
        shares = np.full(300 if step else 6, 0.5)
        return figures.bars(shares, labels=[str(i) for i in range(len(shares))], horizontal=False)
    if kind == "still":
        return heatmap(0, words)
    return heatmap(step, words if step < 5 else words[:4])


def main() -> None:
    st.set_page_config(layout="wide")
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
