"""Chapter 12: what a GPT's size means, counted part by part: parameters, memory, operations."""

import pandas as pd

from gpt_core.measure import anatomy
from gpt_core.model.config import PUBLISHED
from pages import figures, show
from pages.experiments.anatomy.family import counted, part_colours, part_names, rounded
from pages.figures import Axis, Measure
from pages.services.classes.question import Choice
from pages.ui import chapter, guess, sums
from pages.ui.chapter import Choices, Reading, check, say, tell
from pages.ui.model_picker import title_of
from pages.ui.story import beside
from pages.ui.sums import Sum
from pages.ui.words import N_, _

HEIGHT = 375


def part_by_part(reading: Reading, _chosen: Choices) -> None:
    """The parameters of the running model."""
    count = anatomy.count_parameters(reading.card.config)
    parts = {words: getattr(count, name) for name, words in part_names().items()}
    texts = [rounded(one) for one in parts.values()]
    bars = figures.bars(
        list(parts.values()),
        Axis(list(parts)),
        measure=Measure(_("parameters of this model"), ".3~s", texts=texts),
        colour=[part_colours()[part] for part in parts],
    )
    show.chart("parameters", bars, _("Parameters of the running model, part by part."), height=HEIGHT)


def family_shares(reading: Reading, _chosen: Choices) -> None:
    """Where the parameters sit, as shares: the larger the model, the less its tables weigh."""
    shares = {name: count.shares for name, count in counted(reading).items()}
    bars = figures.stacked_bars(
        {words: [share[name] for share in shares.values()] for name, words in part_names().items()},
        Axis(list(shares)),
        measure=Measure(_("share of all parameters"), ".1%"),
        colours=part_colours(),
        named_inside=True,
    )
    show.chart(
        "family_shares", bars, _("Shares of the parts in this model, GPT-2 small to XL, and GPT-3."), height=HEIGHT
    )


def sizes(reading: Reading, _chosen: Choices) -> None:
    """The running model's sizes, and the token table's share here and in the largest of the family."""
    config = reading.card.config
    count, largest = (anatomy.count_parameters(one) for one in (config, PUBLISHED["gpt3-175b"]))
    tell(
        _(
            "{model}: {layers:,|block|blocks} of {heads:,|head|heads}, width {width:,}, a table of {vocabulary:,} "
            "tokens: {total:,} parameters."
        ),
        model=title_of(reading.card),
        layers=config.n_layers,
        heads=config.n_heads,
        width=config.emb_dim,
        vocabulary=config.vocab_size,
        total=count.total,
    )
    tell(
        _(
            "Its token table holds {here:.1%} of them; in GPT-3, the table holds {there:.1%}, the feed-forward "
            "{thought:.1%}."
        ),
        here=count.shares["token_embedding"],
        there=largest.shares["token_embedding"],
        thought=largest.shares["feed_forward"],
    )


def counted_twice(reading: Reading, _chosen: Choices) -> None:
    """The check: the sizes say as many as the model's own tensors hold."""
    by_size, by_tensor = anatomy.count_parameters(reading.card.config), anatomy.count_tensors(reading.model)
    check(
        by_tensor == by_size,
        _("Counted from the sizes: {counted:,}. Counted in the model’s own tensors: {found:,}. Difference: {n:,}."),
        counted=by_size.total,
        found=by_tensor.total,
        n=abs(by_tensor.total - by_size.total),
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """Where the parameters come from."""
    chapter.formula(
        r"\underbrace{V d}_{\text{tokens}} + \underbrace{C d}_{\text{positions}} + "
        r"L\,\big(\underbrace{4 d^2}_{\text{attention}} + \underbrace{8 d^2}_{\text{feed-forward}} + \dots\big)"
    )
    say("sizes")


STORY = (beside((1, part_by_part), (1, family_shares)), sizes, counted_twice, formula)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """The multiplications for this text, and a thousand times as few and as many."""
    n = anatomy.multiply_adds(reading.card.config, len(reading.ids), n_logits=1).total
    return guess.numbers(N_("about {n:words}"), n, n // 1_000, n * 1_000)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The operations for this text, and what a text one token longer would add."""
    config, n_tokens = reading.card.config, len(reading.ids)
    here, longer = (anatomy.multiply_adds(config, n, n_logits=1).total for n in (n_tokens, n_tokens + 1))
    tell(
        _(
            "{n:,} multiply-and-adds for {tokens:,|token|tokens} and one prediction. One token more would take "
            "{more:,} more."
        ),
        n=here,
        tokens=n_tokens,
        more=longer - here,
    )


def exercise(reading: Reading, _chosen: Choices) -> Sum:
    """The parameters of one block."""
    return sums.parameters_of_block(reading.card.config)


CODE = (anatomy.count_parameters, anatomy.count_tensors, anatomy.multiply_adds)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """Every model of the family, part by part."""
    counts = counted(reading)
    parts = {words: [getattr(count, name) for count in counts.values()] for name, words in part_names().items()}
    totals = [count.total for count in counts.values()]
    return pd.DataFrame({_("model"): list(counts), **parts, _("total"): totals})
