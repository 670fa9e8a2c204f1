"""The lens here: what the model would say at each station, after the token in focus."""

from pages import show
from pages.experiments.forward_pass.predictions import candidates_through_depth, station_names
from pages.figures import visible
from pages.ui.chapter import Choices, Reading, say
from pages.ui.words import N_, _

TITLE = N_("The lens here")


def draw(reading: Reading, chosen: Choices) -> None:
    """The likeliest next token of each station."""
    say("lens")
    depth = reading.of(candidates_through_depth, position=chosen.token)
    likeliest = zip(station_names(reading), show.pieces(depth.top_ids), strict=True)
    names = [f"{station} → {visible(token)}" for station, token in likeliest]
    alt = _("For each station its likeliest next token and that token’s probability.")
    show.candidates("forward_lens_here", names, depth.top_probs.numpy(), alt)
