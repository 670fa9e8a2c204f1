"""One query's way through attention: the model's, without weights, and the book's two examples."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from pages.services.reading import Reading

from gpt_core.examples import book
from gpt_core.examples.book import SimpleAttention
from gpt_core.measure.written_sum import WrittenSum, weighted, written_out
from gpt_core.model.trace import AttentionTrace
from pages import figures
from pages.figures import Label
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, columns
from pages.ui.words import _, number, tiny

MOST_TERMS = 6
FEW_NUMBERS = 3


def panels(
    att: AttentionTrace,
    head: int,
    query: int,
    key: int,
    *,
    tokens: Sequence[Label],
    place: str,
    value_format: str = ".2f",
    on_click: Callable[[Click], None],
) -> None:
    """Scores, scaled, masked, weights and context of one query, over one axis of keys."""
    head_dim = att.queries.shape[-1]
    steps = {
        _("scores"): att.scores[head, query],
        f"÷ √{head_dim}": att.scaled[head, query],
        _("mask"): att.masked[head, query],
        _("softmax"): att.weights[head, query],
    }
    chart(
        figures.attention_steps(
            {name: row.numpy() for name, row in steps.items()},
            parts=weighted(att.weights[head, query], att.values[head]).numpy(),
            parts_title=_("context"),
            keys=tokens,
            selected=key,
            masked=att.mask[query].numpy(),
            masked_from=2,
            key_title=_("key"),
            value_format=value_format,
            written=_written,
        ),
        key=place,
        alt=_("Five rows over the same keys: scores, scaled, masked, softmax weights, weighted values and their sum."),
        height=430,
        on_click=on_click,
    )


def _written(value: float) -> str:
    return number(value, 0 if value == round(value) else 2)


def choose_key(click: Click) -> None:
    """A click on a column chooses its key, on every chapter; the sum at the right is no key."""
    if float(click.x).is_integer():
        session.set("key", int(click.x))


def worked(att: AttentionTrace, head: int, query: int, key: int, *, names: tuple[Label, Label], digits: int) -> None:
    """The sums behind one column with their numbers, from score to context; and a check that they are the model's."""
    total = written_out(att.queries[head, query], att.keys[head, key], most=MOST_TERMS)
    score = float(att.scores[head, query, key])
    chapter.tell(
        _("**Score** of the query {query} with the key {key}, the largest terms first:"), query=names[0], key=names[1]
    )
    st.markdown(f"{_as_sum(total, digits)} = **{number(score, digits)}**")
    row = att.masked[head, query]
    scaled, highest = float(att.scaled[head, query, key]), float(row.max())
    divided = f"{number(score, digits)} ÷ √{att.queries.shape[-1]} = **{number(scaled, digits)}**"
    if att.mask[query, key]:
        st.markdown(f"{divided} · {_('but the key comes later: −∞ instead, and the weight is **0**')}")
    else:
        parts = (row - highest).exp()
        above, below = (number(float(part), digits) for part in (parts[key], parts.sum()))
        st.markdown(
            f"{divided} · softmax $= e^{{x - \\max}} / \\sum e^{{x - \\max}}$ = {above} ÷ {below} = "
            f"**{number(float(att.weights[head, query, key]), digits)}**"
        )
    context = att.context[head, query]
    mixed = [written_out(att.weights[head, query], column, most=MOST_TERMS) for column in att.values[head].T]
    _contexts(mixed, context.tolist(), digits)
    deviation = max(
        abs(one.total - value) for one, value in zip([total, *mixed], [score, *context.tolist()], strict=True)
    )
    chapter.check(
        deviation < 1e-4 * max(1.0, float(att.scores[head, query].abs().max()), float(context.abs().max())),
        _("The sums written out and the numbers of the model’s own pass differ by at most {deviation}.").format(
            deviation=tiny(deviation)
        ),
    )
    if total.n_rest:
        with st.expander(_("The whole score: all {n} terms").format(n=len(total.terms) + total.n_rest)):
            every = written_out(att.queries[head, query], att.keys[head, key], most=att.queries.shape[-1])
            st.markdown(f"{_as_sum(every, digits)} = **{number(score, digits)}**")


