"""Experiments on generation: settings, the text so far and its branches, draws against theory, the cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import streamlit as st
from torch import Tensor

from gpt_core.anatomy import cache_bytes, generation_multiply_adds
from gpt_core.catalogue import CATALOGUE
from gpt_core.generate import generate
from gpt_core.prediction import predicted
from gpt_core.sampling import Distribution, distribution, draw_many, drawn
from gpt_core.timing import medians, seconds_per_step
from pages import figures
from pages.experiments.candidates import percent, pieces, readable
from pages.figures import palette, visible
from pages.ui import chapter, engine, memory
from pages.ui.chart import chart
from pages.ui.engine import Reading, tokenizer
from pages.ui.layout import columns, decimal_slider
from pages.ui.words import _, literal, number

STORY = "the continuation of the text, and its branches"
ALL = 0  # on the slider of top-k: no cut
LONGEST = 200  # tokens of a continuation: each further one would make every page slower
MEASURED = 8  # steps
RUNS = 3


@dataclass(frozen=True)
class Settings:
    """How the next token is chosen; hashable, for it is part of what a result is kept under."""

    temperature: float
    top_k: int | None
    top_p: float | None
    seed: int


@dataclass(frozen=True)
class Story:
    """Ids that continue the reader's text, and the ends of all branches that were tried."""

    prompt: tuple[int, ...]
    path: tuple[int, ...] = ()
    ends: tuple[tuple[int, ...], ...] = ()

    def at(self, path: tuple[int, ...]) -> "Story":
        """The same story at another place: a branch grows on, or a new one begins."""
        grown = [end for end in (*self.ends, path) if end]
        tips = [end for end in grown if not any(end != other and other[: len(end)] == end for other in grown)]
        return Story(self.prompt, path, tuple(dict.fromkeys(tips))[-12:])


@dataclass(frozen=True)
class Moment:
    """One choice about to be made: the distribution, the candidates to show, and where the die will fall."""

    steps: Distribution
    ids: Tensor
    draw: int

    @property
    def place_of_draw(self) -> int:
        return self.ids.tolist().index(self.draw)

    @property
    def favourite(self) -> int:
        return int(self.steps.probs.argmax())


def draw_settings(reading: Reading) -> Settings:
    """Temperature, top-k, top-p and seed, side by side."""
    warm, few, share, die = columns(1, 1, 1, 1)
    temperature = decimal_slider(_("Temperature"), 0.0, 2.0, 0.8, 0.1, key="generation_temperature", place=warm)
    steps = [k for k in (1, 2, 3, 5, 8, 10, 20, 50, 100, 1000) if k < reading.entry.config.vocab_size]
    top_k = few.select_slider(
        _("Top-k"),
        [*steps, ALL],
        8 if 8 in steps else ALL,
        key="generation_top_k",
        format_func=lambda k: _("all") if k == ALL else str(k),
    )
    top_p = decimal_slider(_("Top-p"), 0.05, 1.0, 1.0, 0.05, key="generation_top_p", place=share)
    seed = die.number_input(_("Seed of the die"), 0, 9999, 123, key="generation_seed")
    return Settings(temperature, top_k or None, top_p if top_p < 1 else None, int(seed))


def current(reading: Reading) -> Story:
    """How far this text has been continued; another text begins anew."""
    story = memory.recall(STORY)
    return story if story is not None and story.prompt == reading.ids else Story(reading.ids)


def moment(reading: Reading, story: Story, settings: Settings) -> Moment:
    """The choice that comes next."""
    return reading.once("moment", story.path, settings, work=lambda: _moment(reading, story.path, settings))


def _moment(reading: Reading, path: tuple[int, ...], settings: Settings) -> Moment:
    logits = next(generate(reading.model, [*reading.ids, *path], max_new_tokens=1)).logits
    steps = distribution(logits, temperature=settings.temperature, top_k=settings.top_k, top_p=settings.top_p)
    draw = drawn(steps.final, seed=settings.seed, step=len(path))
    return Moment(steps, predicted(logits, n=11, besides=(draw,)).ids, draw)


def go(story: Story, path: Sequence[int]) -> None:
    """In callbacks: the story is now at `path`."""
    memory.keep(STORY, story.at(tuple(path)[:LONGEST]))


def go_on(reading: Reading, story: Story, settings: Settings, n: int) -> None:
    """In callbacks: `n` more tokens, as the die falls."""
    for _step in range(n):
        story = story.at((*story.path, moment(reading, story, settings).draw)[:LONGEST])
    memory.keep(STORY, story)


