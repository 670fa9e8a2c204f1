"""The book's network: what each of its five layers gives out, with shortcuts and without."""

from gpt_core.examples import book
from pages import figures, show
from pages.figures import Axis, Measure, palette
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("The book’s network")


def draw(_reading: Reading, _chosen: Choices) -> None:
    """Mean absolute outputs layer by layer."""
    plain, helped = (
        [out.abs().mean().item() for out in book.deep_network(shortcuts=shortcuts).outputs]
        for shortcuts in (False, True)
    )
    lines = figures.lines(
        {_("with shortcuts"): helped, _("without"): plain},
        Axis([_("layer {number}").format(number=layer) for layer in range(len(plain))]),
        measure=Measure(_("mean |output|")),
        colours={_("with shortcuts"): palette.VALUE, _("without"): palette.NEUTRAL},
    )
    show.chart(
        "book_outputs", lines, _("The outputs of the book’s five layers, with shortcuts and without."), height=340
    )
    say("book")
