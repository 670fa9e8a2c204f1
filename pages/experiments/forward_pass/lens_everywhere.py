"""The lens everywhere: what the model would say at each station, after every token."""

from gpt_core.measure import lens
from pages import figures, show
from pages.experiments.forward_pass.predictions import station_names
from pages.figures import Axis, Cells, Scale, visible
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("The lens everywhere")

COLUMNS = 10  # tokens at a time: so many have room to be read


def draw(reading: Reading, chosen: Choices) -> None:
    """The likeliest next token in each cell, up to the token in focus."""
    say("grid")
    grid, names, n_tokens = reading.of(lens.lens_grid), station_names(reading), len(reading.ids)
    first = max(min(chosen.token + 1, n_tokens) - COLUMNS, 0)
    shown = slice(first, first + COLUMNS)
    likeliest = [[visible(token, longest=8) for token in show.pieces(row)] for row in grid.top_ids[:, shown]]
    cells = figures.heatmap(
        grid.top_probs[:, shown].numpy(),
        Axis(names, _("station")),
        Axis(reading.tokens[shown], _("token"), "token"),
        scale=Scale("probability", title=_("probability")),
        selected=(len(names) - 1, chosen.token - first),
        cells=Cells(".1%", shown=True, labels=likeliest),
    )
    alt = _("For each station and token the likeliest next token, brighter where it is surer.")
    show.chart("forward_lens", cells, alt, height=120 + 34 * len(names))
    if n_tokens > 1:
        sentence = _(
            "The text’s own next token is the first choice at {n} of {all:,|position|positions} by the last station."
        )
        tell(sentence, n=int((grid.next_ranks[-1] == 1).sum()), all=n_tokens - 1)
