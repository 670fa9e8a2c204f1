"""Skip it: the running model with norms that hand their input on unchanged."""

import numpy as np
from numpy.typing import NDArray

from gpt_core import GPTTrace, Intervention
from gpt_core.model.intervention import FINAL
from pages import figures, show
from pages.experiments.layer_norm.norms import chosen_norm
from pages.figures import Axis, Measure
from pages.figures.palette import ATTENTION, PLAIN
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say, tell, write
from pages.ui.layout import choose, columns
from pages.ui.words import N_, _, in_powers, number

TITLE = N_("Skip it")

SKIPPED, FIRST = "layer_norm_skip", 4

LONG = 10_000
HUGE = 10_000_000  # float32 has seven digits


def sites(reading: Reading, chosen: Choices) -> dict[str, set[tuple[int, int]]]:
    """Which norms may be skipped, by the name of the choice."""
    layers = range(reading.card.config.n_layers)
    return {
        _("the norm chosen above"): {chosen_norm(reading, chosen.layer).site},
        _("every norm1"): {(layer, 1) for layer in layers},
        _("every norm2"): {(layer, 2) for layer in layers},
        _("the final norm"): {(FINAL, 1)},
        _("all norms"): {(FINAL, 1), *((layer, which) for layer in layers for which in (1, 2))},
    }


def draw(reading: Reading, chosen: Choices) -> None:
    """How long the stream grows, and what comes next, with the norms and without."""
    say("skip")
    choice = sites(reading, chosen)
    names = list(choice)
    row = choose(_("Skip"), range(len(names)), first=FIRST, format_func=names.__getitem__, key=SKIPPED)
    off = Intervention(norms_off=choice[names[row]])
    runs = (_("with"), reading), (_("without"), reading.under(off))
    lengths = {name: stream_lengths(run.trace)[:, chosen.token] for name, run in runs}
    if chosen.present:  # the wall has room for one picture
        draw_sizes(lengths)
        show.tell_next_token_change(reading.of(show.next_token_change, other=runs[1][1], n=2))
        return
    left, right = columns(1, 1)
    with left:
        write(f"**{_('Size of the residual stream')}**")
        draw_sizes(lengths)
    with right:
        write(f"**{_('What comes next')}**")
        show.next_token_before_after(*runs)


def draw_sizes(lengths: dict[str, NDArray[np.float32]]) -> None:
    """How long the chosen token's vector is behind each layer, with the norms and without."""
    layers = [_("input"), *(str(layer) for layer in range(len(next(iter(lengths.values()))) - 1))]
    lines = figures.lines(
        lengths,
        Axis(layers, _("after layer")),
        measure=Measure(_("length of the chosen token’s vector"), log=True),
        colours=dict(zip(lengths, (PLAIN, ATTENTION), strict=True)),
    )
    alt = _("The length of the chosen token’s vector layer by layer, with the norms and without.")
    show.chart("layer_norm_sizes", lines, alt)
    before, after = (written_length(float(run[-1])) for run in lengths.values())
    sentence = _("After the last block the vector’s length is {before} with the norms and {after} without.")
    tell(sentence, before=before, after=after)


def written_length(value: float) -> str:
    """A vector's length in words: in no more digits than float32 has, and infinite where it overflowed."""
    if not np.isfinite(value):
        return "∞"
    return number(value, 1 if value < LONG else 0) if value < HUGE else in_powers(value, 2)


def stream_lengths(trace: GPTTrace) -> NDArray[np.float32]:
    """Length of the stream's vectors, [depth, token]; what overflowed is left out of the picture."""
    lengths = trace.residual_stream.norm(dim=-1).numpy()
    return np.where(np.isfinite(lengths), lengths, np.nan)


def notebook(reading: Reading, chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the norms that are skipped."""
    return {"norms_off": sorted(list(sites(reading, chosen).values())[session.get(SKIPPED, FIRST)])}
