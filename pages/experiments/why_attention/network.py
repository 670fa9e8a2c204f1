"""The recurrent network that the reader has set up, over the text, and the word that is looked at."""

from typing import Any

from gpt_core import GPTTrace
from gpt_core.examples import recurrent
from gpt_core.examples.recurrent import Reach
from pages.ui import link, session
from pages.ui.chapter import Choices, Reading
from pages.ui.components.chart import Click
from pages.ui.layout import held_decimal

STRENGTHS = (0.1, 1.0, 0.9, 0.05)  # of the slider: from, to, at first, step
SEEDS, SEED = (101, 150), 123


def settings() -> dict[str, Any]:
    """`strength`, by how much each step keeps the state, and `seed`, as the sliders of the page stand."""
    strength = held_decimal(*STRENGTHS, key="why_attention_strength")
    return {"strength": strength, "seed": link.held("why_attention_seed", SEED, link.whole(*SEEDS))}


def recurrent_reach(trace: GPTTrace, strength: float, seed: int) -> Reach:
    """The states of the network over the text, and how much the last one depends on each word."""
    return recurrent.recurrent_reach(trace.embedding.token, strength=strength, seed=seed)


def reach(reading: Reading) -> Reach:
    """The same with the reader's settings."""
    return reading.of(recurrent_reach, **settings())


def word_in_focus(reading: Reading, chosen: Choices) -> int:
    """The chosen token, or the first one where that is the last, which has nothing to reach over."""
    return chosen.token if chosen.token < len(reading.ids) - 1 else 0


def choose_word(click: Click) -> None:
    """A click on a word puts it in focus, on every chapter."""
    session.set("token", round(float(click.x)))
