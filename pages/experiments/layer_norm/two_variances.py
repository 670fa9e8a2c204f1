"""Biased or unbiased, and ε: divide by n or by n - 1, and what ε does to a vector that is all but constant."""

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core.measure.spread import bessel_excess, spreads, variance_after
from gpt_core.model.layer_norm import EPS
from pages import figures, show
from pages.experiments.layer_norm.norms import Norm, chosen_norm
from pages.figures import Axis, Measure, NumberAxis
from pages.ui import shown
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns, stops
from pages.ui.words import N_, RAISED, _, number

TITLE = N_("Biased or unbiased, and ε")

SIZES = (5, 48, 192, 768, 1600)  # the book's example; ours; GPT-2 small and XL


def draw(reading: Reading, chosen: Choices) -> None:
    """Both variances of the chosen token, and its variance after normalising with another ε."""
    say("variances")
    norm = chosen_norm(reading, chosen.layer)
    left, right = columns(1, 1)
    with left:
        _draw_both(norm, chosen.token)
    with right:
        _draw_epsilon(norm, chosen.token)


def _draw_both(norm: Norm, token: int) -> None:
    values = norm.trace.normalised.new_tensor(norm.values[token])
    measured = spreads(values, sorted({*(size for size in SIZES if size < len(values)), len(values)}))
    columns = {
        "n": [number(spread.size) for spread in measured],
        _("biased: ÷ n"): [number(spread.biased, 5) for spread in measured],
        _("unbiased: ÷ (n − 1)"): [number(spread.unbiased, 5) for spread in measured],
    }
    shown.grid(pd.DataFrame(columns))
    st.dataframe(columns, width="stretch")
    excess = figures.bars(
        [bessel_excess(size) for size in SIZES],
        Axis([number(size) for size in SIZES], _("how many numbers")),
        measure=Measure(_("how much larger the unbiased variance is"), ".2~p"),
    )
    show.chart("layer_norm_gap", excess, _("Bars: 25% for 5 numbers, 0.13% for 768."), height=300)


def _draw_epsilon(norm: Norm, token: int) -> None:
    def named(power: int) -> str:
        return f"10{str(power).translate(RAISED)}"

    exponent = stops("ε", range(-8, 1), -5, format_func=named, key="layer_norm_eps")
    variance = norm.trace.variance[token]
    powers = np.arange(-10, 3, 0.25)
    before = variance.new_tensor(10.0**powers)
    lines = figures.lines(
        {
            f"ε = {named(power)}": variance_after(before, 10.0**power).numpy()
            for power in dict.fromkeys((exponent, round(np.log10(EPS))))
        },
        NumberAxis(powers, _("variance before, as a power of 10")),
        measure=Measure(_("variance after")),
        highlighted=int(np.abs(powers - np.log10(max(float(variance), 1e-10))).argmin()),
        markers=False,
    )
    alt = _("Variance after normalising: 1, except where the variance before is not much larger than ε.")
    show.chart("layer_norm_epsilon", lines, alt, height=360)
    tell(
        _("The chosen token’s variance {before:.4f} (dotted line) becomes {after:.5f} with this ε."),
        before=float(variance),
        after=float(variance_after(variance, 10.0**exponent)),
    )
