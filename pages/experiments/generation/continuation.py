"""Experiments on generation: settings, the text so far and its branches, draws against theory, the cache."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import streamlit as st
from torch import Tensor

from gpt_core.examples import book
from gpt_core.generation.generate import generate
from gpt_core.generation.sampling import COLDEST
from gpt_core.measure.anatomy import cache_bytes, generation_multiply_adds
from gpt_core.measure.distribution import FEWEST, Distribution, RankGroup, by_rank, distribution, draw_many, drawn
from gpt_core.measure.prediction import predicted
from gpt_core.measure.timing import medians, seconds_per_step
from gpt_core.weights.catalogue import CATALOGUE
from pages import figures
from pages.experiments.candidates import percent, pieces, readable
from pages.figures import palette, visible
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from pages.ui import chapter, session
from pages.ui.components.chart import chart
from pages.ui.layout import PERSIST, columns, decimal_slider, number_box
from pages.ui.words import _, literal, number

STORY = "the continuation of the text, and its branches"
ALL = 0  # on the slider of top-k: no cut
LONGEST = 200  # tokens of a continuation: each further one would make every page slower
IN_SIGHT = (8, 30)  # tokens of the text, and of what was added to it, above the chart
CANDIDATES = 9
MEASURED = 8  # steps
RUNS = 3
BOOK_DRAWS = {"closer": 73, "forward": 582, "inches": 2, "toward": 343}  # Raschka, section 5.3.1


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
    """Temperature, top-k, top-p and seed, two by two."""
    (warm, few), (share, die) = columns(1, 1), columns(1, 1)
    temperature = decimal_slider(_("Temperature"), 0.0, 2.0, 0.8, 0.1, key="generation_temperature", place=warm)
    steps = [k for k in (1, 2, 3, 5, 8, 10, 20, 50, 100, 1000) if k < reading.card.config.vocab_size]
    top_k = few.select_slider(
        _("Top-k"),
        [*steps, ALL],
        5 if 5 in steps else ALL,
        key="generation_top_k",
        format_func=lambda k: _("all") if k == ALL else str(k),
        persist_state=PERSIST,
    )
    top_p = decimal_slider(_("Top-p"), 0.05, 1.0, 1.0, 0.05, key="generation_top_p", place=share)
    seed = number_box(_("Seed of the die"), 0, 9999, 123, key="generation_seed", place=die)
    return Settings(temperature, top_k or None, top_p if top_p < 1 else None, seed)


def current(reading: Reading) -> Story:
    """How far this text has been continued; another text begins anew."""
    story = session.get(STORY)
    return story if story is not None and story.prompt == reading.ids else Story(reading.ids)


def moment(reading: Reading, story: Story, settings: Settings) -> Moment:
    """The choice that comes next."""
    return reading.once("moment", story.path, settings, work=lambda: _moment(reading, story.path, settings))


def _moment(reading: Reading, path: tuple[int, ...], settings: Settings) -> Moment:
    logits = next(generate(reading.model, [*reading.ids, *path], max_new_tokens=1)).logits
    steps = distribution(logits, temperature=settings.temperature, top_k=settings.top_k, top_p=settings.top_p)
    draw = drawn(steps.final, seed=settings.seed, step=len(path))
    return Moment(steps, predicted(logits, n=CANDIDATES, besides=(draw,)).ids, draw)


def go(story: Story, path: Sequence[int]) -> None:
    """In callbacks: the story is now at `path`."""
    session.set(STORY, story.at(tuple(path)[:LONGEST]))


def go_on(reading: Reading, story: Story, settings: Settings, n: int) -> None:
    """In callbacks: `n` more tokens, as the die falls."""
    for _step in range(n):
        story = story.at((*story.path, moment(reading, story, settings).draw)[:LONGEST])
    session.set(STORY, story)


def append(reading: Reading, story: Story) -> None:
    """In callbacks: what was written joins the reader's own text, on all chapters."""
    session.set_and_rerun(text=reading.text + tokenizer().decode(story.path))


def show_text(reading: Reading, story: Story) -> None:
    """The end of the reader's text, and what has been added to it: as much as two lines hold."""
    n_before, n_added = IN_SIGHT
    added = literal(readable(story.path[-n_added:]))
    if len(story.path) > n_added:
        st.markdown(f"… **{added}**")
        return
    lead = "… " if len(reading.ids) > n_before else ""
    before = literal(readable(reading.ids[-n_before:]))
    st.markdown(f"{lead}{before} ➤ **{added}**" if added.strip() else f"{lead}{before} ➤ …")


