"""Chapter 16: guess the next token, measure the surprise, and move every number a little; again and again."""

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core.measure import text_loss
from gpt_core.measure.text_loss import blind_loss, perplexity
from gpt_core.training import loop, tiny
from pages import figures, show
from pages.experiments.learning import pairs
from pages.figures import Axis, Beside, Measure, palette, visible
from pages.services.classes.question import Choice
from pages.ui import caveats, chapter, guess, history, session
from pages.ui.chapter import Choices, Reading, check, note, say, tell, write
from pages.ui.components.chart import Click
from pages.ui.history import SLIDER
from pages.ui.layout import stops
from pages.ui.model_picker import title_of
from pages.ui.story import beside, charts_first
from pages.ui.words import N_, _, briefly, number


def unmet_tokens(reading: Reading, _chosen: Choices) -> None:
    """Which tokens the story model never met, where the frame says that of another model."""
    shown = history.read_at(history.finished(), reading)
    if shown.card != reading.card and (warned := caveats.unmet(shown)):
        st.warning(f"**Storyteller.** {' '.join(warned)}", icon="⚠️")


def learning_curve(_reading: Reading, _chosen: Choices) -> None:
    """The losses over the whole training, and a slider over its snapshots; a click on a large dot chooses one, too."""
    snapshot = _choose_snapshot()
    if snapshot is None:
        return
    points = history.curve()
    kept = {i: briefly(point.tokens) for i, point in enumerate(points) if point.kept}

    def choose(click: Click) -> None:
        nearest = min((points[i] for i in kept), key=lambda point: abs(point.tokens - float(click.customdata)))
        session.set(SLIDER, nearest.step)

    curve = figures.learning_curve(
        {
            _("training"): [np.nan if point.training is None else point.training for point in points],
            _("English"): [point.held_out["en"] for point in points],
            _("French"): [point.held_out["fr"] for point in points],
        },
        tokens=[point.tokens for point in points],
        ticks=kept,
        chosen=points.index(snapshot),
        turns=history.turns(),
        x_title=_("tokens read"),
        y_title=_("loss in nats"),
    )
    alt = _("The loss falls while the model reads: on training text, and on English and French text it never saw.")
    show.chart("learning_curve", curve, alt, height=330, on_click=choose)
    if history.turns():
        note(_("Dotted lines: large steps again, with more books, then with more blocks."))


