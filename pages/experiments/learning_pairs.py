"""Next-token pairs: how a text becomes thousands of questions, each with its answer."""

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core.training.tiny import pairs
from pages import figures
from pages.figures import visible
from pages.services.reading import Reading, tokenizer
from pages.ui import chapter, session
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, columns
from pages.ui.words import _, number, plural

LONGEST = 16
ROWS = 14  # windows drawn; the table has them all
CHOSEN = "learning_window"
INPUT, TARGET = 0.35, 1.0  # shades
FEW, HEIGHT = 5, 250  # rows, pixels: a table with few rows is as high as they are, one with more scrolls


def next_token_pairs(reading: Reading) -> None:
    """Windows over the text, and the questions inside one of them."""
    if len(reading.ids) < 2:
        chapter.say("one_token")
        return
    chapter.say("pairs")
    left, right = columns(1, 1)
    wanted = left.slider(
        _("Length of a window (max_length)"), 1, LONGEST, 4, key="learning_length", persist_state=PERSIST
    )
    stride = right.slider(
        _("Step to the next window (stride)"), 1, LONGEST, 1, key="learning_stride", persist_state=PERSIST
    )
    length = min(wanted, len(reading.ids) - 1)
    if length < wanted:
        st.caption(_("The text is short: the windows have a length of {n}.").format(n=length))
    windows = pairs(reading.ids, length=length, stride=stride)
    window = min(session.get(CHOSEN, 0), min(len(windows), ROWS) - 1)
    all_windows, inside = columns(5, 4)
    with all_windows:
        _draw_windows(reading, length, stride, len(windows), window)
        if len(windows) > ROWS:
            st.caption(
                _("The first {shown} of {all} windows; the table below has them all.").format(
                    shown=ROWS, all=number(len(windows))
                )
            )
    with inside:
        _draw_staircase(reading, window * stride, length)
    n_pairs = len(windows) * length
    chapter.tell(
        plural(
            "{windows} window of {length}: {pairs} question for the model in one text of {tokens} tokens.",
            "{windows} windows of {length}: {pairs} questions for the model in one text of {tokens} tokens.",
            n_pairs,
        ),
        windows=number(len(windows)),
        length=number(length),
        pairs=number(n_pairs),
        tokens=number(len(reading.ids)),
    )
    steps, tables = columns(4, 7)
    for place, frame, widths in (
        (steps, _staircase_table(reading, window * stride, length), {" ": 48}),
        (tables, _window_table(windows), {_("window"): 64, _("inputs"): 200, _("targets"): 200}),
    ):
        place.dataframe(
            frame,
            hide_index=True,
            width="stretch",
            height=HEIGHT if len(frame) > FEW else "auto",
            column_config={name: {"width": width} for name, width in widths.items()},
        )


def _draw_windows(reading: Reading, length: int, stride: int, n_windows: int, window: int) -> None:
    n_rows, n_columns = min(n_windows, ROWS), min(len(reading.ids), (ROWS - 1) * stride + length + 1)
    shades = np.full((n_rows, n_columns), np.nan, np.float32)
    for row in range(n_rows):
        shades[row, row * stride : row * stride + length] = INPUT
        shades[row, row * stride + length] = TARGET
    chart(
        figures.heatmap(
            shades,
            rows=[str(row + 1) for row in range(n_rows)],
            columns=reading.tokens[:n_columns],
            scale="sequential",
            masked=np.isnan(shades),
            masked_label=_("not in this window"),
            selected=(window, window * stride),
            row_title=_("window"),
            column_title=_("your text"),
            row_axis="plain",
            column_axis="token",
            limit=1.0,
            colour_bar=False,
        ),
        key="learning_windows",
        alt=_("Each row is a window over the text: dark its inputs, bright the token after them. Click one."),
        height=340,
        on_click=_choose,
    )


def _choose(click: Click) -> None:
    session.set(CHOSEN, round(float(click.y)))


def _draw_staircase(reading: Reading, start: int, length: int) -> None:
    tokens = reading.tokens[start : start + length + 1]
    shades = np.full((length, length + 1), np.nan, np.float32)
    for step in range(length):
        shades[step, : step + 1] = INPUT
        shades[step, step + 1] = TARGET
    chart(
        figures.heatmap(
            shades,
            rows=[str(step + 1) for step in range(length)],
            columns=tokens,
            scale="sequential",
            masked=np.isnan(shades),
            masked_label=_("not to be seen"),
            row_title=_("question"),
            column_title=_("the chosen window"),
            row_axis="plain",
            column_axis="token",
            cell_labels=[tokens] * length,
            show_values=length <= 6,
            limit=1.0,
            colour_bar=False,
        ),
        key="learning_staircase",
        alt=_("A staircase: in each row the tokens that are given, dark, and the one to be guessed, bright."),
        height=340,
    )


def _staircase_table(reading: Reading, start: int, length: int) -> pd.DataFrame:
    shown = [visible(token) for token in reading.tokens[start : start + length + 1]]
    return pd.DataFrame(
        {
            _("context"): "".join(shown[: step + 1]),
            " ": "---->",
            _("to guess"): shown[step + 1],
        }
        for step in range(length)
    )


def _window_table(windows: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> pd.DataFrame:
    return pd.DataFrame(
        {_("window"): row, _("inputs"): spelt(inputs), _("targets"): spelt(targets)}
        for row, (inputs, targets) in enumerate(windows, 1)
    )


def spelt(ids: tuple[int, ...]) -> str:
    return " | ".join(visible(tokenizer().token(id)) for id in ids)


def table(reading: Reading) -> pd.DataFrame:
    """Every pair of the text: all that came before, and the token that follows."""
    shown = [visible(token) for token in reading.tokens]
    return pd.DataFrame(
        {_("position"): i, _("last token of the context"): shown[i], _("to guess"): shown[i + 1]}
        for i in range(len(shown) - 1)
    )
