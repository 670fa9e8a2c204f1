"""Context, number by number: each key's value times its weight, and their sum."""

import numpy as np

from gpt_core.measure.by_torch import head_from_weights
from gpt_core.measure.written_sum import weighted
from pages import figures, show
from pages.experiments.self_attention import written_sums
from pages.figures import Axis
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, say, tell, write
from pages.ui.components.chart import Click
from pages.ui.layout import choose
from pages.ui.words import N_, _

TITLE = N_("Context, number by number")

NUMBER = "self_attention_number"  # which of them is written out, by a click or in a list
SUGGESTED = f"{NUMBER} suggested"


def draw(reading: Reading, chosen: Choices) -> None:
    """The context vector as the sum of weighted values, one number written out, and a check that it is the model's."""
    say("context")
    att, head, query = reading.trace.blocks[chosen.layer].att, chosen.head, chosen.token
    parts = weighted(att.weights[head, query], att.values[head])[: query + 1]
    total = parts.sum(dim=0)
    largest = int(total.abs().argmax())
    if session.get(NUMBER) == session.get(SUGGESTED):  # nobody picked one: the list follows the largest
        session.set(NUMBER, None)
    session.set(SUGGESTED, largest)
    i = choose(_("Number that is written out"), range(len(total)), key=NUMBER, first=largest)
    figure = figures.heatmap(
        np.vstack([parts.numpy(), total.numpy()]),
        Axis([*reading.tokens[: query + 1], _("sum: context")], _("key"), "key"),
        Axis.numbered(len(total), _("number of the value"), "value"),
        scale="signed",
        selected=(query + 1, i),
    )
    alt = _("Each key’s value times its weight, and in the last row their sum, the context vector.")
    show.chart("weighted_values", figure, alt, height=420, on_click=_choose_number)
    tell(_("**Number {i} of the context**, weight × value of each key:"), i=i)
    write(written_sums.equation(att.weights[head, query], att.values[head, :, i], float(total[i]), digits=3))
    again = reading.of(head_from_weights, layer=chosen.layer, head=head).context[query]
    deviation = max(float((found - again).abs().max()) for found in (total, att.context[head, query]))
    sentence = _(
        "The sum of the weighted values is the context vector of PyTorch’s own attention: the largest deviation is "
        "{deviation:tiny}."
    )
    check(deviation < 1e-3 * max(1.0, float(again.abs().max())), sentence, deviation=deviation)


def _choose_number(click: Click) -> None:
    session.set(NUMBER, round(float(click.x)))
