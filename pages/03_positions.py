"""Chapter 3: attention has no sense of order, so each token is told where it stands."""

import numpy as np
import pandas as pd

from gpt_core.measure.embedding_space import cosine_table
from gpt_core.measure.positions import linear_bias, rotate
from gpt_core.model.embedding import Embedding, sinusoids
from pages import figures
from pages.experiments import positions as experiments
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import experiments_menu
from pages.ui.words import _, number, tiny

reading, chosen = chapter.current_text_and_choices()
start = reading.trace.embedding
token, position, total = (rows[chosen.token].numpy() for rows in (start.token, start.position, start.out))
shown = range(min(len(total), 48))

experiments.learned(reading)
chart(
    figures.heatmap(
        np.stack([token, position, total])[:, : len(shown)],
        rows=[reading.tokens[chosen.token], _("position {n}").format(n=chosen.token), _("input = sum")],
        columns=[str(dimension) for dimension in shown],
        scale="signed",
        row_axis="plain",
        column_axis="plain",
        column_title=_("dimension (the first {n} of {all})").format(n=len(shown), all=len(total)),
    ),
    key="positions_sum",
    alt=_("Three rows: the token’s vector, its position’s vector, and their sum, which enters the first block."),
    height=230,
)
chapter.charts_first()
chapter.tell(
    _("{token} at position {position}: the token’s vector has length {token_size}, the position’s {position_size}."),
    token=reading.tokens[chosen.token],
    position=chosen.token,
    token_size=number(float(np.linalg.norm(token)), 2),
    position_size=number(float(np.linalg.norm(position)), 2),
)
deviation = float((start.token + start.position - start.out).abs().max())
chapter.check(
    deviation == 0,
    _("Token + position = input, for every token in all {width} dimensions: the largest deviation is {deviation}.")
    .format(width=len(total), deviation=tiny(deviation)),
)  # fmt: skip
chapter.formula(r"x_i = \text{tok\_emb}[\text{id}_i] + \text{pos\_emb}[i]")
experiments_menu(
    {
        _("Shuffle the tokens"): lambda: experiments.shuffle(reading, chosen),
        _("Drop the positions"): lambda: experiments.drop(reading, chosen),
        _("Sinusoids"): lambda: experiments.sinusoids(reading),
        _("Distance bias"): lambda: experiments.distance_bias(reading, chosen),
        _("Rotation"): lambda: experiments.rotation(reading, chosen),
    }
)
chapter.predict(lambda: experiments.most_alike(reading, chosen))
chapter.code(Embedding, cosine_table, sinusoids, linear_bias, rotate)
names = (_("dimension"), _("token"), _("position"), _("sum"))
chapter.data(lambda: pd.DataFrame(dict(zip(names, (range(len(total)), token, position, total), strict=True))))
