"""The family of published GPTs beside the running model, and the parts in which all of them are counted."""

from babel.numbers import format_compact_decimal

from gpt_core.measure.anatomy import Parameters, count_parameters
from gpt_core.model.config import PUBLISHED, GPTConfig
from pages.figures import palette
from pages.ui.chapter import Reading
from pages.ui.words import _, language

FAMILY = {
    "GPT-2 S": PUBLISHED["gpt2"],
    "GPT-2 M": PUBLISHED["gpt2-medium"],
    "GPT-2 L": PUBLISHED["gpt2-large"],
    "GPT-2 XL": PUBLISHED["gpt2-xl"],
    "GPT-3 175B": PUBLISHED["gpt3-175b"],
}


def part_names() -> dict[str, str]:
    """The parts of a GPT in the reader's words."""
    return {
        "token_embedding": _("token table"),
        "position_embedding": _("position table"),
        "attention": _("attention"),
        "feed_forward": _("feed-forward"),
        "norms": _("norms"),
        "out_head": _("output head"),
    }


def part_colours() -> dict[str, str]:
    """One colour for each part, the same in all charts of the chapter."""
    colours = (palette.TOKEN, palette.POSITION, palette.ATTENTION, palette.FEED_FORWARD, palette.NEUTRAL, palette.KEY)
    return dict(zip(part_names().values(), colours, strict=True))


def members(reading: Reading) -> dict[str, GPTConfig]:
    """The running model and the published ones, smallest first."""
    return {_("this model"): reading.card.config} | FAMILY


def counted(reading: Reading) -> dict[str, Parameters]:
    """The parameters of each of them."""
    return {name: count_parameters(config) for name, config in members(reading).items()}


def rounded(count: int) -> str:
    """A count in three digits as the models are called by it: 1.56B, where d3 knows only 1.56G."""
    digits = 2 - (len(str(count)) - 1) % 3
    short = format_compact_decimal(count, format_type="short", locale=language(), fraction_digits=digits)
    return short.replace("\u00a0", "\u202f")
