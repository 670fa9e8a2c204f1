"""Experiments on size: the family of published GPTs, the tied head, memory, and operations for a text."""

from dataclasses import replace

import numpy as np
import streamlit as st
from babel.numbers import format_compact_decimal

from gpt_core.measure import anatomy
from gpt_core.model.config import BOOK_124M, PUBLISHED, GPTConfig
from pages import figures
from pages.experiments.candidates import percent
from pages.figures import palette
from pages.services.reading import Reading
from pages.ui import chapter
from pages.ui.components.chart import chart
from pages.ui.layout import PERSIST, columns
from pages.ui.words import _, language, number

FAMILY = {
    "GPT-2 S": PUBLISHED["gpt2"],
    "GPT-2 M": PUBLISHED["gpt2-medium"],
    "GPT-2 L": PUBLISHED["gpt2-large"],
    "GPT-2 XL": PUBLISHED["gpt2-xl"],
    "GPT-3 175B": PUBLISHED["gpt3-175b"],
}
LARGEST = anatomy.count_parameters(PUBLISHED["gpt3-175b"])
MEGA = 1e6


def part_names() -> dict[str, str]:
    """The parts of a GPT in the reader's words."""
    return {
        "token_embedding": _("token table"),
        "position_embedding": _("position table"),
        "attention": _("attention"),
        "feed_forward": _("feed-forward"),
        "norms": _("norms"),
        "out_head": _("output head"),
    }


def part_colours() -> dict[str, str]:
    """One colour for each part, the same in all charts of the chapter."""
    colours = (palette.TOKEN, palette.POSITION, palette.ATTENTION, palette.FEED_FORWARD, palette.NEUTRAL, palette.KEY)
    return dict(zip(part_names().values(), colours, strict=True))


def parts(counted: anatomy.Parameters) -> dict[str, int]:
    """Counts by the parts' names."""
    return {words: getattr(counted, name) for name, words in part_names().items()}


def family(reading: Reading) -> dict[str, GPTConfig]:
    """The running model and the published ones, smallest first."""
    return {_("this model"): reading.card.config} | FAMILY


def family_shares(reading: Reading) -> None:
    """Where the parameters sit, as shares: the larger the model, the less its tables weigh."""
    members = family(reading)
    shares = [anatomy.count_parameters(config).shares for config in members.values()]
    chart(
        figures.stacked_bars(
            {words: [share[name] for share in shares] for name, words in part_names().items()},
            labels=list(members),
            colours=part_colours(),
            value_format=".1%",
            axis_title=_("share of all parameters"),
            named_inside=True,
        ),
        key="family_shares",
        alt=_("Shares of the parts in this model, GPT-2 small to XL, and GPT-3."),
        height=375,
    )


def tell_shares(counted: anatomy.Parameters) -> None:
    """The token table's share here and in the largest of the family."""
    chapter.tell(
        _("Its token table holds {here} of them; in GPT-3, the table holds {there}, the feed-forward {thought}."),
        here=percent(counted.shares["token_embedding"]),
        there=percent(LARGEST.shares["token_embedding"]),
        thought=percent(LARGEST.shares["feed_forward"]),
    )


def rounded(count: int) -> str:
    """A count in three digits as the models are called by it: 1.56B, where d3 knows only 1.56G."""
    digits = 2 - (len(str(count)) - 1) % 3
    short = format_compact_decimal(count, format_type="short", locale=language(), fraction_digits=digits)
    return short.replace("\u00a0", "\u202f")


def family_totals(reading: Reading) -> None:
    """How many parameters, on a logarithmic axis: every grid line is ten times more."""
    members = family(reading)
    totals = [anatomy.count_parameters(config).total for config in members.values()]
    chart(
        figures.bars(
            totals,
            labels=list(members),
            texts=[rounded(total) for total in totals],
            value_format=".3~s",
            axis_title=_("parameters, ten times more a line"),
            label_axis="plain",
            highlighted=0,
            log=True,
        ),
        key="family_totals",
        alt=_("Parameters of this model, GPT-2 small to XL and GPT-3, on a logarithmic axis."),
        height=340,
    )
    chapter.tell(
        _("GPT-3 has {total} parameters: {times} times as many as this model."),
        total=number(totals[-1]),
        times=number(round(totals[-1] / totals[0])),
    )
    chapter.say("family")


def tied(reading: Reading) -> None:
    """The book's untied model, the same with its head tied, and GPT-2 as published."""
    members = {
        _("the book’s model, head of its own"): BOOK_124M,
        _("the same, head tied to the token table"): replace(BOOK_124M, tied_head=True),
        _("GPT-2 as published: tied, with biases"): PUBLISHED["gpt2"],
    }
    counts = [anatomy.count_parameters(config) for config in members.values()]
    chart(
        figures.stacked_bars(
            {words: [getattr(count, name) for count in counts] for name, words in part_names().items()},
            labels=list(members),
            colours=part_colours(),
            axis_title=_("parameters"),
            value_format=",.4~s",
        ),
        key="tied",
        alt=_("Three bars: the book’s 163 million, 124 million with a tied head, and GPT-2 as published."),
        height=300,
    )
    untied, shared, published = (count.total for count in counts)
    chapter.tell(
        _("{untied} − {head} for the head = {shared}; biases of query, key and value add {biases}: {published}."),
        untied=number(untied),
        head=number(counts[0].out_head),
        shared=number(shared),
        biases=number(published - shared),
        published=number(published),
    )
    chapter.say("tied_here" if reading.card.config.tied_head else "untied_here")