def show_whole(reading: Reading, story: Story) -> None:
    """The reader's text and all that was added, where the lines above the chart cannot hold it."""
    if len(story.path) > IN_SIGHT[1]:
        st.markdown(f"{literal(readable(reading.ids))} ➤ **{literal(readable(story.path))}**")


def draw_buttons(reading: Reading, story: Story, now: Moment, settings: Settings) -> None:
    """Forward, back, and away."""
    path, full = story.path, len(story.path) >= LONGEST
    appendable = path and reading.n_tokens == len(reading.ids)
    buttons: list[tuple[str, str, Callable[..., None], tuple[object, ...], bool]] = [
        (_("🎲 Draw one token"), "draw", go, (story, [*path, now.draw]), full),
        (_("🎲 Draw ten"), "ten", go_on, (reading, story, settings, 10), full),
        (_("Take the likeliest"), "best", go, (story, [*path, now.favourite]), full),
        (_("↶ Step back"), "back", go, (story, path[:-1]), not path),
        (_("Start again"), "anew", go, (story, ()), not path),
        (_("Append to my text"), "append", append, (reading, story), not appendable),
    ]
    with st.container(horizontal=True):  # each as wide as its words, in as many rows as they need
        for label, key, does, args, off in buttons:
            kind = "primary" if key == "draw" else "secondary"
            st.button(label, key=f"generation_{key}", type=kind, on_click=does, args=args, disabled=off)


def shown_share(share: float) -> str:
    """A share as it is said; a tiny one is not written out."""
    return _("less than {share}").format(share=percent(0.001)) if 0 < share < 0.0005 else percent(share)


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
        share=shown_share(share),
        best=shown_share(best),
        others=shown_share(1 - best),
    )