def append(reading: Reading, story: Story) -> None:
    """In callbacks: what was written joins the reader's own text, on all chapters."""
    memory.keep("text", reading.text + tokenizer().decode(story.path))


def show_text(reading: Reading, story: Story) -> None:
    """The end of the reader's text, and what has been added to it."""
    before, added = readable(reading.ids[-40:]), readable(story.path)
    st.markdown(f"{literal(before)} ➤ **{literal(added)}**" if added.strip() else f"{literal(before)} ➤ …")


def draw_buttons(reading: Reading, story: Story, now: Moment, settings: Settings) -> None:
    """Forward, back, and away."""
    path, room = story.path, len(story.path) < LONGEST
    wide: dict[str, Any] = {"width": "stretch"}
    st.button(
        _("🎲 Draw one token"),
        type="primary",
        key="generation_draw",
        on_click=go,
        args=(story, [*path, now.draw]),
        disabled=not room,
        **wide,
    )
    st.button(
        _("🎲 Draw ten"),
        key="generation_ten",
        on_click=go_on,
        args=(reading, story, settings, 10),
        disabled=not room,
        **wide,
    )
    st.button(
        _("Take the likeliest"),
        key="generation_best",
        on_click=go,
        args=(story, [*path, now.favourite]),
        disabled=not room,
        **wide,
    )
    st.button(_("↶ Step back"), key="generation_back", on_click=go, args=(story, path[:-1]), disabled=not path, **wide)
    st.button(_("Start again"), key="generation_anew", on_click=go, args=(story, ()), disabled=not path, **wide)
    whole = reading.n_tokens == len(reading.ids)
    st.button(
        _("Append to my text"),
        key="generation_append",
        on_click=append,
        args=(reading, story),
        disabled=not (path and whole),
        **wide,
    )
    st.caption(_("Or click a bar to force its token."))


def tell_why(now: Moment) -> None:
    """What the die will do, and why the likeliest token is not chosen where it is not."""
    share, best = (float(now.steps.final[id]) for id in (now.draw, now.favourite))
    if now.steps.n_kept == 1:
        sentence = _("No die is needed: with these settings only the likeliest token, {drawn}, is left.")
    elif now.draw == now.favourite:
        sentence = _("The die falls on {drawn}, the likeliest token: so it does in {share} of all throws.")
    else:
        sentence = _(
            "The die falls on {drawn} ({share}). Why not on the likeliest, {favourite}? No cut removes it, but it has "
            "{best}: in {others} of all throws another token comes."
        )
    chapter.tell(
        sentence,
        drawn=tokenizer().token(now.draw),
        favourite=tokenizer().token(now.favourite),
        share=percent(share),
        best=percent(best),
        others=percent(1 - best),
    )


def rows(now: Moment, tokens: list[bytes]) -> list[dict[str, object]]:
    """One row per candidate: each step of the choice."""
    steps = now.steps
    reasons = {(True, False): _("top-k"), (False, True): _("top-p")}
    return [
        {
            _("token"): visible(token),
            _("id"): id,
            _("probability"): float(steps.probs[id]),
            _("after temperature"): float(steps.warmed[id]),
            _("after the cuts"): float(steps.final[id]),
            _("cut by"): reasons.get((bool(steps.cut_by_k[id]), bool(steps.cut_by_p[id])), ""),
        }
        for token, id in zip(tokens, now.ids.tolist(), strict=True)
    ]


def hundred_draws(now: Moment, settings: Settings) -> None:
    """A hundred dice from this moment, beside what theory expects."""
    chapter.say("draws")
    draws = draw_many(now.steps.final, n=100, seed=settings.seed)
    ids = now.ids[now.steps.final[now.ids] > 0]
    counts, expected = draws.counts[ids], draws.expected[ids]
    chart(
        figures.bars(
            [*counts.tolist(), 100 - int(counts.sum())],
            second=[*expected.tolist(), max(100 - float(expected.sum()), 0.0)],
            names=(_("drawn"), _("expected")),
            labels=[*pieces(ids), _("all others")],
            value_format=".3~g",
            axis_title=_("times in 100 draws"),
        ),
        key="generation_hundred",
        alt=_("How often each token was drawn in 100 draws, beside the expected number."),
    )
    if not draws.freedom:
        chapter.tell(_("Nearly all draws fall on one token: there is nothing to compare."))
        return
    usual = (
        _("Nothing strange: chance does this.")
        if draws.chance >= 0.05
        else _("Unusual, but with many seeds some must be.")
    )
    st.markdown(
        _(
            "Chi-squared {value} with {n} degrees of freedom: pure chance is as far off in {chance} of all cases."
        ).format(value=number(draws.chi_squared, 2), n=draws.freedom, chance=percent(draws.chance))
        + f" {usual}"
    )


