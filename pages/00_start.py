"""Start: from a text to its next word, as one map of the road."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st
from torch import Tensor

from gpt_core import GPT, GPTTrace
from gpt_core.measure import by_torch
from gpt_core.measure.journey import vector_at
from gpt_core.measure.spread import variance_after
from gpt_core.measure.written_sum import written_out
from gpt_core.model.config import GPTConfig
from gpt_core.model.layer_norm import EPS
from pages import show
from pages.figures import Measure, palette, visible
from pages.services.classes.question import Choice
from pages.services.reading import read
from pages.services.shared import models
from pages.ui import caveats, chapter, guess, lockstep, session
from pages.ui.chapter import Choices, Reading, check, note, tell
from pages.ui.components import journey, road_map
from pages.ui.components.journey import Arc, Cell
from pages.ui.components.road_map import Bar, Line, Station
from pages.ui.layout import text_box
from pages.ui.words import _, filled, number, percent_or_less, plural

CELLS = 64  # numbers of a vector that are shown as coloured cells
SHORT = 10  # signs of a token that has a number beside it
RANKS = (0, 3, 15, 63)  # of the tokens to choose between
LIKELIEST = 10  # next tokens that are shown
MOST_TERMS = 3  # of a sum, in full
MOST_LETTERS = 400  # of a second sentence
ROUNDS = "the texts and the model of a journey, and the tokens that have joined them since"


def next_probs(trace: GPTTrace) -> Tensor:
    """The probability of every token of the vocabulary to come next."""
    return trace.next_logits.softmax(dim=-1)


def follow(reading: Reading | None, chosen: Choices) -> None:
    """The journey of the chosen token, on the reader's own sentence; round by round the model's first choice joins.

    A second sentence travels in lockstep, with numbers of its own.
    """
    if reading is None:
        return
    stage = None if chosen.present else st.container()  # on the wall the stage takes what height is left below
    sentences = [reading, *second_sentence(reading)]
    prompts = prompts_of(sentences)
    before, joined = session.get(ROUNDS) or ((), ())
    if before != prompts:  # another text or another model begins anew
        joined = tuple(() for _one in sentences)
    with stage or st.container():
        travel(sentences, joined, chosen)


def prompts_of(sentences: Sequence[Reading]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """What a round goes on from: the texts, and the model that chose what joined them."""
    return tuple((one.name, one.ids) for one in sentences)


def second_sentence(reading: Reading) -> list[Reading]:
    """The sentence that travels beside the reader's own, if there is one, as the same model reads it."""
    text = text_box(
        _("Second sentence"),
        "",
        most=MOST_LETTERS,
        key="start_second",
        placeholder=_("A second sentence, to travel in lockstep …"),
        label_visibility="collapsed",
    )
    if not text:
        return []
    second = read(reading.name, text, session=reading.session, special=reading.special)
    known = {reading.ids[position] for position in reading.unmet}  # of which the page tells already
    told = [] if {second.ids[position] for position in second.unmet} <= known else caveats.unmet(second)
    if second.n_tokens > len(second.ids):
        cut = _("First {shown} of {all} tokens shown.")
        told.append(cut.format(shown=number(len(second.ids)), all=number(second.n_tokens)))
    if told:
        st.caption(" ".join(told))
    return [second]


def travel(sentences: Sequence[Reading], joined: Sequence[tuple[int, ...]], chosen: Choices) -> None:
    """The stage, and below it what was clicked there; `joined` are the tokens that have come behind each sentence."""
    longer = [replace(one, ids=one.ids + more) for one, more in zip(sentences, joined, strict=True)]
    travellers = lockstep.together(longer, len(longer[0].ids) - 1 if joined[0] else chosen.token)

    def next_round() -> None:
        best = [int(one.of(next_probs).argmax()) for one in longer]
        more = tuple((*before, id) for before, id in zip(joined, best, strict=True))
        session.set(ROUNDS, (prompts_of(sentences), more))

    has_room = all(len(one.ids) < one.model.config.context_length for one in longer)
    clicked = journey.draw(
        travellers, layer=chosen.layer, head=chosen.head, key="journey", on_next=next_round if has_room else None
    )
    if clicked:
        found, position = travellers[clicked.sentence]
        if isinstance(clicked, Arc):
            tell_sum(found, clicked, position, chosen.head)
        else:
            tell_number(found, clicked, position)
    if joined[0]:
        st.button(_("Back to your text"), on_click=session.set, args=(ROUNDS, None))


def tell_number(reading: Reading, cell: Cell, position: int) -> None:
    """The very number behind a cell, by its place in the trace."""
    value = float(vector_at(reading.trace, cell.place, position=position)[cell.index])
    tell(
        _("**{place}** of position {position}, number {index}: {value:.5f}"),
        place=cell.place,
        position=position,
        index=cell.index,
        value=value,
        ids=reading.ids,
    )


