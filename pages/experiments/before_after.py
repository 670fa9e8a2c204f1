"""Before → after, for every experiment that changes the run: what comes next, and who looks at whom."""

from collections.abc import Hashable

import streamlit as st

from gpt_core import GPTTrace
from gpt_core.measure.difference import NextTokenChange, next_token_change
from pages import figures
from pages.experiments.candidates import percent
from pages.services.reading import Reading, tokenizer
from pages.ui import chapter
from pages.ui.choices import Choices
from pages.ui.components.chart import chart
from pages.ui.layout import columns
from pages.ui.words import _

Named = tuple[str, Reading, GPTTrace]  # what this run is called, the text it read, and what it computed


def next_token(before: Named, after: Named, *, change: Hashable, n: int = 8) -> NextTokenChange:
    """The `n` likeliest next tokens of two runs; `change` tells what was changed, among all changes of the first."""
    (name, reading, first), (other_name, other, second) = before, after
    both = reading.once("next token", other.ids, change, n, work=lambda: next_token_change(first, second, n))
    if not both.finite:
        chapter.tell(_("The numbers grew beyond what the computer can hold: there is no prediction any more."))
        return both
    pieces = [tokenizer().token(int(id)) for id in both.ids]
    chart(
        figures.bars(
            both.before.numpy(),
            labels=pieces,
            second=both.after.numpy(),
            names=(name, other_name),
            value_format=".1%",
            axis_title=_("probability of the next token"),
        ),
        key="next_token_before_after",
        alt=_("Bars: the likeliest next tokens, with their probability in both runs."),
    )
    choice, then = (pieces[int(probs.argmax())] for probs in (both.before, both.after))
    if choice == then:
        sentence = _("{moved} of all probability changed hands; the first choice is still {first}.")
    else:
        sentence = _("{moved} of all probability changed hands. First choice: {first} → {second}.")
    chapter.tell(sentence, moved=percent(round(both.moved, 3)), first=choice, second=then)
    return both


def attention(before: Named, after: Named, chosen: Choices) -> None:
    """The chosen head in two runs, side by side."""
    for place, column, (name, reading, trace) in zip(range(2), columns(1, 1), (before, after), strict=True):
        att = trace.blocks[chosen.layer].att
        with column:
            st.markdown(f"**{name}** · {_('layer')} {chosen.layer}, {_('head')} {chosen.head}")
            chart(
                figures.heatmap(
                    att.weights[chosen.head].numpy(),
                    rows=reading.tokens,
                    columns=reading.tokens,
                    scale="probability",
                    masked=att.mask.numpy(),
                    masked_label=_("masked: it comes later"),
                    row_title=_("query: the token that asks"),
                    column_title=_("key: the token it looks at"),
                    square=True,
                ),
                key=f"attention_before_after_{place}",
                alt=_("Attention weights of the chosen head in this run."),
                height=380,
            )
