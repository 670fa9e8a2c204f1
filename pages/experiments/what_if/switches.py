"""What the switches of the page say is off, and the two runs that are compared."""

from collections.abc import Collection, Sequence
from itertools import product

from gpt_core import Intervention
from gpt_core.measure.difference import NextTokenChange
from gpt_core.model.config import GPTConfig
from gpt_core.model.intervention import FINAL
from pages import show
from pages.show import Run
from pages.ui.chapter import Reading
from pages.ui.layout import settle_several, settle_switch
from pages.ui.words import N_, _

# Kinds of parts, each with a list of its own, and what is chosen there at first.
KINDS = {
    "heads": N_("heads"),
    "attention": N_("attention"),
    "feed_forward": N_("feed-forward"),
    "norms": N_("layer norms"),
    "shortcuts": N_("shortcuts"),
    "mask": N_("causal mask"),
}
ALL = -1  # in the lists of layers: every one of them
OFF_AT_FIRST = {"attention": [ALL]}
POSITIONS, FINAL_NORM = "what_if_positions", "what_if_final"
SHOWN = 6  # candidates, likeliest in one of the runs


def switched_off(config: GPTConfig) -> Intervention:
    """What the lists say, known before they are drawn; at first, all attention."""
    final = [(FINAL, 1)] if settle_switch(_("final norm"), key=FINAL_NORM) else []
    return Intervention(
        heads_off=[divmod(i, config.n_heads) for i in chosen("heads", range(config.n_layers * config.n_heads))],
        attention_off=_layers_off("attention", config),
        feed_forward_off=_layers_off("feed_forward", config),
        norms_off=[*product(_layers_off("norms", config), (1, 2)), *final],
        shortcuts_off=list(product(_layers_off("shortcuts", config), (1, 2))),
        mask_off=_layers_off("mask", config),
        positions_off=settle_switch(_("positions"), key=POSITIONS),
    )


def chosen(kind: str, options: Sequence[int]) -> list[int]:
    """What is off of this kind, as far as this model has it."""
    return settle_several(_(KINDS[kind]), options, key=f"what_if_{kind}", first=OFF_AT_FIRST.get(kind, ()))


def _layers_off(kind: str, config: GPTConfig) -> Collection[int]:
    layers = chosen(kind, range(ALL, config.n_layers))
    return range(config.n_layers) if ALL in layers else layers


def runs(reading: Reading) -> tuple[Run, Run]:
    """The text as the model reads it, and as it does without what is switched off."""
    return (_("as it is"), reading), (_("changed"), reading.under(switched_off(reading.card.config)))


def next_token(reading: Reading) -> NextTokenChange:
    """What both runs say comes next: the numbers of the chart at the top."""
    return reading.of(show.next_token_change, other=runs(reading)[1][1], n=SHOWN)