def branches(story: Story) -> None:
    """All continuations that were tried, and the way back to each."""
    if not story.ends:
        chapter.tell(_("No branch yet: draw a token, step back, force another one, and both will stand here."))
        return
    for place, end in enumerate(story.ends):
        text, button = columns(4, 1)
        text.markdown(f"{place + 1}. {literal(readable(end))} ({number(len(end))})")
        button.button(
            _("Go there"), key=f"generation_branch_{place}", on_click=go, args=(story, end), disabled=end == story.path
        )


def cache(reading: Reading) -> None:
    """Operations of each step with and without the key/value cache, counted; on demand measured too."""
    chapter.say("cache")
    config, n_prompt, n_new = reading.entry.config, len(reading.ids), 20
    names = {True: _("with the cache"), False: _("without")}
    counted = {use: generation_multiply_adds(config, n_prompt, n_new, use_cache=use) for use in names}
    chart(
        figures.lines(
            {names[use]: steps for use, steps in counted.items()},
            x=range(1, n_new + 1),
            x_title=_("step"),
            y_title=_("multiply-and-add operations"),
            colours={names[True]: palette.FEED_FORWARD, names[False]: palette.QUERY},
            value_format=",.3~s",
        ),
        key="generation_operations",
        alt=_("Operations of each generation step, with and without the key/value cache."),
        height=340,
    )
    chapter.tell(
        _("{n} steps: {without} million operations without the cache, {cached} million with it: {ratio} times fewer"),
        n=number(n_new),
        without=number(sum(counted[False]) / 1e6, 0),
        cached=number(sum(counted[True]) / 1e6, 0),
        ratio=number(sum(counted[False]) / sum(counted[True]), 1),
    )
    size = number(round(cache_bytes(config, n_prompt + n_new) / 1000))
    chapter.tell(_("The cache takes {size} kB of memory."), size=size)
    if not st.toggle(_("Measure it on this machine"), key="generation_measure"):
        return
    runs: dict[bool, list[list[float]]] = {True: [], False: []}
    for run in range(RUNS):  # in turn, and other readers get theirs in between
        for use in runs:
            runs[use].append(reading.once("timing", use, run, work=lambda use=use: seconds_per_step(
                reading.model, reading.ids, max_new_tokens=MEASURED, use_cache=use
            )))  # fmt: skip
    found = {use: medians(those) for use, those in runs.items()}
    chart(
        figures.lines(
            {names[use]: [1000 * seconds for seconds in found[use]] for use in found},
            x=range(1, MEASURED + 1),
            x_title=_("step"),
            y_title=_("milliseconds"),
            colours={names[True]: palette.FEED_FORWARD, names[False]: palette.QUERY},
            value_format=".1f",
        ),
        key="generation_milliseconds",
        alt=_("Milliseconds of each generation step, with and without the key/value cache."),
        height=340,
    )
    st.caption(_("Medians of {n} runs in turn, on this machine, with whatever else it is doing.").format(n=RUNS))


def continued(reading: Reading, settings: Settings, n: int = 25) -> str:
    """The text that `generate` writes with these settings."""
    options = {"temperature": settings.temperature, "top_k": settings.top_k, "top_p": settings.top_p}
    ids = reading.once(
        "continued",
        settings,
        n,
        work=lambda: [
            step.id
            for step in islice(generate(reading.model, reading.ids, max_new_tokens=n, seed=settings.seed, **options), n)
        ],
    )
    return readable(ids)


def random_against_trained(reading: Reading, settings: Settings) -> None:
    """The same text, settings and seed with trained and with random weights."""
    chapter.say("random")
    others = [name for name in engine.choosable() if CATALOGUE[name].random != reading.entry.random]
    if not others:
        chapter.tell(_("No trained model is on this machine yet: fetch one under “About the models”."))
        return
    smallest = min(others, key=lambda name: CATALOGUE[name].parameters)
    for column, name in zip(columns(1, 1), (reading.name, smallest), strict=True):
        column.markdown(f"**{_(CATALOGUE[name].title)}**")
        column.markdown(f"… {literal(continued(engine.read(name, reading.text), settings))}")


def answer(reading: Reading) -> None:
    """Predict, then reveal: the coldest text beside one at temperature 1."""
    for name, temperature in ((_("Temperature 0"), 0.0), (_("Temperature 1"), 1.0)):
        text = continued(reading, Settings(temperature, None, None, 123), 15)
        st.markdown(f"**{name}** … {literal(text)}")