def tell_sum(reading: Reading, arc: Arc, position: int, head: int) -> None:
    """The sum behind an arc: query times key, ÷ √d, and its share of the softmax."""
    att, key = reading.trace.blocks[arc.block].att, arc.key
    found = written_out(att.queries[head, position], att.keys[head, key], most=MOST_TERMS)
    terms = [f"({number(term.left, 2)} × {number(term.right, 2)})" for term in found.terms]
    if found.n_rest:
        terms.append(_("… {n} more terms ({sum})").format(n=found.n_rest, sum=number(found.rest, 2)))
    row = att.masked[head, position].double()
    powers = (row - row.max()).exp()
    told = filled(
        _(
            "Layer {layer}, head {head}, {query} · {key}: {terms} = {score:.3f}; ÷ √{d} = {scaled:.3f}; softmax "
            "{above:.4f} ÷ {below:.4f} = **{weight:.1%}**"
        ),
        layer=arc.block,
        head=head,
        query=reading.tokens[position],
        key=reading.tokens[key],
        terms=" + ".join(terms),
        score=found.total,
        d=att.queries.shape[-1],
        scaled=float(att.scaled[head, position, key]),
        above=float(powers[key]),
        below=float(powers.sum()),
        weight=float(att.weights[head, position, key]),
    )
    st.markdown(told)  # an answer to a click, which is not taken along


def next_probs_by_torch(model: GPT, ids: Tensor) -> Tensor:
    """The same probabilities, without anything of the pass that is shown."""
    return by_torch.next_probs(model, by_torch.final_vectors(model, ids)[-1])


def road(reading: Reading | None, chosen: Choices) -> None:
    """The map with this text's own numbers; a station opens its chapter."""
    label = _("The road from text to next word; each station opens a chapter.")
    road_map.draw(lines(reading, chosen), key="road", label=label)


def lines(reading: Reading | None, chosen: Choices) -> list[Line]:
    """What is on the map. Without a text, each station still says what the model has there."""
    config = models.card(chosen.model).config
    repeats = plural("{n} such block", "× {n} such blocks", config.n_layers).format(n=config.n_layers)
    return [
        Line(_("From text to vectors"), palette.TOKEN, to_vectors(reading, chosen, config)),
        Line(_("The block"), palette.ATTENTION, within_block(reading, chosen, config), repeats),
        Line(_("The next word"), palette.VALUE, to_next_word(reading, chosen, config)),
    ]


def to_vectors(reading: Reading | None, chosen: Choices, config: GPTConfig) -> list[Station]:
    """From the text to the chosen token's vector."""
    strips: tuple[tuple[float, ...], ...] = (), ()
    chips: tuple[str, ...] = ()
    if reading:
        at, embedding = chosen.token, reading.trace.embedding
        n_tokens, n_characters = len(reading.ids), len(reading.text)
        facts = (
            plural("{n} character", "{n} characters", n_characters).format(n=number(n_characters)),
            plural("{n} token; no. {at}:", "{n} tokens; no. {at}:", n_tokens).format(n=number(n_tokens), at=at),
            _("its row of {n} numbers").format(n=number(config.emb_dim)),
            _("plus the row of position {at}").format(at=at),
        )
        chips = (f"{visible(reading.tokens[at])} = {reading.ids[at]}",)
        strips = cells(embedding.token[at]), cells(embedding.position[at])
    else:
        facts = (
            _("not there yet: type a sentence"),
            _("{n} pieces to choose from").format(n=number(config.vocab_size)),
            _("{n} numbers for each").format(n=number(config.emb_dim)),
            _("{n} positions").format(n=number(config.context_length)),
        )
    return [
        Station(_("Your text"), fact=facts[0]),
        Station(_("Tokens"), ("tokens",), facts[1], chips=chips),
        Station(_("Embeddings"), ("embeddings",), facts[2], strip=strips[0]),
        Station(_("Positions"), ("positions",), facts[3], strip=strips[1]),
    ]


def within_block(reading: Reading | None, chosen: Choices, config: GPTConfig) -> list[Station]:
    """What the chosen block does with the chosen token's vector."""
    attention = plural("{n} head looks back", "{n} heads look back", config.n_heads).format(n=config.n_heads)
    spread, looked_at, after = _("mean 0, variance 1"), (), ()
    if reading:
        block = reading.trace.blocks[chosen.layer]
        most = block.att.weights[chosen.head, chosen.token, : chosen.token + 1].topk(min(2, chosen.token + 1))
        attention = _("head {head} looks at:").format(head=chosen.head)
        looked_at = tuple(
            f"{visible(reading.tokens[int(key)], longest=SHORT)} {percent_or_less(float(weight), 0)}"
            for key, weight in zip(most.indices, most.values, strict=True)
        )
        variance = block.norm1.variance[chosen.token, 0]
        before, after = number(float(variance), 3 if variance < 1 else 1), float(variance_after(variance, EPS))
        spread = _("variance {before} → {after}").format(before=before, after=number(after, 4))
        after = cells(block.resid_post[chosen.token])
    sizes = " → ".join(number(size) for size in (config.emb_dim, config.ff_dim, config.emb_dim))
    return [
        Station(_("Layer norm"), ("layer_norm",), spread),
        Station(_("Attention"), ("why_attention", "self_attention", "causal_mask", "heads"), attention, looked_at),
        Station(_("Shortcut"), ("shortcuts",), _("what came in is added")),
        Station(_("Feed-forward"), ("feed_forward",), sizes),
        Station(_("Out of block {layer}").format(layer=chosen.layer), ("block",), strip=after),
    ]


