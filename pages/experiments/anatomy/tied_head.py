"""163 or 124 million? The book's untied model, the same with its head tied, and GPT-2 as published."""

from dataclasses import replace

from gpt_core.measure.anatomy import count_parameters
from gpt_core.model.config import BOOK_124M, PUBLISHED
from pages import figures, show
from pages.experiments.anatomy.family import part_colours, part_names
from pages.figures import Axis, Measure
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("163 or 124 million?")


def draw(reading: Reading, _chosen: Choices) -> None:
    """The three of them part by part, and the sum in words."""
    models = {
        _("the book’s model, head of its own"): BOOK_124M,
        _("the same, head tied to the token table"): replace(BOOK_124M, tied_head=True),
        _("GPT-2 as published: tied, with biases"): PUBLISHED["gpt2"],
    }
    counts = [count_parameters(config) for config in models.values()]
    bars = figures.stacked_bars(
        {words: [getattr(count, name) for count in counts] for name, words in part_names().items()},
        Axis(list(models)),
        measure=Measure(_("parameters"), ",.4~s"),
        colours=part_colours(),
    )
    alt = _("Three bars: the book’s 163 million, 124 million with a tied head, and GPT-2 as published.")
    show.chart("tied", bars, alt, height=300)
    untied, shared, published = (count.total for count in counts)
    tell(
        _(
            "{untied:,} − {head:,} for the head = {shared:,}; biases of query, key and value add {biases:,}: "
            "{published:,}."
        ),
        untied=untied,
        head=counts[0].out_head,
        shared=shared,
        biases=published - shared,
        published=published,
    )
    say("tied_here" if reading.card.config.tied_head else "untied_here")
