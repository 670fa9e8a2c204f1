"""Erase one word: how far the last state moves without it."""

from torch import Tensor

from gpt_core import GPTTrace
from gpt_core.examples import recurrent
from pages import figures, show
from pages.experiments.why_attention import network
from pages.figures import Axis, Measure, palette
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Erase one word")


def erased(trace: GPTTrace, strength: float, seed: int) -> Tensor:
    """How far the network's last state moves without each word."""
    return recurrent.erased(trace.embedding.token, strength=strength, seed=seed)


def draw(reading: Reading, chosen: Choices) -> None:
    """The word in focus among all others, each erased alone."""
    say("erase")
    word, moved = network.word_in_focus(reading, chosen), reading.of(erased, **network.settings())
    name = _("recurrent network")
    figure = figures.lines(
        {name: moved.numpy()},
        Axis(reading.tokens, _("the word that is erased"), "token"),
        measure=Measure(_("the last state moves by"), ".2~g", log=True),
        colours={name: palette.POSITION},
        highlighted=word,
    )
    alt = _("How far the last state moves when one word is erased.")
    show.chart("erased", figure, alt, height=360, on_click=network.choose_word)
    sentence = _("Without {token} the last state moves by {share:.2%} of its length.")
    tell(sentence, token=reading.tokens[word], share=float(moved[word]))
