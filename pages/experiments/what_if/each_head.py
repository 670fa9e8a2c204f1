"""Each head in turn: what happens to a candidate when that head alone is off."""

from gpt_core.measure import ablation
from pages import show
from pages.experiments.what_if import effects
from pages.figures import Scale
from pages.services.reading import tokenizer
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Each head in turn")


def draw(reading: Reading, chosen: Choices) -> None:
    """A cell for each head, and in a sentence the one that matters most."""
    say("heads")
    token, measure = effects.choose_candidate(reading)
    changes = effects.one_by_one(
        reading,
        range(reading.card.config.n_heads),
        lambda layer, head: reading.of(ablation.head_effects, layer=layer, heads=(head,), token=token),
    )[..., measure]
    n_layers, n_heads = changes.shape
    show.by_layer_and_head(
        "what_if_each_head",
        changes,
        _("For each head, how the candidate changes when that head alone is switched off."),
        scale=Scale("signed", title=_("change when off")),
        selected=(chosen.layer, chosen.head),
        named=True,
        format="+.2f",
        numbers=n_heads <= 8,
        height=140 + 44 * n_layers,
    )
    layer, head = effects.strongest(changes)
    sentence = _(
        "For {token}, head {head} of layer {layer} matters most: switched off, it changes that by {change:+.2f}."
    )
    tell(sentence, token=tokenizer().token(token), head=head, layer=layer, change=float(changes[layer, head]))
