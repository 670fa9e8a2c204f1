"""Experiments on the forward pass: the softmax worked out, the logit lens, surprise, who wrote a logit, comparisons."""

from itertools import islice
from math import exp

import numpy as np
import streamlit as st

from gpt_core import generate
from gpt_core.examples import book
from gpt_core.measure import lens, prediction
from gpt_core.measure.prediction import Depth, Prediction, predicted, through_depth
from gpt_core.weights.catalogue import CATALOGUE
from pages import figures
from pages.experiments import before_after, candidates
from pages.experiments.candidates import percent
from pages.figures import visible
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from pages.ui import chapter, session
from pages.ui.choices import Choices, clean
from pages.ui.components.chart import chart
from pages.ui.layout import choose, columns, text_box
from pages.ui.words import _, examples, language, literal, number, tiny

COLUMNS = 10  # tokens of the lens at a time: so many have room to be read
SMALL_SHARE = 0.01
BOOK_MODEL = "random-124m"
OTHER_TEXT, MOST_LETTERS = "forward_other_text", 400
BOOK_IDS = [27018, 24086, 47843, 30961, 42348, 7267]  # Raschka, section 4.7, in eval mode


def prediction_at(reading: Reading, position: int) -> Prediction:
    """The likeliest tokens after one position, and the text's own next token where it has one."""
    return reading.once("prediction", position, work=lambda: _predict(reading, position))


def _predict(reading: Reading, position: int) -> Prediction:
    trace = reading.trace
    return predicted(trace.logits_at(position), besides=reading.ids[position + 1 : position + 2])


def depth_of(reading: Reading, position: int) -> Depth:
    """How the candidates of one position fare at every station."""
    ids = prediction_at(reading, position).ids
    return reading.once(
        "depth", position, work=lambda: through_depth(reading.model, reading.trace, ids, position=position)
    )


def lens_deviation(reading: Reading, position: int) -> float:
    """How far the lens at the last station is from the model's own output."""
    return reading.once(
        "lens deviation",
        position,
        work=lambda: prediction.lens_deviation(reading.model, reading.trace, position=position),
    )


def stations(reading: Reading) -> list[str]:
    """The places on the way where the lens looks."""
    layers = range(reading.card.config.n_layers)
    of_a_block = (_("attention {layer}"), _("feed-forward {layer}"))
    return [_("embedding"), *(name.format(layer=layer) for layer in layers for name in of_a_block)]


def share_format(probs: np.ndarray) -> str:
    """How probabilities are written beside their bars: those of random weights would all be 0.0%."""
    return ".1%" if probs.max() >= SMALL_SHARE else ".2~p"


def rank_by_depth(depth: Depth, place: int) -> None:
    """The rank of one candidate as the stream goes through the layers."""
    chart(
        figures.ranks_by_depth(
            depth.ranks[:, place].numpy(),
            names=(_("embedding"), _("attention"), _("feed-forward")),
            x_title=_("block"),
            y_title=_("rank of the candidate"),
        ),
        key="forward_ranks",
        alt=_("The rank of the chosen candidate after the embedding, each attention and each feed-forward."),
        height=295,
    )


def tex(value: float, digits: int) -> str:
    """A number for a formula: a decimal comma without the space after it, powers of ten raised."""
    mantissa, _times, exponent = number(value, digits, raised="^{}").partition("·10^")
    plain = mantissa.replace(",", "{,}").replace("\u202f", r"\,")
    return rf"{plain} \cdot 10^{{{exponent}}}" if exponent else plain


def worked_formula(here: Prediction, place: int) -> str:
    """The softmax with the numbers of one candidate in it."""
    logit, highest, share = float(here.logits[place]), tex(here.highest, 3), float(here.probs[place])
    subtracted = f"({highest})" if highest.startswith("−") else highest
    return (
        rf"p = \frac{{e^{{z - z_\text{{max}}}}}}{{\sum_j e^{{z_j - z_\text{{max}}}}}}"
        rf" = \frac{{e^{{{tex(logit, 3)} - {subtracted}}}}}{{{tex(here.exp_sum, 3)}}} = {tex(share, 5)}"
    )


def candidate_rows(here: Prediction, tokens: list[bytes]) -> list[dict[str, object]]:
    """One row per candidate, from logit to probability."""
    return [
        {
            _("token"): visible(token),
            _("id"): int(here.ids[i]),
            _("rank"): int(here.ranks[i]),
            _("logit"): float(here.logits[i]),
            _("logit − highest"): float(here.logits[i]) - here.highest,
            _("e to that power"): exp(float(here.logits[i]) - here.highest),
            _("÷ the sum = probability"): float(here.probs[i]),
        }
        for i, token in enumerate(tokens)
    ]


def written(value: object) -> str:
    """A value of the worked table as the reader's language writes it; tokens stay what they are."""
    if isinstance(value, float):
        return number(value, 4)
    return number(value) if isinstance(value, int) else literal(str(value))


