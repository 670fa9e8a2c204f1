"""Chapter 14: choosing the next token, again and again."""

from collections.abc import Callable
from dataclasses import asdict

import pandas as pd
import streamlit as st

from gpt_core.generation.generate import generate
from gpt_core.generation.sampling import COLDEST, apply_temperature, top_k_top_p_mask
from gpt_core.measure.distribution import by_powers, by_rank, cut_as_asked, draw_many, drawn
from pages import show
from pages.experiments.generation import continuation
from pages.experiments.generation.continuation import ALL, Continuation, Settings, share, upcoming
from pages.figures import Beside, visible
from pages.services.classes.question import Choice, choice
from pages.services.reading import tokenizer
from pages.ui import caveats, chapter, guess, session
from pages.ui.chapter import Choices, Reading, check, tell
from pages.ui.components.chart import Click
from pages.ui.layout import columns, decimal_slider, number_box, pick, stops
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, _, literal

FORCED = "generation_forced"  # the list that does what a click on a bar does
IN_SIGHT = (8, 30)  # tokens of the text, and of what was added to it, above the chart
ON_THE_WALL = 5  # candidates
RANKS = (0, 2, 10, 40)  # of the tokens to choose between in the question


def end_of_text(reading: Reading, _chosen: Choices) -> None:
    """The end of the reader's text, and what has been added to it: as much as two lines hold."""
    n_before, n_added = IN_SIGHT
    path = Continuation.shown(reading).path
    added = literal(show.readable(path[-n_added:]))
    if len(path) > n_added:
        st.markdown(f"… **{added}**")
        return
    lead = "… " if len(reading.ids) > n_before else ""
    before = literal(show.readable(reading.ids[-n_before:]))
    st.markdown(f"{lead}{before} ➤ **{added}**" if added.strip() else f"{lead}{before} ➤ …")


def candidates(reading: Reading, chosen: Choices) -> None:
    """The likeliest tokens as the model has them and as the die uses them; a click on a bar forces its token."""
    choice = upcoming(reading)
    ids = choice.ids
    if chosen.present:
        ids = ids[: max(ON_THE_WALL, 1 + ids.tolist().index(choice.draw))]
    final = choice.steps.final[ids]

    def heard(click: Click) -> None:
        force(reading, round(float(click.y)))

    show.candidates(
        "generation_bars",
        show.pieces(ids),
        final.numpy(),
        _("The likeliest next tokens: their probability before and after temperature, top-k and top-p."),
        beside=Beside(choice.steps.probs[ids].numpy(), (_("what the die uses"), _("the model’s own"))),
        highlighted=ids.tolist().index(choice.draw),
        faded=(final == 0).numpy(),
        height=385,
        on_click=heard,
    )


def controls(reading: Reading, chosen: Choices) -> None:
    """Temperature, top-k, top-p and seed, two by two; below them forward, back, away, and a list to force a token."""
    (warm, few), (likely, die) = columns(1, 1), columns(1, 1)
    decimal_slider(_("Temperature"), *continuation.TEMPERATURES, key=continuation.TEMPERATURE, place=warm)
    sizes = [k for k in continuation.TOP_KS if k < reading.card.config.vocab_size]
    stops(
        _("Top-k"),
        [*sizes, ALL],
        continuation.FEW if continuation.FEW in sizes else ALL,
        key=continuation.TOP_K,
        format_func=lambda k: _("all") if k == ALL else str(k),
        place=few,
    )
    decimal_slider(_("Top-p"), *continuation.TOP_PS, key=continuation.TOP_P, place=likely)
    number_box(
        _("Seed of the die"), 0, continuation.LAST_SEED, continuation.FIRST_SEED, key=continuation.SEED, place=die
    )
    _buttons(reading, few=chosen.present)