def _as_sum(total: WrittenSum, digits: int) -> str:
    terms = [f"({number(term.left, digits)} × {number(term.right, digits)})" for term in total.terms]
    if total.n_rest:
        terms.append(_("… {n} more terms ({sum})").format(n=total.n_rest, sum=number(total.rest, digits)))
    return " + ".join(terms)


def simple_text(reading: Reading, chosen: Choices) -> None:
    """The reader's text without any matrices."""
    chapter.say("simple_text")
    vectors = reading.trace.embedding.out
    att = reading.once("simple attention", work=lambda: book.simple_attention(vectors))
    _simple(att, chosen.token, chosen.key, reading.tokens, "simple_text", ".2f", choose_key)
    itself = float(att.weights[chosen.token, chosen.token])
    chapter.tell(
        _("Without weights {token} gives {percent}% of its attention to itself."),
        token=reading.tokens[chosen.token],
        percent=number(100 * itself, 1),
    )


def simple_book(_reading: Reading, _chosen: Choices) -> None:
    """The book's section 3.3."""
    chapter.say("simple_book")
    query, key = _words("simple_book")
    att = book.simple_attention()
    _simple(att, query, key, book.WORDS, "simple_book", ".4f", _keeper("simple_book"))
    total = written_out(att.inputs[query], att.inputs[key])
    chapter.tell(_("**Score** of the query {query} with the key {key}:"), query=book.WORDS[query], key=book.WORDS[key])
    st.markdown(f"{_as_sum(total, 2)} = **{number(float(att.scores[query, key]), 4)}**")
    _contexts([written_out(att.weights[query], column) for column in att.inputs.T], att.context[query].tolist(), 4)


def trainable_book(_reading: Reading, _chosen: Choices) -> None:
    """The book's section 3.4, and the same with the mask of 3.5."""
    chapter.say("trainable_book")
    query, key = _words("trainable_book")
    names = [_("parameters, seed 123 (3.4.1)"), _("linear layers, seed 789 (3.4.2)")]
    left, right = columns(5, 2)
    linear = left.segmented_control(
        _("Version"),
        range(2),
        format_func=lambda i: names[i],
        default=0,
        required=True,
        key="trainable_book_version",
        persist_state=PERSIST,
    )
    causal = right.toggle(_("causal mask (3.5)"), key="trainable_book_causal", persist_state=PERSIST)
    att = book.trainable_attention("linear" if linear else "parameters", causal=causal)
    panels(
        att,
        0,
        query,
        key,
        tokens=book.WORDS,
        place="trainable_book",
        value_format=".4f",
        on_click=_keeper("trainable_book"),
    )
    worked(att, 0, query, key, names=(book.WORDS[query], book.WORDS[key]), digits=4)


def _contexts(sums: list[WrittenSum], context: list[float], digits: int) -> None:
    """The sums behind a context vector: of all its numbers where they are few, else of the largest."""
    places = range(len(context))
    if len(context) <= FEW_NUMBERS:
        st.markdown(_("**Context vector**: {numbers}").format(numbers=_vector(context)))
    else:
        places = [max(places, key=lambda i: abs(context[i]))]
        st.markdown(_("**Context**, the largest of its {n} numbers: weight × value of each key").format(n=len(context)))
    for i in places:
        sum_ = f"{_as_sum(sums[i], digits)} = **{number(context[i], digits)}**"
        st.markdown(_("number {i}: {sum}").format(i=i, sum=sum_))


def _simple(
    att: SimpleAttention,
    query: int,
    key: int,
    tokens: Sequence[Label],
    place: str,
    value_format: str,
    on_click: Callable[[Click], None],
) -> None:
    steps = {_("scores"): att.scores, _("÷ their sum"): att.normalised_by_sum, _("softmax"): att.weights}
    chart(
        figures.attention_steps(
            {name: rows[query].numpy() for name, rows in steps.items()},
            parts=weighted(att.weights[query], att.inputs).numpy(),
            parts_title=_("context"),
            keys=tokens,
            selected=key,
            key_title=_("key"),
            value_format=value_format,
            written=_written,
        ),
        key=place,
        alt=_("Four rows over the same words: scores, scores divided by their sum, softmax weights, weighted words."),
        height=400,
        on_click=on_click,
    )


