"""What if: the switches, each head and each part in turn, and activations moved over from another text."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import streamlit as st
from torch import Tensor

from gpt_core import GPTTrace, Intervention
from gpt_core.measure.ablation import WITHOUT, head_effects, moved_over, part_effects, rivals, with_token
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.prediction import predicted
from gpt_core.model.config import GPTConfig
from gpt_core.model.intervention import FINAL, Site
from pages import figures
from pages.experiments import before_after, candidates
from pages.experiments.candidates import percent
from pages.figures import visible
from pages.services.reading import Reading, tokenizer
from pages.ui import chapter, session
from pages.ui.choices import Choices, clean
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, choose, columns
from pages.ui.words import _, number, tiny

ALL = -1  # in the lists of layers: every one of them
FIRST_OFF = {"attention": [ALL], "feed_forward": [], "norms": [], "shortcuts": [], "mask": []}  # the lists of layers
ADDING = ("attention", "feed_forward")
LONGEST_WORD = 30  # characters
SHOWN = 8  # tokens at either end of a long text that are patched: each one is a pass of its own

T = TypeVar("T")


def switched_off(config: GPTConfig) -> Intervention:
    """What the lists of `draw_switches` say, known before they are drawn; at first, all attention."""
    layers, heads = range(config.n_layers), range(config.n_heads)
    pairs = [(layer, head) for layer in layers for head in heads]
    off = {kind: _chosen(kind, range(ALL, config.n_layers)) for kind in FIRST_OFF}
    off = {kind: list(layers) if ALL in chosen else chosen for kind, chosen in off.items()}
    final = session.get("what_if_final", False)
    return Intervention(
        heads_off=[pairs[i] for i in _chosen("heads", range(len(pairs)))],
        attention_off=off["attention"],
        feed_forward_off=off["feed_forward"],
        norms_off=[*((layer, which) for layer in off["norms"] for which in (1, 2)), *([(FINAL, 1)] if final else [])],
        shortcuts_off=[(layer, which) for layer in off["shortcuts"] for which in (1, 2)],
        mask_off=off["mask"],
        positions_off=session.get("what_if_positions", False),
    )


def _chosen(kind: str, options: range) -> list[int]:
    """What is off of this kind; the browser keeps names, which another language or model changes: it is told anew."""
    key = f"what_if_{kind}"
    chosen = [one for one in session.get(key, FIRST_OFF.get(kind, [])) if one in options]
    session.set(key, chosen)
    return chosen


def draw_switches(config: GPTConfig) -> None:
    """One list for each kind of part; what is chosen in it is off."""
    layers, heads = range(config.n_layers), range(config.n_heads)
    st.markdown(f"**{_('Switched off')}**")
    pair = _("layer {layer}, head {head}")
    pairs = [pair.format(layer=layer, head=head) for layer in layers for head in heads]
    _several(_("heads"), range(len(pairs)), "heads", pairs.__getitem__)
    names = {
        "attention": _("attention"),
        "feed_forward": _("feed-forward"),
        "norms": _("layer norms"),
        "shortcuts": _("shortcuts"),
        "mask": _("causal mask"),
    }
    for kind, name in names.items():
        said = {ALL: _("{part}: everywhere").format(part=name)}
        said |= {n: _("{part}: layer {n}").format(part=name, n=n) for n in layers}
        _several(name, range(ALL, len(layers)), kind, said.__getitem__)
    with st.container(horizontal=True):
        st.toggle(_("positions"), key="what_if_positions", persist_state=PERSIST)
        st.toggle(_("final norm"), key="what_if_final", persist_state=PERSIST)


def _several(name: str, options: range, kind: str, format_func: Callable[[int], str]) -> None:
    """Any number of options."""
    st.multiselect(
        name,
        options,
        format_func=format_func,
        placeholder=name,
        label_visibility="collapsed",
        key=f"what_if_{kind}",
        select_all=False,  # Streamlit says it in English
        persist_state=PERSIST,
    )


def untouched(reading: Reading, change: Intervention) -> float:
    """Largest difference between logits before the experiment and those of a fresh pass after it."""
    again = reading.trace

    def work() -> float:
        return float((reading.model.trace(again.ids).next_logits - again.next_logits).abs().max())

    return reading.once("untouched", change, work=work)


def _candidate(ids: Tensor, tokens: list[bytes]) -> tuple[int, int]:
    """The candidate whose fate is followed, and what is measured: 0 its logit, 1 the log2 of its probability."""
    who, what = columns(1, 1)
    with who:
        place = candidates.choose(tokens, key="what_if_candidate")
    names = (_("its logit"), _("its probability, in bits"))
    measure = what.radio(
        _("What changes"),
        (0, 1),
        format_func=names.__getitem__,
        key="what_if_measure",
        horizontal=True,
        persist_state=PERSIST,
    )
    return int(ids[place]), measure


def _one_by_one(
    reading: Reading, columns: Sequence[T], work: Callable[[int, Sequence[T]], Tensor], *key: object
) -> np.ndarray:
    """Layers by columns. One request per cell, which is a single pass: other readers get theirs in between."""
    bar, found = st.empty(), []
    cells = [(layer, column) for layer in range(reading.card.config.n_layers) for column in columns]
    for n, (layer, column) in enumerate(cells, 1):
        cell = reading.once(*key, layer, column, work=lambda layer=layer, column=column: work(layer, [column]))
        found.append(cell[0].numpy())
        bar.progress(n / len(cells))  # after each cell: here a run that a newer edit has overtaken ends
    bar.empty()
    return np.stack(found).reshape(-1, len(columns), *found[0].shape)


def attention(before: before_after.Named, after: before_after.Named, change: Intervention, chosen: Choices) -> None:
    """The chosen head in both runs; where it is off, what its picture is worth."""
    before_after.attention(before, after, chosen)
    if chosen.layer in change.attention_off or (chosen.layer, chosen.head) in change.heads_off:
        st.caption(_("Switched off here: the head still computes its weights, but nothing takes over what it found."))


def each_head(reading: Reading, chosen: Choices, ids: Tensor, tokens: list[bytes]) -> None:
    """What happens to a candidate when each head in turn is off."""
    chapter.say("heads")
    token, measure = _candidate(ids, tokens)
    effects = _one_by_one(
        reading,
        range(reading.card.config.n_heads),
        lambda layer, heads: head_effects(reading.model, reading.trace, layer=layer, token=token, heads=heads),
        "head off",
        token,
    )[..., measure]
    n_layers, n_heads = effects.shape

    def choose(click: Click) -> None:
        chapter.choose_head(round(float(click.y)), round(float(click.x)))

    chart(
        figures.heatmap(
            effects,
            rows=[_("layer {n}").format(n=n) for n in range(n_layers)],
            columns=[_("head {n}").format(n=n) for n in range(n_heads)],
            scale="signed",
            selected=(chosen.layer, chosen.head),
            row_axis="plain",
            column_axis="plain",
            value_title=_("change when off"),
            show_values=n_heads <= 8,
            value_format="+.2f",
        ),
        key="what_if_each_head",
        alt=_("For each head, how the candidate changes when that head alone is switched off."),
        height=140 + 44 * n_layers,
        on_click=choose,
    )
    layer, head = np.unravel_index(np.abs(np.nan_to_num(effects)).argmax(), effects.shape)
    chapter.tell(
        _("For {token}, head {head} of layer {layer} matters most: switched off, it changes that by {change}."),
        token=tokenizer().token(token),
        head=int(head),
        layer=int(layer),
        change=_signed(float(effects[layer, head])),
    )


def _signed(change: float) -> str:
    return ("+" if change > 0 else "") + number(change, 2)


def each_part(reading: Reading, ids: Tensor, tokens: list[bytes]) -> None:
    """What happens to a candidate when each part of each layer in turn is off."""
    chapter.say("parts")
    token, measure = _candidate(ids, tokens)
    effects = _one_by_one(
        reading,
        list(WITHOUT),
        lambda layer, parts: part_effects(reading.model, reading.trace, layer=layer, token=token, parts=parts),
        "part off",
        token,
    )[..., measure]
    names = {
        "attention": _("attention"),
        "feed_forward": _("feed-forward"),
        "norm1": _("norm 1"),
        "norm2": _("norm 2"),
        "shortcut1": _("shortcut 1"),
        "shortcut2": _("shortcut 2"),
        "mask": _("mask"),
    }
    chart(
        figures.heatmap(
            effects,
            rows=[_("layer {n}").format(n=n) for n in range(len(effects))],
            columns=[names[part] for part in WITHOUT],
            scale="signed",
            row_axis="plain",
            column_axis="plain",
            value_title=_("change when off"),
            show_values=True,
            value_format="+.2f",
        ),
        key="what_if_each_part",
        alt=_("For each part of each layer, how the candidate changes when that part alone is switched off."),
        height=150 + 44 * len(effects),
    )
    adding = np.nan_to_num(effects[:, [list(WITHOUT).index(part) for part in ADDING]])
    layer, part = np.unravel_index(np.abs(adding).argmax(), adding.shape)
    chapter.tell(
        _("Of what adds to the stream, {part} of layer {layer} matters most for {token}: without it, {change}."),
        part=names[ADDING[part]],
        layer=int(layer),
        token=tokenizer().token(token),
        change=_signed(float(adding[layer, part])),
    )


def _replacement(reading: Reading, position: int) -> int:
    """The id that takes the place of the text's own: what the reader typed, or what the model had expected there."""
    likeliest = reading.once(
        "expected",
        position,
        work=lambda: predicted(reading.trace.logits_at(position - 1), n=2).ids,
    )
    expected = next(id for id in likeliest.tolist() if id != reading.ids[position])
    typed = st.text_input(
        _("Put this word there instead"),
        max_chars=LONGEST_WORD,
        placeholder=visible(tokenizer().token(expected)),
        key="what_if_word",
        persist_state=PERSIST,
    )
    typed, _notices = clean(typed[:LONGEST_WORD])  # only browsers keep to the length of a box
    if not typed:
        return expected
    lead = " " if reading.tokens[position].startswith(b" ") else ""
    return tokenizer().encode(lead + typed.strip() if typed.strip() else typed)[0]