def worked(here: Prediction, tokens: list[bytes], place: int) -> None:
    """The logits of the candidates, and each step to the probability as a table."""
    chapter.say("worked")
    chart(
        figures.bars(here.logits.numpy(), labels=tokens, highlighted=place, value_format=".2f", axis_title=_("logit")),
        key="forward_logits",
        alt=_("The logits of the likeliest next tokens."),
    )
    st.table([{name: written(value) for name, value in row.items()} for row in candidate_rows(here, tokens)])
    chapter.tell(
        _("The sum over all {n} tokens is {sum}. The doubt left is {bits} bits, as in a fair choice among {choices}."),
        n=number(here.vocab_size),
        sum=number(here.exp_sum, 4),
        bits=number(here.entropy, 2),
        choices=number(2**here.entropy, 1),
    )


def vocabulary(reading: Reading, position: int) -> None:
    """All tokens of the vocabulary in groups by rank, and what each group has."""
    chapter.say("vocabulary")
    found = reading.once(
        "vocabulary",
        position,
        work=lambda: prediction.whole_vocabulary(reading.trace.logits_at(position)),
    )
    ends = [(number(group.first), number(group.last)) for group in found.groups]
    chart(
        figures.bars(
            [group.own for group in found.groups],
            labels=[
                _("rank {first}").format(first=first)
                if first == last
                else _("ranks {first} to {last}").format(first=first, last=last)
                for first, last in ends
            ],
            label_axis="plain",
            value_format=".2%",
            axis_title=_("probability"),
        ),
        key="forward_vocabulary",
        alt=_("What the likeliest token has, what the rest of the first ten have, of the first hundred, and so on."),
    )
    chapter.tell(
        _("Half goes to the likeliest {half}, nine tenths to the likeliest {most}. The last, {token}, gets {share}."),
        half=number(found.half),
        most=number(found.nine_tenths),
        token=tokenizer().token(found.last_id),
        share=number(found.last_prob, 6),
    )


def lens_here(reading: Reading, position: int, depth: Depth) -> None:
    """What the model would say at each station, for one position."""
    chapter.say("lens")
    names = [
        f"{name} → {visible(token)}"
        for name, token in zip(stations(reading), candidates.pieces(depth.top_ids), strict=True)
    ]
    chart(
        figures.bars(depth.top_probs.numpy(), labels=names, axis_title=_("probability")),
        key="forward_lens_here",
        alt=_("For each station its likeliest next token and that token’s probability."),
    )


def lens_everywhere(reading: Reading, chosen: Choices) -> None:
    """The logit lens over all stations and tokens."""
    chapter.say("grid")
    grid = reading.once("lens grid", work=lambda: lens.lens_grid(reading.model, reading.trace))
    n_tokens = len(reading.ids)
    names = stations(reading)
    first = max(min(chosen.token + 1, n_tokens) - COLUMNS, 0)
    shown = slice(first, first + COLUMNS)
    tops = [candidates.pieces(row) for row in grid.top_ids[:, shown]]
    chart(
        figures.heatmap(
            grid.top_probs[:, shown].numpy(),
            rows=names,
            columns=reading.tokens[shown],
            scale="probability",
            selected=(len(names) - 1, chosen.token - first),
            row_title=_("station"),
            column_title=_("token"),
            value_title=_("probability"),
            row_axis="plain",
            column_axis="token",
            cell_labels=[[visible(token, longest=8) for token in row] for row in tops],
            show_values=True,
            value_format=".1%",
        ),
        key="forward_lens",
        alt=_("For each station and token the likeliest next token, brighter where it is surer."),
        height=120 + 34 * len(names),
    )
    if n_tokens < 2:
        return
    ranks = grid.next_ranks.numpy()
    chapter.tell(
        _("The text’s own next token is the first choice at {n} of {all} positions by the last station."),
        n=number(int((ranks[-1] == 1).sum())),
        all=number(n_tokens - 1),
    )


def surprises(reading: Reading) -> np.ndarray:
    """How unexpected each token after the first was, in bits."""
    return reading.once("surprise", work=lambda: lens.surprise(reading.trace.logits, reading.trace.ids)).numpy()


def surprise(reading: Reading, position: int) -> None:
    """How unexpected each token of the text was, in bits."""
    chapter.say("surprise")
    if len(reading.ids) < 2:
        chapter.tell(_("The text has one token only, and nothing came before it that could expect it."))
        return
    bits = surprises(reading)
    chart(
        figures.bars(
            bits,
            labels=reading.tokens[1:],
            highlighted=position - 1 if position else None,
            horizontal=False,
            value_format=".1f",
            axis_title=_("surprise in bits"),
            label_title=_("token"),
        ),
        key="forward_surprise",
        alt=_("The surprise of each token after the first, in bits."),
    )
    chapter.tell(
        _("On average {mean} bits a token; blind guessing among {n} tokens costs {guess}. Most surprising: {token}."),
        mean=number(float(bits.mean()), 2),
        n=number(reading.card.config.vocab_size),
        guess=number(float(np.log2(reading.card.config.vocab_size)), 2),
        token=reading.tokens[1 + int(bits.argmax())],
    )