def _words(place: str) -> tuple[int, int]:
    """The book's word that asks and the one that answers."""
    chosen = [
        st.segmented_control(
            title,
            range(len(book.WORDS)),
            format_func=book.WORDS.__getitem__,
            default=book.JOURNEY,
            required=True,
            key=key,
            persist_state=PERSIST,
        )
        for title, key in ((_("query"), f"{place}_query"), (_("key"), f"{place}_key"))
    ]
    return int(chosen[0] or 0), int(chosen[1] or 0)


def _keeper(place: str) -> Callable[[Click], None]:
    def keep(click: Click) -> None:
        if float(click.x).is_integer():
            session.set(f"{place}_key", int(click.x))

    return keep


def _vector(numbers: list[float]) -> str:
    return "[ " + " ; ".join(number(value, 4) for value in numbers) + " ]"


def meeting(reading: Reading, chosen: Choices) -> None:
    """Query, key and their products number by number, and the value that the key stands for."""
    chapter.say("meeting")
    att, head = reading.trace.blocks[chosen.layer].att, chosen.head
    query, key = att.queries[head, chosen.token], att.keys[head, chosen.key]
    rows = {
        _("query"): query,
        _("key"): key,
        _("query × key"): query * key,
        _("value"): att.values[head, chosen.key],
    }
    chart(
        figures.heatmap(
            np.stack([row.numpy() for row in rows.values()]),
            rows=list(rows),
            columns=[str(i) for i in range(len(query))],
            scale="signed",
            column_title=_("number of the head’s vector"),
            column_axis="plain",
        ),
        key="meeting",
        alt=_("Four rows: the query’s numbers, the key’s numbers, their products, the value’s numbers."),
        height=300,
    )


def context(reading: Reading, chosen: Choices) -> None:
    """The context vector as the sum of weighted values, and a check that it is the model's."""
    chapter.say("context")
    att, head, query = reading.trace.blocks[chosen.layer].att, chosen.head, chosen.token
    parts = weighted(att.weights[head, query], att.values[head])[: query + 1]
    total = parts.sum(dim=0)
    number_of = int(session.get("self_attention_number", int(total.abs().argmax()))) % len(total)
    names: list[Label] = [*reading.tokens[: query + 1], _("sum: context")]
    chart(
        figures.heatmap(
            np.vstack([parts.numpy(), total.numpy()]),
            rows=names,
            columns=[str(i) for i in range(parts.shape[1])],
            scale="signed",
            row_title=_("key"),
            column_title=_("number of the value"),
            row_axis="key",
            column_axis="value",
            selected=(query + 1, number_of),
        ),
        key="weighted_values",
        alt=_("Each key’s value times its weight, and in the last row their sum, the context vector."),
        height=420,
        on_click=lambda click: session.set("self_attention_number", round(float(click.x))),
    )
    column = written_out(att.weights[head, query], att.values[head, :, number_of], most=MOST_TERMS)
    st.markdown(_("**Number {i} of the context**, weight × value of each key:").format(i=number_of))
    st.markdown(f"{_as_sum(column, 3)} = **{number(float(total[number_of]), 3)}**")
    deviation = float((total - att.context[head, query]).abs().max())
    chapter.check(
        deviation < 1e-4 * max(1.0, float(total.abs().max())),
        _("The sum of the weighted values is the model’s context vector: the largest deviation is {deviation}.").format(
            deviation=tiny(deviation)
        ),
    )


def without_scaling(reading: Reading, chosen: Choices) -> None:
    """The answer to the chapter's question."""
    att, head, query = reading.trace.blocks[chosen.layer].att, chosen.head, chosen.token
    scores = att.scores[head, query].masked_fill(att.mask[query], float("-inf"))
    before, after = float(att.weights[head, query].max()), float(scores.softmax(dim=-1).max())
    st.markdown(
        _("With ÷ √{d} the largest weight is {before}%; without, it would be {after}%.").format(
            d=att.queries.shape[-1], before=number(100 * before, 1), after=number(100 * after, 1)
        )
    )


def table(att: AttentionTrace, head: int, query: int, labels: list[str]) -> pd.DataFrame:
    """All steps of one query, a row for each key."""
    return pd.DataFrame(
        {
            _("key"): labels,
            _("scores"): att.scores[head, query].numpy(),
            _("scaled"): att.scaled[head, query].numpy(),
            _("masked"): att.masked[head, query].numpy(),
            _("weights"): att.weights[head, query].numpy(),
        }
    )
