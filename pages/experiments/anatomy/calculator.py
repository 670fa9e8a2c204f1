"""A calculator of parameters: sliders for every size, counted at once; at first the book's GPT_CONFIG_124M."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from gpt_core.measure import anatomy
from gpt_core.measure.anatomy import Parameters
from gpt_core.model.config import BOOK_124M, PUBLISHED, GPTConfig
from pages import figures, show
from pages.experiments.anatomy.family import part_colours, part_names, rounded
from pages.figures import Axis, Measure
from pages.ui import session
from pages.ui.chapter import Choices, Reading, check, inform, say, tell
from pages.ui.layout import columns, stops, switch
from pages.ui.words import N_, _, number

TITLE = N_("Parameter calculator")

STOPS = {
    "vocab_size": (256, 1_000, 5_000, 10_000, 30_000, 50_257, 100_277, 200_019),
    "context_length": (64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192),
    "emb_dim": (48, 96, 192, 384, 768, 1_024, 1_280, 1_600, 2_048, 4_096, 12_288),
    "n_heads": (1, 2, 4, 6, 8, 12, 16, 20, 25, 32, 96),
    "n_layers": (1, 2, 4, 6, 8, 12, 16, 24, 36, 48, 96),
}
BIAS, TIED = "anatomy_qkv_bias", "anatomy_tied"


def names() -> dict[str, str]:
    """The sizes in the reader's words."""
    return {
        "vocab_size": _("vocabulary"),
        "context_length": _("context"),
        "emb_dim": _("width"),
        "n_heads": _("heads"),
        "n_layers": _("blocks"),
    }


def chosen_config() -> GPTConfig | None:
    """What the sliders say; none where the width cannot be shared out among the heads."""
    sizes = {name: session.get(f"anatomy_{name}", getattr(BOOK_124M, name)) for name in STOPS}
    if sizes["emb_dim"] % sizes["n_heads"]:
        return None
    return GPTConfig(**sizes, qkv_bias=bool(session.get(BIAS)), tied_head=bool(session.get(TIED)))


def draw(_reading: Reading, chosen: Choices) -> None:
    """Sliders, the count part by part, and the sizes as the book writes them."""
    say("calculator")
    for place, (name, label) in zip(columns(*[1] * len(STOPS)), names().items(), strict=True):
        stops(label, STOPS[name], getattr(BOOK_124M, name), key=f"anatomy_{name}", format_func=number, place=place)
    left, right = columns(1, 1)
    switch(_("biases of queries, keys and values"), key=BIAS, place=left)
    switch(_("tied output head"), key=TIED, place=right)
    config = chosen_config()
    if config is None:
        inform(_("The width must be shared out evenly among the heads: choose another of the two."))
        return
    count = anatomy.count_parameters(config)
    draw_count(config, count, alone=chosen.present)
    tell(
        _("{total:,|parameter|parameters}: {said:words}. In float32 they take {mb:,} MB."),
        total=count.total,
        said=count.total,
        mb=round(anatomy.weight_bytes(config) / 1e6),
    )
    built = anatomy.count_built(config)
    off = abs(built.total - count.total)
    sentence = _(
        "A model of these sizes, built without memory for its numbers, has as many: {n:,}. Difference: {off:,}."
    )
    check(built == count, sentence, n=built.total, off=off)


def draw_count(config: GPTConfig, count: Parameters, *, alone: bool) -> None:
    """The parts as bars, and beside them the sizes as the book writes them, unless the bars stand `alone`."""
    parts = {words: getattr(count, name) for name, words in part_names().items()}
    texts = [rounded(one) for one in parts.values()]
    bars = figures.bars(
        list(parts.values()),
        Axis(list(parts)),
        measure=Measure(_("parameters"), ".3~s", texts=texts),
        colour=[part_colours()[part] for part in parts],
    )
    alt = _("Parameters of a model of the chosen sizes, part by part.")
    if alone:
        show.chart("calculated", bars, alt)
        return
    left, right = columns(3, 2)
    with left:
        show.chart("calculated", bars, alt, height=340)
    with right:
        st.code(as_the_book(config), language="python")


def as_the_book(config: GPTConfig) -> str:
    """The sizes as section 4.1 writes them.

    >>> as_the_book(BOOK_124M).splitlines()[0:2]
    ['GPT_CONFIG_124M = {', '    "vocab_size": 50257,']
    """
    sizes = {name: getattr(config, name) for name in ("vocab_size", "context_length", "emb_dim", "n_heads", "n_layers")}
    lines = [f'    "{name}": {value},' for name, value in sizes.items()]
    title = "GPT_CONFIG_124M" if config in (BOOK_124M, PUBLISHED["gpt2"]) else "GPT_CONFIG"
    return "\n".join([f"{title} = {{", *lines, '    "drop_rate": 0.1,', f'    "qkv_bias": {config.qkv_bias},', "}"])


def answer(_reading: Reading, _chosen: Choices) -> None:
    """How many parameters twice the width, and twice the blocks, would have."""
    config = chosen_config()
    if config is None:
        return
    wider, deeper = replace(config, emb_dim=2 * config.emb_dim), replace(config, n_layers=2 * config.n_layers)
    now, wide, deep = (anatomy.count_parameters(one).total for one in (config, wider, deeper))
    sentence = _("Twice the width: {wider:.2f} times as many parameters. Twice the blocks: {deeper:.2f} times as many.")
    tell(sentence, wider=wide / now, deeper=deep / now)


CODE = (anatomy.count_parameters, anatomy.count_built)


def table(_reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The parts of a model of the chosen sizes."""
    config = chosen_config()
    if config is None:
        return pd.DataFrame()
    count = anatomy.count_parameters(config)
    parts = {words: getattr(count, name) for name, words in part_names().items()}
    return pd.DataFrame({_("part"): [*parts, _("total")], _("parameters"): [*parts.values(), count.total]})
