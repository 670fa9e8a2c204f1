"""One colour per thing and one scale per meaning, the same on every chapter, in light and in dark."""

from typing import Literal

# Mid-tones after Okabe and Ito: told apart by colour-blind readers, and at least 3:1 against white and near-black.
QUERY = "#d55e00"
KEY = "#1a7fc1"
VALUE = "#00936b"
TOKEN = "#8f6bd6"
POSITION = "#b07a00"
ATTENTION = "#c2477f"
FEED_FORWARD = "#5f8a2e"
PLAIN = "#5b7595"  # numbers that belong to none of these
NEUTRAL = "#8a9099"

CATEGORICAL = [PLAIN, ATTENTION, FEED_FORWARD, POSITION, TOKEN, KEY, QUERY, VALUE]

# Where colours cannot be told apart, on grey paper or by some eyes: how a line is broken, and what its points are.
DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"]
SYMBOLS = ["circle", "square", "diamond", "cross", "triangle-up", "x"]

AxisName = Literal["query", "key", "value", "token", "position", "attention", "feed_forward", "plain"]
AXIS_COLOURS: dict[AxisName, str] = {
    "query": QUERY,
    "key": KEY,
    "value": VALUE,
    "token": TOKEN,
    "position": POSITION,
    "attention": ATTENTION,
    "feed_forward": FEED_FORWARD,
}

ScaleName = Literal["signed", "probability", "sequential", "logarithmic"]

# Viridis: darker always means less, also in grey, and no shade of it is grey (grey is for masked cells).
SEQUENTIAL = [
    "#440154",
    "#482777",
    "#3f4a8a",
    "#31678e",
    "#26838f",
    "#1f9d8a",
    "#6cce5a",
    "#b6de2b",
    "#fee825",
]
# Blue below zero, orange above: the two hues that every kind of colour vision keeps apart.
SIGNED = ["#0b3c6f", "#2166ac", "#4d97cb", "#9ccae4", "#f4f2ef", "#f6bf8b", "#e58a3f", "#c05a0f", "#7a3305"]
# The same on a dark page, where nothing must be dark instead of white.
SIGNED_ON_DARK = ["#c4e4fb", "#82c1ec", "#3f8fc9", "#22547c", "#16191f", "#75441b", "#bd6c26", "#f0a25a", "#ffdcb5"]


def colourscale(colours: list[str]) -> list[tuple[float, str]]:
    """The stops Plotly wants, from 0 to 1."""
    return [(i / (len(colours) - 1), colour) for i, colour in enumerate(colours)]
