"""Chapter 7: every layer has several heads, and each looks at the text in its own way."""

from gpt_core.measure import heads, lens
from gpt_core.model import attention
from pages import figures
from pages.experiments import heads as experiments
from pages.experiments.heads_compared import compare
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import columns, experiments_menu
from pages.ui.words import _, tiny

reading, chosen = chapter.current_text_and_choices()
att = reading.trace.blocks[chosen.layer].att
weights = att.weights[chosen.head].numpy()
n_tokens = len(reading.ids)

one, all_heads = columns(13, 9)
with one:
    chart(
        figures.heatmap(
            weights,
            rows=reading.tokens,
            columns=reading.tokens,
            scale="probability",
            masked=att.mask.numpy(),
            masked_label=_("masked: it comes later"),
            selected=(chosen.token, chosen.key),
            row_title=_("query"),
            column_title=_("key"),
            show_values=n_tokens <= 7,
            value_format=".2f",
        ),
        key="attention",
        alt=_("Attention weights of layer {layer}, head {head}: each row is a query, each column a key.").format(
            layer=chosen.layer, head=chosen.head
        ),
        height=experiments.HEIGHT,
        on_click=chapter.choose_cell,
    )
with all_heads:
    experiments.all_heads(reading, chosen)
chapter.charts_first()

experiments.cell(reading, chosen)
deviation = float(abs(weights.sum(axis=1) - 1).max())
chapter.check(
    deviation < 1e-5,
    _("Every row sums to 1: the largest deviation is {deviation}.").format(deviation=tiny(deviation)),
)
head, mask, out = (rf"\text{{{word}}}" for word in (_("head"), _("mask"), _("out")))
chapter.formula(
    rf"{head}_i = \text{{softmax}}\!\left({mask}\left(\frac{{Q_i K_i^\top}}{{\sqrt{{d}}}}\right)\right) V_i"
    rf"\qquad {out} = [{head}_0, \dots, {head}_{{n-1}}]\, W_{{{out}}} + b"
)
experiments_menu(
    {
        _("What each head does"): lambda: experiments.roles(reading, chosen),
        _("Without the first token"): lambda: experiments.no_sink(reading, chosen),
        _("Arcs"): lambda: experiments.arcs(reading, chosen),
        _("Compare"): lambda: compare(reading, chosen),
        _("Split, join, project"): lambda: experiments.split(reading, chosen),
        _("Who made the logit"): lambda: experiments.contributions(reading, chosen),
        _("The book’s example"): lambda: experiments.book_example(reading, chosen),
    }
)
chapter.predict(lambda: experiments.average(reading, chosen))
chapter.code(attention.SelfAttention, heads.head_scores, heads.without_sink, lens.contributions)
chapter.data(lambda: experiments.table(weights, chapter.labels(reading)))