def _buttons(reading: Reading, *, few: bool) -> None:
    """What draws and takes back tokens; `few` of it on the wall, where a click on a bar forces one."""
    tree, choice = Continuation.of(reading), upcoming(reading)
    path, full = tree.path, len(tree.path) >= continuation.LONGEST
    appendable = path and reading.n_tokens == len(reading.ids)
    buttons: list[tuple[str, str, Callable[..., None], tuple[object, ...], bool]] = [
        (_("🎲 Draw one token"), "draw", tree.follow, (*path, choice.draw), full),
        (_("🎲 Draw ten"), "ten", draw_tokens, (reading, 10), full),
        (_("Take the likeliest"), "best", tree.follow, (*path, choice.likeliest), full),
        (_("↶ Step back"), "back", tree.follow, path[:-1], not path),
        (_("Start again"), "anew", tree.follow, (), not path),
        (_("Append to my text"), "append", append_to_text, (reading,), not appendable),
    ]
    if few:
        buttons = [button for button in buttons if button[1] in ("draw", "anew")]
    with st.container(horizontal=True):  # each as wide as its words, in as many rows as they need
        for label, key, does, args, off in buttons:
            kind = "primary" if key == "draw" else "secondary"
            st.button(label, key=f"generation_{key}", type=kind, on_click=does, args=args, disabled=off)
    if few:
        return
    names = [visible(token) for token in show.pieces(choice.ids)]
    pick(_("Force a token"), names, key=FORCED, on_pick=lambda: force(reading, session.get(FORCED)), disabled=full)


def force(reading: Reading, place: int) -> None:
    """In callbacks: the candidate at `place` comes next."""
    tree = Continuation.of(reading)
    tree.follow(*tree.path, int(upcoming(reading).ids[place]))


def draw_tokens(reading: Reading, n: int) -> None:
    """In callbacks: `n` more tokens, as the die falls."""
    tree, settings = Continuation.of(reading), Settings.chosen()
    for _step in range(n):
        tree = tree.at((*tree.path, reading.of(continuation.next_choice, path=tree.path, settings=settings).draw))
    session.set(continuation.CONTINUATION, tree)


def append_to_text(reading: Reading) -> None:
    """In callbacks: what was written joins the reader's own text, on all chapters."""
    path = Continuation.of(reading).path
    special = reading.special or tokenizer().end_of_text in path
    session.set_and_rerun(text=reading.text + tokenizer().decode(path), special=special)


def why_this_token(reading: Reading, _chosen: Choices) -> None:
    """What the die will do, and why the likeliest token is not chosen where it is not."""
    choice = upcoming(reading)
    drawn_share, best = (float(choice.steps.final[id]) for id in (choice.draw, choice.likeliest))
    if choice.steps.n_kept == 1:
        sentence = _("No die is needed: with these settings only the likeliest token, {drawn}, is left.")
    elif choice.draw == choice.likeliest:
        sentence = _("The die falls on {drawn}, the likeliest token: so it does in {share} of all throws.")
    else:
        sentence = _(
            "The die falls on {drawn} ({share}). Why not on the likeliest, {favourite}? No cut removes it, but it has "
            "{best}: in {others} of all throws another token comes."
        )
    tell(
        sentence,
        drawn=tokenizer().token(choice.draw),
        favourite=tokenizer().token(choice.likeliest),
        share=share(drawn_share),
        best=share(best),
        others=share(1 - best),
    )
    caveats.note_untrained(reading)


def whole_text(reading: Reading, _chosen: Choices) -> None:
    """The reader's text and all that was added, where the lines above the chart cannot hold it."""
    path = Continuation.of(reading).path
    if len(path) > IN_SIGHT[1]:
        st.markdown(f"{literal(show.readable(reading.ids))} ➤ **{literal(show.readable(path))}**")


def tokens_cut(reading: Reading, _chosen: Choices) -> None:
    """How many tokens the cuts removed, and with how much of the probability."""
    steps = upcoming(reading).steps
    if steps.n_cut:
        sentence = _(
            "The cuts remove {n:,} of {all:,} tokens, with {share} of the probability; the die chooses among {kept:,}."
        )
    else:
        sentence = _("No token is cut: the die chooses among {kept:,} of {all:,}.")
    tell(sentence, n=steps.n_cut, all=len(steps.final), kept=steps.n_kept, share=share(steps.share_cut))