def parts(reading: Reading, position: int, id: int, token: bytes) -> None:
    """The logit of one candidate as a sum over the parts of the model."""
    chapter.say("parts")
    found = reading.once(
        "contributions",
        position,
        id,
        work=lambda: lens.contributions(reading.model, reading.trace, token=id, position=position),
    )
    layers, heads = found.heads.shape
    columns_ = [*(_("head {n}").format(n=n) for n in range(heads)), _("bias"), _("feed-forward")]
    table = np.column_stack([found.heads.numpy(), found.attention_bias.numpy(), found.feed_forward.numpy()])
    chart(
        figures.heatmap(
            table,
            rows=[_("layer {n}").format(n=n) for n in range(layers)],
            columns=columns_,
            scale="signed",
            row_axis="plain",
            column_axis="plain",
            value_title=_("added to the logit"),
            show_values=heads <= 8,
            value_format=".2f",
        ),
        key="forward_parts",
        alt=_("What each head, bias and feed-forward adds to the candidate’s logit: a row for each layer."),
        height=130 + 40 * layers,
    )
    logit = float(reading.trace.logits_at(position)[id])
    chapter.tell(
        _("{token}: {embedding} from the embedding, {parts} from the blocks, {shift} from the final norm’s shift."),
        token=token,
        embedding=number(float(found.embedding), 3),
        parts=number(float(table.sum()), 3),
        shift=number(float(found.final_shift), 3),
    )
    deviation = abs(float(found.total) - logit)
    chapter.check(
        deviation < 1e-3 * max(abs(logit), 1.0),
        _("The parts sum to the logit, {logit}: the deviation is {deviation}.").format(
            logit=number(logit, 3), deviation=tiny(deviation)
        ),
    )


def without_its_beginning(reading: Reading) -> str:
    """The second half of the text, to see what the first half changed; of a very short one, a ready text."""
    words = reading.text.split()
    if len(words) > 3:
        return " ".join(words[len(words) // 2 :])[-MOST_LETTERS:]
    return next(example["text"] for example in examples(language()) if example["text"] != reading.text)


def two_predictions(reading: Reading) -> None:
    """The same question to another text or another model."""
    chapter.say("compare")
    left, right = columns(2, 1)
    other_text = text_box(
        _("Other text"), without_its_beginning(reading), most=MOST_LETTERS, key=OTHER_TEXT, place=left
    )
    names = engine.available_models()
    other_model = choose(
        _("Other model"),
        names,
        first=reading.name,
        format_func=lambda name: _(CATALOGUE[name].title),
        key="forward_other_model",
        place=right,
    )
    other_text, _notices = clean(other_text[:MOST_LETTERS])  # only browsers keep to the length of a box
    other = read(other_model, other_text or reading.text, session=reading.session)
    if CATALOGUE[other_model].config.vocab_size != reading.card.config.vocab_size:
        chapter.tell(_("These two models have different vocabularies: their predictions cannot be compared."))
        return
    named = [(_("this one"), reading, reading.trace), (_("the other"), other, other.trace)]
    both = before_after.next_token(named[0], named[1], change=("compare", other_model))
    pieces = candidates.pieces(both.ids)
    chart(
        figures.bars(
            both.difference.numpy(),
            labels=pieces,
            value_format="+.1%",
            axis_title=_("the other − this one"),
        ),
        key="forward_difference",
        alt=_("What each candidate gains or loses from this text and model to the other."),
    )


def take_book_example() -> None:
    """In callbacks: the book's model and prompt become the reader's."""
    session.set_and_rerun(model=BOOK_MODEL, text=book.PROMPT)


def book_example(reading: Reading) -> None:
    """The book's prompt through the book's untrained model: only where the reader has chosen that model."""
    chapter.say("book")
    if (reading.name, reading.text) != (BOOK_MODEL, book.PROMPT):
        st.button(
            _("Read it with the book’s model (takes 650 MB of memory)"),
            key="forward_book",
            on_click=take_book_example,
        )
        return
    ids = reading.once(
        "book greedy",
        work=lambda: [step.id for step in islice(generate(reading.model, reading.ids, max_new_tokens=6), 6)],
    )
    for id in ids:
        chapter.tell("{id} {token}", id=f"{id}:", token=tokenizer().token(id))
    chapter.check(
        ids == BOOK_IDS, _("These are the six ids the book prints: {ids}.").format(ids=", ".join(map(str, BOOK_IDS)))
    )


def answer(reading: Reading) -> None:
    """Predict, then reveal: the token that the model expected least, and what it expected instead."""
    if len(reading.ids) < 2:
        chapter.tell(_("The text has one token only, and nothing came before it that could expect it."))
        return
    bits = surprises(reading)
    place = 1 + int(bits.argmax())
    expected = prediction_at(reading, place - 1)
    chapter.tell(
        _("{token}, number {n}: {bits} bits. After {before} the model had expected {other}, with {share}."),
        token=reading.tokens[place],
        n=place,
        bits=number(float(bits.max()), 1),
        before=reading.tokens[place - 1],
        other=candidates.pieces(expected.ids[:1])[0],
        share=percent(float(expected.probs[0])),
    )