def memory_needed(reading: Reading) -> None:
    """What weights, cache and trace take, for the running model and for the published ones."""
    members = family(reading)
    widths = {_("float32"): 4, _("float16"): 2, _("8 bits"): 1}
    weights, text = columns(1, 1)
    config = reading.card.config
    with text:
        n_tokens = st.slider(
            _("Tokens in the text"),
            *(1, config.context_length, min(128, config.context_length)),
            key=f"anatomy_memory {reading.name}",
            persist_state=PERSIST,
        )
        needs = {
            _("weights"): anatomy.weight_bytes(config),
            _("keys and values kept"): anatomy.cache_bytes(config, n_tokens),
            _("trace of this page"): anatomy.trace_bytes(config, n_tokens),
        }
        chart(
            figures.bars(
                list(needs.values()),
                labels=list(needs),
                texts=[rounded(need) for need in needs.values()],
                value_format=".3~s",
                axis_title=_("bytes in float32"),
                label_axis="plain",
            ),
            key="memory_text",
            alt=_("Memory for the weights, for the cache of keys and values, and for the whole trace of a text."),
            height=300,
        )
    with weights:
        chart(
            figures.lines(
                {
                    words: [anatomy.weight_bytes(one, bytes_per_number=width) for one in members.values()]
                    for words, width in widths.items()
                },
                x_labels=list(members),
                y_title=_("bytes for the weights"),
                log_y=True,
                value_format=".3~s",
            ),
            key="memory_weights",
            alt=_("Memory for the weights of each model, in float32, float16 and 8 bits."),
            height=380,
        )
    held = reading.trace.n_bytes
    chapter.tell(
        _(
            "This text, {n} tokens: its trace was estimated at {estimated} MB and holds {exact} MB, without the logits:"
            " these take {logits} MB."
        ),
        n=number(len(reading.ids)),
        estimated=number(anatomy.trace_bytes(config, len(reading.ids)) / MEGA, 2),
        exact=number(held / MEGA, 2),
        logits=number(anatomy.logits_bytes(config, len(reading.ids)) / MEGA, 2),
    )


def operations(reading: Reading) -> None:
    """Multiply-and-adds of one pass by part, and how attention's share grows with the text."""
    config = reading.card.config
    n_tokens = st.slider(
        _("Tokens in the text"),
        *(1, config.context_length, min(64, config.context_length)),
        key=f"anatomy_operations {reading.name}",
        persist_state=PERSIST,
    )
    names = {
        "projections": _("attention: matrices"),
        "scores": _("attention: scores"),
        "context": _("attention: context"),
        "feed_forward": _("feed-forward"),
        "out_head": _("output head"),
    }
    work = anatomy.multiply_adds(config, n_tokens, n_logits=1)
    by_part, by_length = columns(1, 1)
    with by_part:
        chart(
            figures.bars(
                [getattr(work, name) for name in names],
                labels=list(names.values()),
                texts=[rounded(getattr(work, name)) for name in names],
                value_format=".3~s",
                axis_title=_("multiply-and-adds"),
                label_axis="plain",
            ),
            key="operations",
            alt=_("Operations of one pass over a text of this length, part by part."),
            height=340,
        )
    lengths = np.unique(np.linspace(1, config.context_length, 33).astype(int))
    passes = [anatomy.multiply_adds(config, int(n), n_logits=1) for n in lengths]
    with by_length:
        chart(
            figures.lines(
                {
                    _("whole pass"): [one.total for one in passes],
                    _("scores and context vectors"): [one.scores + one.context for one in passes],
                },
                x=lengths,
                x_title=_("tokens in the text"),
                y_title=_("multiply-and-adds"),
                value_format=".3~s",
            ),
            key="operations_length",
            alt=_("Operations of one pass by the length of the text: attention grows with its square."),
            height=340,
        )
    chapter.tell(
        _("For {n} tokens: {total} multiply-and-adds, of which {share} compare tokens with tokens."),
        n=number(n_tokens),
        total=number(work.total),
        share=percent((work.scores + work.context) / work.total),
    )
    chapter.say("operations")


def reveal(reading: Reading) -> None:
    """The answer to the chapter's question, and what a text one token longer would add."""
    config, n_tokens = reading.card.config, len(reading.ids)
    here, longer = (anatomy.multiply_adds(config, n, n_logits=1).total for n in (n_tokens, n_tokens + 1))
    chapter.tell(
        _("{n} multiply-and-adds for these {tokens} tokens and one prediction. One token more would take {more} more."),
        n=number(here),
        tokens=number(n_tokens),
        more=number(longer - here),
    )


def table(reading: Reading) -> dict[str, object]:
    """Every model of the family, part by part."""
    members = family(reading)
    counts = [anatomy.count_parameters(config) for config in members.values()]
    found = {words: [getattr(count, name) for count in counts] for name, words in part_names().items()}
    return {_("model"): list(members), **found, _("total"): [count.total for count in counts]}
