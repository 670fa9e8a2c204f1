"""Chapter 6: a token may look back but not ahead, or predicting the next one would be copying."""

import pandas as pd

from gpt_core.measure import dropout
from gpt_core.model import attention
from pages.experiments import causal_mask as experiments
from pages.ui import chapter
from pages.ui.layout import experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
att = reading.trace.blocks[chosen.layer].att
scaled, masked, weights = (matrix[chosen.head].numpy() for matrix in (att.scaled, att.masked, att.weights))
later = att.mask.numpy()

experiments.three_steps(
    scaled, weights, later, tokens=reading.tokens, selected=(chosen.token, chosen.key), on_click=chapter.choose_cell
)
chapter.charts_first()
if later[chosen.token, chosen.key]:
    chapter.tell(
        _("{query} may not see {key}: its score {score} becomes minus infinity, and e to that power is 0."),
        query=reading.tokens[chosen.token],
        key=reading.tokens[chosen.key],
        score=number(float(scaled[chosen.token, chosen.key]), 2),
    )
else:
    chapter.tell(
        _("{query} may see {key}: the score {score} stays and becomes a weight of {weight}."),
        query=reading.tokens[chosen.token],
        key=reading.tokens[chosen.key],
        score=number(float(scaled[chosen.token, chosen.key]), 2),
        weight=number(float(weights[chosen.token, chosen.key]), 4),
    )
ahead = float(weights[later].sum())
deviation = float(abs(weights.sum(axis=1) - 1).max())
chapter.check(
    ahead == 0 and deviation < 1e-5,
    _("All weights on later tokens together: {ahead}. Every row sums to 1: the largest deviation is {deviation}.")
    .format(ahead=number(ahead), deviation=tiny(deviation)),
)  # fmt: skip
chapter.formula(
    rf"\text{{{_('weights')}}} = "
    r"\text{softmax}\!\left(\frac{QK^\top}{\sqrt{d}} + M\right), \qquad "
    r"M_{ij} = \begin{cases} 0 & j \le i \\ -\infty & j > i \end{cases}"
)
experiments_menu(
    {
        _("Mask off"): lambda: experiments.leak(reading, chosen),
        _("Two ways to mask"): lambda: experiments.two_ways(reading, chosen),
        _("Dropout"): lambda: experiments.dropout(reading, chosen),
        _("Padding mask"): experiments.padding,
        _("The book’s example"): experiments.book_example,
    }
)
chapter.predict(lambda: experiments.forbidden(reading))
chapter.code(attention.causal_mask, attention.attend, attention.renormalised, dropout.dropped_out)
chapter.data(
    lambda: pd.DataFrame(
        [
            (query, key, scaled[i, j], masked[i, j], weights[i, j])
            for i, query in enumerate(chapter.labels(reading))
            for j, key in enumerate(chapter.labels(reading))
        ],
        columns=[_("query"), _("key"), _("scaled score"), _("masked score"), _("weight")],
    )
)
