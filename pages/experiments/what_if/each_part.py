"""Each part in turn: what happens to a candidate when one part of one layer is off."""

from gpt_core.measure import ablation
from gpt_core.measure.ablation import WITHOUT, Part
from pages.experiments.what_if import effects
from pages.figures import Axis, Cells
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Each part in turn")

ADDING: tuple[Part, ...] = ("attention", "feed_forward")  # to the stream


def draw(reading: Reading, _chosen: Choices) -> None:
    """A cell for each part, and in a sentence which of those that add to the stream matters most."""
    say("parts")
    token, measure = effects.choose_candidate(reading)
    names: dict[Part, str] = {
        "attention": _("attention"),
        "feed_forward": _("feed-forward"),
        "norm1": _("norm 1"),
        "norm2": _("norm 2"),
        "shortcut1": _("shortcut 1"),
        "shortcut2": _("shortcut 2"),
        "mask": _("mask"),
    }
    parts = list(WITHOUT)
    changes = effects.one_by_one(
        reading,
        parts,
        lambda layer, part: reading.of(ablation.part_effects, layer=layer, parts=(part,), token=token),
    )[..., measure]
    effects.by_layer(
        "what_if_each_part",
        changes,
        Axis([names[part] for part in parts]),
        _("For each part of each layer, how the candidate changes when that part alone is switched off."),
        title=_("change when off"),
        cells=Cells("+.2f", shown=True),
        room=150,
    )
    adding = changes[:, [parts.index(part) for part in ADDING]]
    layer, column = effects.strongest(adding)
    tell(
        _("Of what adds to the stream, {part} of layer {layer} matters most for {token}: without it, {change:+.2f}."),
        part=names[ADDING[column]],
        layer=layer,
        token=tokenizer().token(token),
        change=float(adding[layer, column]),
    )