def to_next_word(reading: Reading | None, chosen: Choices, config: GPTConfig) -> list[Station]:
    """From the last vector to the likeliest next tokens, and the chapters about the model as a whole."""
    bars, continued = (), ()
    fact = _("a probability for {n} tokens").format(n=number(config.vocab_size))
    if reading:
        best = reading.of(next_probs).topk(3)
        names = [visible(token) for token in show.pieces(best.indices)]
        bars = tuple(Bar(name, p, percent_or_less(p)) for name, p in zip(names, best.values.tolist(), strict=True))
        fact = _("likeliest of {n}:").format(n=number(config.vocab_size))
        continued = (visible(reading.tokens[-1]), names[0], "…")
    size = _("{n} parameters").format(n=number(models.card(chosen.model).parameters))
    return [
        Station(_("Forward pass"), ("forward_pass",), fact, bars=bars),
        Station(_("Generation"), ("generation",), _("one is added, and again"), continued),
        Station(_("Anatomy"), ("anatomy",), size),
        Station(_("Questions"), ("what_if", "learning", "glossary"), _("what if … · learning · words")),
    ]


def cells(vector: Tensor) -> tuple[float, ...]:
    """The first numbers of a vector, for a strip of coloured cells."""
    return tuple(round(value, 4) for value in vector[:CELLS].tolist())


def what_else_may_come(probs: Tensor) -> str:
    """Whether any other token may come too, as far as the computer’s numbers go."""
    if bool((probs > 0).all()):
        return _("After {last} the model puts {best} first, with {p:.1%}. Any other of its {n:,} tokens may come too.")
    return _(
        "After {last} the model puts {best} first, with {p:.1%}. Of its {n:,} tokens, {never:,} {never:|is|are} too "
        "unlikely for the computer’s numbers."
    )


def looks_at(reading: Reading | None, chosen: Choices) -> None:
    """What the token in focus looks at in the chosen head."""
    if reading and chosen.key < chosen.token:
        tell(
            _("In layer {layer}, head {head}, {query} gives {share:.1%} of its attention to {key}."),
            layer=chosen.layer,
            head=chosen.head,
            query=reading.tokens[chosen.token],
            key=reading.tokens[chosen.key],
            share=float(reading.trace.blocks[chosen.layer].att.weights[chosen.head, chosen.token, chosen.key]),
        )


def likeliest_word(reading: Reading | None, _chosen: Choices) -> None:
    """The model's first choice after the text, and its probability."""
    if reading:
        probs = reading.of(next_probs)
        tell(
            what_else_may_come(probs),
            last=reading.tokens[-1],
            best=show.pieces(probs.topk(1).indices)[0],
            p=float(probs.max()),
            n=len(probs),
            never=int((probs == 0).sum()),
        )
        caveats.note_untrained(reading)


def the_same_by_torch(reading: Reading | None, _chosen: Choices) -> None:
    """The check: a second pass, by PyTorch's own functions, comes to the same probabilities."""
    if reading:
        probs = reading.of(next_probs)
        again = reading.of(next_probs_by_torch)
        deviation = float((probs - again).abs().max() / again.max())
        sentence = _(
            "PyTorch’s own functions, from the ids and the model’s weights alone, give the same probabilities: they "
            "differ by at most {deviation:tiny} of the largest."
        )
        check(deviation < 1e-3, sentence, deviation=deviation)


def formula(_reading: Reading | None, _chosen: Choices) -> None:
    """What a language model computes: the next token's probability, given all before it."""
    chapter.formula(r"p\,(t_{n+1} \mid t_1, t_2, \dots, t_n)")


STORY = (follow, looks_at, likeliest_word, road, the_same_by_torch, formula)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """The token that the model puts first, and others that it puts further down."""
    ranked = show.pieces(reading.of(next_probs).topk(RANKS[-1] + 1).indices[list(RANKS)])
    return guess.pieces(ranked)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The ten likeliest next tokens."""
    best = reading.of(next_probs).topk(LIKELIEST)
    show.candidates(
        "next_words",
        show.pieces(best.indices),
        best.values.numpy(),
        _("The ten likeliest next tokens with their probabilities."),
        measure=Measure(_("probability to come next")),
        highlighted=0,
        height=380,
    )
    note(_("The bars are all the model has: it gives tokens probabilities, it does not know what it will say."))


CODE = (GPT.trace, GPTTrace, by_torch.final_vectors)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The ten likeliest next tokens, their ids and probabilities."""
    best = reading.of(next_probs).topk(LIKELIEST)
    return pd.DataFrame(
        {
            _("next token"): [visible(token) for token in show.pieces(best.indices)],
            _("id"): best.indices.numpy(),
            _("probability"): best.values.numpy(),
        }
    )
