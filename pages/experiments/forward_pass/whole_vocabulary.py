"""The whole vocabulary: all tokens in groups by rank, and what each group has."""

from gpt_core import GPTTrace
from gpt_core.measure import prediction
from pages import figures, show
from pages.figures import Axis, Measure
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("The whole vocabulary")


def spread(trace: GPTTrace, position: int) -> prediction.WholeVocabulary:
    """Every token's share in what comes after `position`."""
    return prediction.whole_vocabulary(trace.logits_at(position))


def draw(reading: Reading, chosen: Choices) -> None:
    """Nobody is left out: the share of each group, and how many tokens have half of all."""
    say("vocabulary")
    found = reading.of(spread, position=chosen.token)
    names, share = Axis(show.rank_names(found.groups, _("rank {first}"))), Measure(_("probability"), ".2%")
    bars = figures.bars([group.own for group in found.groups], names, measure=share)
    alt = _("What the likeliest token has, what the rest of the first ten have, of the first hundred, and so on.")
    show.chart("forward_vocabulary", bars, alt)
    sentence = _(
        "The likeliest tokens that have half of all: {half:,}; that have nine tenths: {most:,}. The last, {token}, "
        "gets {share:.6f}."
    )
    last = tokenizer().token(found.last_id)
    tell(sentence, half=found.half, most=found.nine_tenths, token=last, share=found.last_prob)
