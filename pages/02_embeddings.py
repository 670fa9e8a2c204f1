"""Chapter 2: an id picks a row of a table, and that row of numbers is what the model works with."""

import numpy as np
import pandas as pd

from gpt_core.measure import embedding_space
from gpt_core.model import embedding
from pages import figures
from pages.experiments import embeddings as experiments
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, listed, number

reading, chosen = chapter.current_text_and_choices()
rows = reading.trace.embedding.token.numpy()
token, id = reading.tokens[chosen.token], reading.ids[chosen.token]

table, near = columns(3, 2)
with table:
    chart(
        figures.heatmap(
            rows,
            rows=reading.tokens,
            columns=[str(i) for i in range(rows.shape[1])],
            scale="signed",
            limit=float(np.quantile(abs(rows), 0.98)),
            selected=(chosen.token, None),
            row_title=_("tokens of the text"),
            column_title=_("place in the vector"),
            row_axis="token",
            column_axis="plain",
        ),
        key="rows",
        alt=_("The vector of each token of the text: a row of {n} numbers.").format(n=rows.shape[1]),
        on_click=experiments.choose_token,
        height=425,
    )
with near:
    experiments.neighbours(reading, chosen)
chapter.charts_first()

chapter.tell(
    _("{token} has the id {id}: it picks row {id} of a table of {rows} rows, and gets its {n} numbers: {first} …"),
    token=token,
    id=id,
    rows=number(reading.card.config.vocab_size),
    n=rows.shape[1],
    first=listed(number(float(value), 3) for value in rows[chosen.token, :4]),
)
experiments.chance(reading, chosen)
difference, repeats = experiments.picked(reading, chosen)
chapter.check(
    difference < 1e-6 and experiments.same_id_same_row(reading, rows),
    experiments.said_of_rows(difference, repeats),
)
chapter.formula(r"\underbrace{(0 \;\cdots\; 0 \;\; 1 \;\; 0 \;\cdots\; 0)}_{\text{one-hot}} \cdot E \;=\; E_{id}")
experiments_menu(
    {
        _("One-hot × table, the book’s example"): experiments.one_hot,
        _("In two or three dimensions"): lambda: experiments.projection(reading, chosen),
        _("How alike are the tokens of this text?"): lambda: experiments.cosines(reading, chosen),
    }
)
chapter.predict(lambda: experiments.reveal(reading))
chapter.code(embedding.Embedding, embedding_space.picked_by_one_hot, embedding_space.nearest)
chapter.data(
    lambda: pd.DataFrame(rows.T, columns=pd.Index(chapter.labels(reading))).rename_axis(_("place")).reset_index()
)