def patching(reading: Reading, chosen: Choices) -> None:
    """Which vectors carry the difference between two texts, token by token and layer by layer."""
    chapter.say("patching")
    n_tokens = len(reading.ids)
    if n_tokens < 2:
        chapter.tell(_("This needs a text of at least two tokens."))
        return
    position = chosen.token if 0 < chosen.token < n_tokens - 1 else n_tokens // 2
    places: dict[Site, str] = {
        "resid_pre": _("the stream before the block"),
        "att.out": _("what attention adds"),
        "ff.out": _("what feed-forward adds"),
    }
    left, right = columns(1, 1)
    with left:
        id = _replacement(reading, position)
    place = choose(_("Taken over"), list(places), format_func=places.__getitem__, key="what_if_place", place=right)
    there: GPTTrace = reading.once(
        "one token other", position, id, work=lambda: reading.model.trace(with_token(reading.trace.ids, position, id))
    )
    chapter.tell(
        _("Token {n}: {this} here, {that} in the other text."),
        n=position,
        this=reading.tokens[position],
        that=tokenizer().token(id),
    )
    moved = reading.once("moved", position, id, work=lambda: next_token_change(reading.trace, there).moved)
    if not moved > 1e-5:
        chapter.tell(_("Both texts lead to the same prediction: there is nothing to move over."))
        return
    rise, fall = rivals(reading.trace, there)
    after = list(range(position, n_tokens))
    tokens = after if len(after) <= 2 * SHOWN else [*after[:SHOWN], *after[-SHOWN:]]
    shares = _one_by_one(
        reading,
        tokens,
        lambda layer, tokens: moved_over(
            reading.model, reading.trace, there, site=place, layer=layer, tokens=tokens, rivals=(rise, fall)
        ),
        "patch",
        position,
        id,
        place,
    )
    chart(
        figures.heatmap(
            shares,
            rows=[_("layer {n}").format(n=n) for n in range(len(shares))],
            columns=[reading.tokens[token] for token in tokens],
            scale="signed",
            column_title=_("token whose vector is taken over"),
            row_axis="plain",
            column_axis="token",
            value_title=_("share of the way"),
            show_values=len(tokens) <= 12,
            value_format=".2f",
        ),
        key="what_if_patching",
        alt=_("For each layer and token, how far the prediction moves towards that of the other text."),
        height=170 + 44 * len(shares),
    )
    chapter.tell(
        _("Measured on the lead of {risen} over {fallen}. Tokens before number {n} are the same in both texts."),
        risen=tokenizer().token(rise),
        fallen=tokenizer().token(fall),
        n=position,
    )
    if place == "resid_pre":
        deviation = abs(float(shares[0, 0]) - 1)
        chapter.check(
            deviation < 1e-2,
            _("Taken over before the first block, the changed token moves all the way: 1, within {deviation}.").format(
                deviation=tiny(deviation)
            ),
        )


def answer(reading: Reading) -> None:
    """Predict, then reveal: how far the prediction moves without attention and without the feed-forwards."""
    layers = range(reading.card.config.n_layers)
    changes = (Intervention(attention_off=layers), Intervention(feed_forward_off=layers))
    blind, thoughtless = (
        reading.once("moved by", one, work=lambda one=one: next_token_change(reading.trace, reading.changed(one)))
        for one in changes
    )
    best = int(thoughtless.after.argmax())
    chapter.tell(
        _("Without attention {attention} of all probability changes hands, without feed-forward {feed_forward}."),
        attention=percent(blind.moved),
        feed_forward=percent(thoughtless.moved),
    )
    chapter.tell(
        _("Without feed-forward the model says {token} first, with {share}."),
        token=tokenizer().token(int(thoughtless.ids[best])),
        share=percent(float(thoughtless.after[best])),
    )