def tell_cuts(now: Moment, settings: Settings) -> None:
    """How many tokens the cuts removed; apart from these, how many were at 0 before any cut."""
    steps = now.steps
    sizes = {"all": number(len(steps.final)), "kept": number(steps.n_kept), "n": number(steps.n_cut)}
    if steps.n_cut:
        chapter.tell(
            _("The cuts remove {n} of {all} tokens, with {share} of the probability; the die chooses among {kept}."),
            **sizes,
            share=shown_share(steps.share_cut),
        )
    else:
        chapter.tell(_("No token is cut: the die chooses among {kept} of {all}."), **sizes)
    if steps.n_vanished:
        chapter.tell(
            _("At temperature 0 the likeliest token has all the probability: {n} of {all} are at 0 without any cut.")
            if settings.temperature < COLDEST
            else _("At 0 without any cut: {n} of {all}, each too unlikely for the computer’s numbers."),
            n=number(steps.n_vanished),
            all=sizes["all"],
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
    if not draws.degrees_of_freedom:
        chapter.tell(
            _("Nearly all draws fall on one token: there is nothing to compare.")
            if float(draws.expected.max()) >= FEWEST
            else _("The draws are spread too thin to compare: no token is expected {n} times."),
            n=number(FEWEST, 0),
        )
        return
    usual = (
        _("Nothing strange: chance does this.")
        if draws.p_value >= 0.05
        else _("Unusual, but with many seeds some must be.")
    )
    st.markdown(
        _(
            "Chi-squared {value} with {n} degrees of freedom: pure chance is as far off in {chance} of all cases."
        ).format(value=number(draws.chi_squared, 2), n=draws.degrees_of_freedom, chance=percent(draws.p_value))
        + f" {usual}"
    )


def whole_vocabulary(now: Moment) -> None:
    """All tokens in groups by rank: what the tail has together, before and after temperature and the cuts."""
    chapter.say("vocabulary")
    groups = by_rank(now.steps)
    chart(
        figures.bars(
            [group.final for group in groups],
            second=[group.own for group in groups],
            names=(_("what the die uses"), _("the model’s own")),
            labels=[_ranks(group) for group in groups],
            axis_title=_("probability of the whole group"),
            label_axis="plain",
        ),
        key="generation_vocabulary",
        alt=_("The whole vocabulary in groups by rank: the probability of each group before and after the cuts."),
    )
    tail = groups[-1]
    chapter.tell(
        _(
            "Without temperature and cuts, one of the {n} tokens from rank {first} on would come in {own} of throws:"
            " each is unlikely, but they are many. With your settings: {final}."
        ),
        n=number(tail.last - tail.first + 1),
        first=number(tail.first),
        own=shown_share(tail.own),
        final=shown_share(tail.final),
    )


def _ranks(group: RankGroup) -> str:
    if group.last == 1:
        return _("the likeliest")
    return _("ranks {first} to {last}").format(first=number(group.first), last=number(group.last))


def nine_words(settings: Settings) -> None:
    """The book's example: nine words, with the settings of this page, and its thousand draws."""
    chapter.say("nine_words")
    steps = distribution(
        book.next_word_logits(), temperature=settings.temperature, top_k=settings.top_k, top_p=settings.top_p
    )
    chart(
        figures.bars(
            steps.final.numpy(),
            second=steps.probs.numpy(),
            names=(_("with your settings"), _("at temperature 1")),
            labels=book.NEXT_WORDS,
            faded=(steps.final == 0).numpy(),
            axis_title=_("probability"),
            label_axis="plain",
        ),
        key="generation_nine_words",
        alt=_("The book’s nine words: their probability with your settings, and at temperature 1 without cuts."),
        height=430,
    )
    found = dict(zip(book.NEXT_WORDS, book.next_word_draws().tolist(), strict=True))
    chapter.check(
        {word: n for word, n in found.items() if n} == BOOK_DRAWS,
        _("1,000 draws at temperature 1 with seed 123 give what the book prints: {counts}.").format(
            counts=", ".join(f"{number(n)} × {word}" for word, n in found.items() if n)
        ),
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
    config, n_prompt, n_new = reading.card.config, len(reading.ids), 20
    names = {True: _("with the cache"), False: _("without")}
    counted = {use: generation_multiply_adds(config, n_prompt, n_new, use_cache=use) for use in names}
    chart(
        figures.lines(
            {names[use]: steps for use, steps in counted.items()},
            x=range(1, n_new + 1),
            x_title=_("generation step"),
            y_title=_("multiply-and-add operations"),
            colours={names[True]: palette.FEED_FORWARD, names[False]: palette.QUERY},
            value_format=",.3~s",
        ),
        key="generation_operations",
        alt=_("Operations of each generation step, with and without the key/value cache."),
        height=340,
    )
    without, cached = (sum(counted[use]) for use in (False, True))
    chapter.tell(
        _(
            "{n} steps: {without} million multiply-and-adds without the cache, {cached} million with it: "
            "{ratio} times fewer."
        )
        if cached < without
        else _("{n} steps: {without} million multiply-and-adds, with the cache as without it. It saves nothing here."),
        n=number(n_new),
        without=number(without / 1e6, 0),
        cached=number(cached / 1e6, 0),
        ratio=number(without / cached, 1),
    )
    overflows = config.context_length - n_prompt + 2  # the first step whose text does not fit
    if overflows <= n_new:
        chapter.tell(
            _(
                "This model sees {n} tokens at once. From step {step} on the text is longer: the oldest token falls"
                " out, all others move up one position, and all keys and values must be computed again."
            ),
            n=number(config.context_length),
            step=number(overflows),
        )
    size = number(round(cache_bytes(config, min(n_prompt + n_new, config.context_length)) / 1000))
    chapter.tell(_("The cache takes {size} kB of memory."), size=size)
    if not st.toggle(_("Measure it on this machine"), key="generation_measure", persist_state=PERSIST):
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
            x_title=_("generation step"),
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
    others = [name for name in engine.available_models() if CATALOGUE[name].random != reading.card.random]
    if not others:
        chapter.tell(_("No trained model is on this machine yet: fetch one under “About the models”."))
        return
    smallest = min(others, key=lambda name: CATALOGUE[name].parameters)
    for column, name in zip(columns(1, 1), (reading.name, smallest), strict=True):
        column.markdown(f"**{_(CATALOGUE[name].title)}**")
        column.markdown(f"… {literal(continued(read(name, reading.text), settings))}")


def answer(reading: Reading) -> None:
    """Predict, then reveal: the coldest text beside one at temperature 1."""
    for name, temperature in ((_("Temperature 0"), 0.0), (_("Temperature 1"), 1.0)):
        text = continued(reading, Settings(temperature, None, None, 123), 15)
        st.markdown(f"**{name}** … {literal(text)}")