def _choose_snapshot() -> history.TrainingSnapshot | None:
    """A slider over the kept snapshots, at first in the middle, where much is learnt and much is not."""
    steps = [snapshot.step for snapshot in history.kept_snapshots()]
    if steps:
        names = {step: number(step) for step in steps} | {steps[-1]: _("finished")}
        label = _("Moment of training, in steps")
        stops(label, steps, steps[len(steps) // 2], format_func=names.__getitem__, key=SLIDER)
    return history.chosen_snapshot()


def next_token(reading: Reading, _chosen: Choices) -> None:
    """What the model of that snapshot says comes next, beside the finished one."""
    snapshot = history.chosen_snapshot()
    if snapshot is None:
        return
    now, then = (history.read_at(one, reading) for one in (history.finished(), snapshot))
    both = now.of(show.next_token_change, other=then, n=8)
    write(f"**{_('What comes after your text?')}**")
    names = (history.name_of(snapshot), _("finished"))
    bars = figures.bars(
        both.after.numpy(),
        Axis(show.pieces(both.ids), meaning="token"),
        measure=Measure(_("probability of the next token"), ".2~p"),
        beside=None if now == then else Beside(both.before.numpy(), names),
        colour=palette.ATTENTION,
    )
    alt = _("The likeliest next tokens: their probability at the chosen moment and in the finished model.")
    show.chart("learning_next", bars, alt, height=378)


def without_snapshots(reading: Reading, chosen: Choices) -> None:
    """Where the story model's past is not here: what training is made of."""
    if not history.kept_snapshots():
        say("no_snapshots")
        pairs.draw(reading, chosen)


def which_is_easier(english: float, french: float) -> str:
    """What the two losses say, with the lengths of the tokens: as they are written, with two decimals."""
    if round(french, 2) < round(english, 2):
        return _(
            "A French token is easier to guess here; but it has {fr:.1f} characters on average, an English one "
            "{en:.1f}: per character, the loss is {fr_char:.2f} nats in French and {en_char:.2f} in English."
        )
    return _(
        "A French token is no easier to guess here, and it has {fr:.1f} characters on average, an English one {en:.1f}:"
        " per character, the loss is {fr_char:.2f} nats in French and {en_char:.2f} in English."
    )


def snapshot_in_numbers(reading: Reading, chosen: Choices) -> None:
    """How much the model had read by then, and what it was worth, on chapters it never saw and on the reader's text."""
    snapshot = history.chosen_snapshot()
    if snapshot is None:
        return
    english, french = snapshot.held_out["en"], snapshot.held_out["fr"]
    tell(
        _(
            "**Storyteller, step {step:,}**: {tokens:,} tokens read. On chapters it never saw, the loss is {en:.2f}"
            " nats in English and {fr:.2f} in French: as much in doubt as among {among_en:,} and {among_fr:,} tokens."
        ),
        step=snapshot.step,
        tokens=snapshot.tokens,
        en=english,
        fr=french,
        among_en=round(perplexity(english)),
        among_fr=round(perplexity(french)),
    )
    if chosen.present:
        return  # on the wall the curve needs the room
    lengths = history.CHARACTERS
    each = {"fr_char": french / lengths["fr"], "en_char": english / lengths["en"]}
    tell(which_is_easier(english, french), **lengths, **each)
    note(
        _(
            "Measured on the first {piece:,} tokens of those chapters in each language. On all of them, as in the model"
            " card, the finished model has {en:.2f} and {fr:.2f} nats."
        ),
        piece=history.PIECE,
        **history.WHOLE,
    )
    if len(reading.ids) > 1:
        yours = history.loss_at(snapshot, reading)
        sentence = _("On **your text** the loss is {loss:.2f} nats: as among {among:.1f} tokens.")
        tell(sentence, loss=yours.loss, among=yours.perplexity)


def before_training(reading: Reading, _chosen: Choices) -> None:
    """Untrained, the model must be nearly as good as a blind guess, no better and no worse."""
    for first in history.kept_snapshots()[:1]:
        if first.step or len(reading.ids) < 2:
            return
        n_tokens, which = history.blind_guess(reading)
        tell(
            _(
                "Before training, the loss on your text is {loss:.3f} nats; a blind guess among {which} costs"
                " ln {n:,} = {blind:.3f}."
            ),
            loss=history.loss_at(first, reading).loss,
            which=which,
            n=n_tokens,
            blind=blind_loss(n_tokens),
        )
    caveats.note_untrained(reading)


def loss_is_mean_surprise(reading: Reading, _chosen: Choices) -> None:
    """The check: the loss of training and the surprise of chapter 13 are the same thing."""
    if len(reading.ids) < 2:
        say("one_token")
        return
    model = history.read_at(history.finished(), reading)
    found = model.of(text_loss.text_loss)
    check(
        found.deviation < 1e-5 * max(1.0, found.loss),
        _(
            "{model} on your text: loss {loss:.4f} by the function that trains; the mean surprise, {bits:.4f} bits,"
            " times ln 2 is the same. The deviation is {deviation:tiny}."
        ),
        model=title_of(model.card),
        loss=found.loss,
        bits=found.mean_bits,
        deviation=found.deviation,
    )


def formula(_reading: Reading, _chosen: Choices) -> None:
    """The loss, and the perplexity that says the same in tokens."""
    loss, doubt = _("loss"), _("perplexity")
    chapter.formula(
        rf"\text{{{loss}}} = -\frac{{1}}{{T-1}} \sum_{{t=1}}^{{T-1}} \ln p(x_{{t+1}} \mid x_1, \dots, x_t)"
        rf" \qquad \text{{{doubt}}} = e^{{\,\text{{{loss}}}}}"
    )


STORY = (
    unmet_tokens,
    beside((1, learning_curve), (1, next_token)),
    charts_first,
    without_snapshots,
    snapshot_in_numbers,
    before_training,
    loss_is_mean_surprise,
    formula,
)


def guesses(reading: Reading, _chosen: Choices) -> list[Choice]:
    """Among how many tokens the model hesitates at the end, and other numbers on the way there."""
    if len(reading.ids) < 2:
        return []
    kept = history.kept_snapshots()
    end = history.loss_at(kept[-1] if kept else None, reading).perplexity
    sentence = N_("At the end among {n:,|token|tokens}")
    return guess.numbers(sentence, round(end), round(end * 10), round(end / 5), history.blind_guess(reading)[0])


def answer(reading: Reading, _chosen: Choices) -> None:
    """The answer to the chapter's question: among how many tokens each model is in doubt, on the reader's text."""
    if len(reading.ids) < 2:
        say("one_token")
        return
    kept = history.kept_snapshots()
    n_tokens, which = history.blind_guess(reading)
    doubts = {_("blind guess"): float(n_tokens)}
    doubts |= {history.name_of(snapshot): history.loss_at(snapshot, reading).perplexity for snapshot in kept}
    if not kept:
        doubts[title_of(reading.card)] = history.loss_at(None, reading).perplexity
    measure = Measure(_("perplexity on your text (logarithmic)"), ",.0f", log=True)
    bars = figures.bars(list(doubts.values()), Axis(list(doubts)), measure=measure)
    show.chart("learning_answer", bars, _("Perplexity on your text: a blind guess, and the models."))
    tell(_("The blind guess is one among {which}."), which=which)
    history.tell_rows_kept()


def notebook(_reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the chapter's notebook must know besides the choices."""
    snapshot = history.chosen_snapshot()
    return {"moment": snapshot.step if snapshot else None}


CODE = (text_loss.next_token_loss, loop.train, tiny.pairs, tiny.learn, text_loss.text_loss)


def table(reading: Reading, _chosen: Choices) -> pd.DataFrame:
    """The learning curve in numbers; without it, every pair of the text: all that came before, and what follows."""
    if not history.kept_snapshots():
        shown = [visible(token) for token in reading.tokens]
        return pd.DataFrame(
            {_("position"): i, _("last token of the context"): shown[i], _("to guess"): shown[i + 1]}
            for i in range(len(shown) - 1)
        )
    return pd.DataFrame(
        {
            _("training step"): point.step,
            _("tokens read"): point.tokens,
            _("training loss"): point.training,
            _("held-out loss, English"): point.held_out["en"],
            _("held-out loss, French"): point.held_out["fr"],
            _("perplexity, English"): perplexity(point.held_out["en"]),
            _("perplexity, French"): perplexity(point.held_out["fr"]),
            _("model kept"): _("yes") if point.kept else _("no"),
        }
        for point in history.curve()
    )