def tokens_vanished(reading: Reading, _chosen: Choices) -> None:
    """How many tokens were at 0 before any cut."""
    steps = upcoming(reading).steps
    if Settings.chosen().temperature < COLDEST:
        sentence = _(
            "At temperature 0 the likeliest token has all the probability: {n:,} of {all:,} are at 0 without any cut."
        )
    else:
        sentence = _("At 0 without any cut: {n:,} of {all:,}, each too unlikely for the computer’s numbers.")
    if steps.n_vanished:
        tell(sentence, n=steps.n_vanished, all=len(steps.final))


def once_more(reading: Reading, path: tuple[int, ...], settings: Settings) -> tuple[float, bool]:
    """How much of the probability another formula shares out otherwise, and whether the cuts left what they should."""
    steps = reading.of(continuation.next_choice, path=path, settings=settings).steps
    moved = float((steps.final - by_powers(steps, settings.temperature)).abs().sum() / 2)
    return moved, cut_as_asked(steps, settings.temperature, top_k=settings.top_k, top_p=settings.top_p)


def the_same_by_powers(reading: Reading, _chosen: Choices) -> None:
    """The check: powers of the model's own probabilities give what the die uses, for the tokens that the cuts left."""
    steps, path = upcoming(reading).steps, Continuation.of(reading).path
    moved, as_asked = reading.of(once_more, path=path, settings=Settings.chosen())
    check(
        moved < 1e-3 and as_asked,
        _(
            "The cuts leave the likeliest {n:,|token|tokens}; another formula, the model’s own probabilities to the "
            "power 1 ÷ temperature, gives the same: {moved:tiny} of the probability differs."
        ),
        n=steps.n_kept,
        moved=moved,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """The softmax at a temperature, over what is kept."""
    kept = _("kept")
    chapter.formula(rf"p_i = \frac{{e^{{z_i / \tau}}}}{{\sum_{{j \,\text{{{kept}}}}} e^{{z_j / \tau}}}}")


STORY = (
    end_of_text,
    beside((5, candidates), (3, controls), first=controls),
    charts_first,
    why_this_token,
    whole_text,
    tokens_cut,
    tokens_vanished,
    the_same_by_powers,
    formula,
)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """The token that temperature 0 takes first, and others that temperature 1 may draw."""
    best = reading.trace.next_logits.topk(RANKS[-1] + 1).indices[list(RANKS)]
    named = show.pieces(best)
    return guess.distinct(choice(N_("At temperature 0 first {token}"), token=token) for token in named)


def answer(reading: Reading, _chosen: Choices) -> None:
    """The answer to the chapter's question: the coldest text beside one at temperature 1."""
    for name, temperature in ((_("Temperature 0"), 0.0), (_("Temperature 1"), 1.0)):
        st.markdown(f"**{name}** … {literal(continuation.as_text(reading, Settings(temperature), 15))}")


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    settings = Settings.chosen()
    return {**asdict(settings), "path": list(Continuation.of(reading).path)}


CODE = (generate, apply_temperature, top_k_top_p_mask, by_powers, by_rank, drawn, draw_many)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """A row for each candidate: each step of the choice."""
    choice = upcoming(reading)
    steps, reasons = choice.steps, {(True, False): _("top-k"), (False, True): _("top-p")}
    rows = [
        {
            _("token"): visible(token),
            _("id"): id,
            _("probability"): float(steps.probs[id]),
            _("after temperature"): float(steps.warmed[id]),
            _("after the cuts"): float(steps.final[id]),
            _("cut by"): reasons.get((bool(steps.cut_by_k[id]), bool(steps.cut_by_p[id])), ""),
        }
        for token, id in zip(show.pieces(choice.ids), choice.ids.tolist(), strict=True)
    ]
    return pd.DataFrame(rows)
