"""Each part in turn: what happens to a candidate when one part of one layer is off."""

from gpt_core.measure import ablation
from gpt_core.measure.ablation import Part
from pages.experiments.what_if import effects
from pages.figures import Axis, Cells
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Each part in turn")

ADDING = 2  # parts, the first: what they write is added to the stream


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
    changes = effects.one_by_one(
        reading,
        list(names),
        lambda layer, part: reading.of(ablation.part_effects, layer=layer, parts=(part,), token=token),
    )[..., measure]
    parts, title = Axis(list(names.values())), _("change when off")
    alt = _("For each part of each layer, how the candidate changes when that part alone is switched off.")
    effects.by_layer("what_if_each_part", changes, parts, alt, title=title, cells=Cells("+.2f", shown=True))
    layer, part = effects.strongest(changes[:, :ADDING])
    sentence = _(
        "Of what adds to the stream, {part} of layer {layer} matters most for {token}: without it, {change:+.2f}."
    )
    name, change = parts.labels[part], float(changes[layer, part])
    tell(sentence, part=name, layer=layer, token=tokenizer().token(token), change=change)
