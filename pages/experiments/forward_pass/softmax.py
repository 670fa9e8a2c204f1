"""From logit to probability: the softmax over the vocabulary worked out for each candidate."""

import pandas as pd
import streamlit as st

from pages import show
from pages.experiments.forward_pass.predictions import candidate_rows, here
from pages.figures import Measure
from pages.ui import shown
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _, literal, number

TITLE = N_("From logit to probability")

ON_THE_WALL = 5  # candidates


def draw(reading: Reading, chosen: Choices) -> None:
    """The logits of the candidates, and each step to the probability as a table."""
    say("worked")
    prediction, tokens, followed = here(reading, chosen)
    rows = candidate_rows(prediction)
    if chosen.present:  # the wall has room for the numbers alone
        rows = rows[:ON_THE_WALL]
    else:
        logits, alt = prediction.logits.numpy(), _("The logits of the likeliest next tokens.")
        logit = Measure(_("logit"), ".2f")
        show.candidates("forward_logits", tokens, logits, alt, measure=logit, highlighted=followed)
    table = pd.DataFrame([{name: _written(value) for name, value in row.items()} for row in rows])
    shown.grid(table)
    st.table(table.to_dict("records"))
    sentence = _(
        "The sum over all {n:,} tokens is {sum:.4f}. The doubt left is {bits:.2f} bits, as in a fair choice among "
        "{choices:.1f}."
    )
    bits = prediction.entropy
    tell(sentence, n=prediction.vocab_size, sum=prediction.exp_sum, bits=bits, choices=2**bits)


def _written(value: object) -> str:
    """A value of the table as the reader's language writes it; tokens stay what they are."""
    if isinstance(value, float):
        return number(value, 4)
    return number(value) if isinstance(value, int) else literal(str(value))
