"""What a neuron pushes: the tokens it raises and lowers, straight through the final norm and the output head."""

from gpt_core.measure import neurons
from pages import figures, show
from pages.experiments.feed_forward.activation_curves import RANK, SHOWN
from pages.figures import Axis, Measure, palette
from pages.services.reading import tokenizer
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.layout import columns, slider
from pages.ui.words import N_, _

TITLE = N_("What a neuron pushes")


def draw(reading: Reading, chosen: Choices) -> None:
    """One of the most active neurons: what goes up and what goes down."""
    post = reading.trace.blocks[chosen.layer].ff.post[chosen.token]
    active = neurons.most_active(post, SHOWN)
    label = _("Which of the most active neurons (1 is the most active; or click its bar)")
    rank = slider(label, 1, len(active), 1, key=RANK)
    neuron = int(active[rank - 1])
    found = reading.of(neurons.push, layer=chosen.layer, position=chosen.token, neuron=neuron)
    sides = (
        ("pushed_up", found.up_ids, found.up, _("pushed up"), palette.QUERY),
        ("pushed_down", found.down_ids, found.down, _("pushed down"), palette.KEY),
    )
    for column, (key, ids, effects, title, colour) in zip(columns(1, 1), sides, strict=True):
        bars = figures.bars(
            effects.numpy(),
            Axis(show.pieces(ids), meaning="token"),
            measure=Measure(_("direct effect on the logit: {direction}").format(direction=title), "+.3f"),
            colour=colour,
        )
        alt = _("Tokens and the direct effect of this neuron on their logits: {direction}.").format(direction=title)
        with column:
            show.chart(key, bars, alt, height=340)
    tell(
        _(
            "Neuron {neuron}, at {post:.2f}, writes a vector of length {length:.2f}: {up} goes up most, {down} down "
            "most."
        ),
        neuron=neuron,
        post=float(post[neuron]),
        length=float(neurons.written_lengths(reading.model.blocks[chosen.layer].ff, post)[neuron]),
        up=tokenizer().token(int(found.up_ids[0])),
        down=tokenizer().token(int(found.down_ids[0])),
    )
    say("direct")


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices."""
    return {"neuron_rank": session.get(RANK, 1)}
