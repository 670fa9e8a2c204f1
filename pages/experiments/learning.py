"""The story model at moments of its training: its losses, what it says next, whom it looks at, what it tells."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from gpt_core import GPT, GPTTrace
from gpt_core.generation.generate import generate
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.text_loss import TextLoss, blind_loss, perplexity, text_loss
from gpt_core.weights.catalogue import CATALOGUE, bundled_file
from gpt_core.weights.packing import tokens_trained
from gpt_core.weights.snapshots import TrainingSnapshot, load_snapshot, snapshots
from pages import figures
from pages.experiments import before_after
from pages.figures import palette, visible
from pages.services.reading import Reading, tokenizer, traced
from pages.services.shared import engine
from pages.ui import chapter, session
from pages.ui.choices import Choices
from pages.ui.components.chart import Click, chart
from pages.ui.layout import PERSIST, columns, decimal_slider, number_box
from pages.ui.words import _, briefly, in_powers, number, tiny

STORY = 40  # tokens
SLIDER = "learning_moment"
LONG = 1e15
STORYTELLER = "storyteller"


def curve() -> tuple[TrainingSnapshot, ...]:
    """All points of the learning curve; none where the story model's history is not here or cannot be read."""
    try:
        return snapshots()
    except (OSError, ValueError, KeyError):
        return ()


def kept_moments() -> list[TrainingSnapshot]:
    """The moments whose models are here; fewer than two tell nothing."""
    kept = [moment for moment in curve() if moment.kept]
    return kept if len(kept) > 1 else []


def model_then(moment: TrainingSnapshot) -> GPT:
    return engine.cached(("moment", str(moment.path)), lambda: load_snapshot(moment))


def read_then(reading: Reading, moment: TrainingSnapshot) -> tuple[Reading, GPTTrace]:
    """The reader's text as the model of a moment reads it, cut to what that model can see at once."""
    model = model_then(moment)
    cut = replace(reading, ids=reading.ids[: model.config.context_length])
    return cut, traced(str(moment.path), model, cut.ids)


def loss_then(reading: Reading, moment: TrainingSnapshot) -> TextLoss:
    cut, trace = read_then(reading, moment)
    model = model_then(moment)
    return engine.cached(("text loss", str(moment.path), cut.ids), lambda: text_loss(model, trace))


def loss_now(reading: Reading) -> TextLoss:
    """The loss of the model that is chosen at the left."""
    trace = reading.trace
    return reading.once("text loss", work=lambda: text_loss(reading.model, trace))


def name_of(moment: TrainingSnapshot) -> str:
    """How a moment is called on charts."""
    return _("after step {step}").format(step=number(moment.step)) if moment.step else _("before training")


def choose_moment(past: list[TrainingSnapshot]) -> TrainingSnapshot:
    """A slider over the moments; it starts in the middle, where much is learnt and much is not."""
    by_step = {moment.step: moment for moment in past}
    chosen = session.get(SLIDER)
    session.set(SLIDER, chosen if chosen in by_step else past[len(past) // 2].step)  # told anew in another language
    names = {step: number(step) for step in by_step} | {past[-1].step: _("finished")}
    step = st.select_slider(
        _("Moment of training, in steps"),
        list(by_step),
        format_func=names.__getitem__,
        key=SLIDER,
        persist_state=PERSIST,
    )
    return by_step[step]


def learning_curve(moment: TrainingSnapshot) -> None:
    """The losses over the whole training; a click on a large dot chooses that moment."""
    points = curve()
    kept = {i: briefly(point.tokens) for i, point in enumerate(points) if point.kept}

    def choose(click: Click) -> None:
        nearest = min((points[i] for i in kept), key=lambda point: abs(point.tokens - float(click.customdata)))
        session.set(SLIDER, nearest.step)

    chart(
        figures.learning_curve(
            {
                _("training"): [np.nan if point.training is None else point.training for point in points],
                _("English"): [point.held_out["en"] for point in points],
                _("French"): [point.held_out["fr"] for point in points],
            },
            tokens=[point.tokens for point in points],
            ticks=kept,
            chosen=points.index(moment),
            x_title=_("tokens read"),
            y_title=_("loss in nats"),
        ),
        key="learning_curve",
        alt=_("The loss falls while the model reads: on training text, and on English and French text it never saw."),
        height=330,
        on_click=choose,
    )


def next_token(reading: Reading, moment: TrainingSnapshot) -> None:
    """What the model of that moment says comes next, beside the finished one."""
    finished = kept_moments()[-1]
    cut, then = read_then(reading, moment)
    _cut, now = read_then(reading, finished)
    both = engine.cached(("then and now", str(moment.path), cut.ids), lambda: next_token_change(now, then))
    is_finished = moment is finished
    st.markdown(f"**{_('What comes after your text?')}**")
    chart(
        figures.bars(
            both.after.numpy(),
            labels=[tokenizer().token(int(id)) for id in both.ids],
            second=None if is_finished else both.before.numpy(),
            names=(name_of(moment), _("finished")),
            value_format=".2~p",
            axis_title=_("probability of the next token"),
            colour=palette.ATTENTION,
        ),
        key="learning_next",
        alt=_("The likeliest next tokens: their probability at the chosen moment and in the finished model."),
        height=378,
    )


def tell_moment(reading: Reading, moment: TrainingSnapshot) -> None:
    """The numbers behind the chosen moment."""
    chapter.tell(
        _(
            "**Storyteller, step {step}**: {tokens} tokens read. On chapters it never saw, the loss is {en} nats in"
            " English and {fr} in French: as much in doubt as among {among_en} and {among_fr} tokens. French is cut"
            " into shorter tokens, each easier to guess; per character, the model is weaker in French."
        ),
        step=number(moment.step),
        tokens=number(moment.tokens),
        en=number(moment.held_out["en"], 2),
        fr=number(moment.held_out["fr"], 2),
        among_en=number(round(perplexity(moment.held_out["en"]))),
        among_fr=number(round(perplexity(moment.held_out["fr"]))),
    )
    if len(reading.ids) > 1:
        yours = loss_then(reading, moment)
        chapter.tell(
            _("On **your text** the loss is {loss} nats: as among {among} tokens."),
            loss=number(yours.loss, 2),
            among=spelt(yours.perplexity),
        )


def spelt(among: float) -> str:
    """A perplexity; random weights may be so wrong that it has dozens of digits, more than decimals can hold."""
    return number(among, 1) if among < LONG else in_powers(among)


def n_kept(path: Path) -> int:
    """How many tokens have a row of their own in a packed model's file."""
    return engine.cached(("tokens trained", str(path)), lambda: len(tokens_trained(path)))


def blind_guess(reading: Reading) -> tuple[int, str]:
    """Among how many tokens a blind guess chooses, and which: a bundled model can guess only those it has met."""
    past = kept_moments()
    path = past[-1].path if past else bundled_file(reading.card)
    n_tokens = n_kept(path) if path else reading.card.config.vocab_size
    which = _("the {n} tokens met in training") if path else _("the {n} tokens of the vocabulary")
    return n_tokens, which.format(n=number(n_tokens))


def tell_kept(past: list[TrainingSnapshot]) -> None:
    """What the files of earlier moments leave out."""
    first, last = past[0].path, past[-1].path
    if first and last and n_kept(first) < n_kept(last):
        chapter.tell(
            _("Earlier moments keep their {n} commonest tokens; all others share one row, that of a rare word."),
            n=number(n_kept(first)),
        )


def tell_start(reading: Reading, first: TrainingSnapshot) -> None:
    """Untrained, the model must be nearly as good as a blind guess, no better and no worse."""
    if first.step or len(reading.ids) < 2:
        return
    n_tokens, which = blind_guess(reading)
    chapter.tell(
        _("Before training, the loss on your text is {loss} nats; a blind guess among {which} costs ln {n} = {blind}."),
        loss=number(loss_then(reading, first).loss, 3),
        which=which,
        n=number(n_tokens),
        blind=number(blind_loss(n_tokens), 3),
    )


def check_loss(reading: Reading) -> None:
    """The loss of training and the surprise of chapter 13 are the same thing."""
    if len(reading.ids) < 2:
        chapter.say("one_token")
        return
    past = kept_moments()
    found = loss_then(reading, past[-1]) if past else loss_now(reading)
    chapter.check(
        found.deviation < 1e-5 * max(1.0, found.loss),
        _(
            "{model} on your text: loss {loss} by the function that trains; the mean surprise, {bits} bits, times ln 2"
            " is the same. The deviation is {deviation}."
        ).format(
            model=_(CATALOGUE[STORYTELLER if past else reading.name].title),
            loss=number(found.loss, 4),
            bits=number(found.mean_bits, 4),
            deviation=tiny(found.deviation),
        ),
    )


def loss_by_token(reading: Reading, moment: TrainingSnapshot | None) -> None:
    """The loss is a mean: here is what it is the mean of."""
    n_tokens, which = blind_guess(reading)
    chapter.say("loss", which=which, n=number(n_tokens), blind=number(blind_loss(n_tokens), 3))
    if len(reading.ids) < 2:
        chapter.say("one_token")
        return
    then = loss_then(reading, moment) if moment else loss_now(reading)
    now = loss_then(reading, kept_moments()[-1]) if moment else None
    cut = reading.tokens[1 : len(then.surprises) + 1]
    chart(
        figures.bars(
            then.surprises.numpy(),
            labels=cut,
            second=now.surprises.numpy() if now else None,
            names=(name_of(moment), _("finished")) if moment else ("", ""),
            horizontal=False,
            value_format=".1f",
            axis_title=_("surprise in nats"),
            label_title=_("token"),
        ),
        key="learning_surprises",
        alt=_("The surprise of each token after the first, in nats; the loss is their mean."),
        height=360,
    )
    hardest = int(then.surprises.argmax())
    mean = (
        _("The mean of the blue bars is the loss, {loss} nats; e to the {loss} is {among}.")
        if now
        else _("Their mean is the loss, {loss} nats; e to the {loss} is {among}.")
    )
    chapter.tell(
        mean + " " + _("Most surprising: {token}, {most} nats."),
        loss=number(then.loss, 3),
        among=spelt(then.perplexity),
        token=cut[hardest],
        most=number(float(then.surprises[hardest]), 2),
    )
    if moment:
        tell_kept(kept_moments())


def attention(reading: Reading, chosen: Choices, moment: TrainingSnapshot) -> None:
    """The chosen head at that moment, beside what has become of it."""
    chapter.say("attention")
    finished = kept_moments()[-1]
    config = model_then(moment).config
    here = replace(chosen, layer=min(chosen.layer, config.n_layers - 1), head=min(chosen.head, config.n_heads - 1))
    before_after.attention(
        (name_of(moment), *read_then(reading, moment)), (_("finished"), *read_then(reading, finished)), here
    )


def stories(reading: Reading, past: list[TrainingSnapshot]) -> None:
    """The reader's text, continued by the model of every moment."""
    chapter.say("stories")
    left, right = columns(2, 1)
    temperature = decimal_slider(_("Temperature"), 0.0, 1.5, 0.8, 0.1, key="learning_temperature", place=left)
    seed = number_box(_("Seed"), 0, 9_999, 123, key="learning_seed", place=right)
    for moment in past:
        ids = _continued(model_then(moment), str(moment.path), reading.ids, temperature, seed)
        told = b"".join(tokenizer().token(id) for id in ids)
        chapter.tell(
            _("**{moment}**, {tokens} tokens read: … {story}"),
            moment=name_of(moment),
            tokens=number(moment.tokens),
            story=visible(told, longest=400).replace("␣", " "),
        )


def _continued(model: GPT, key: str, ids: tuple[int, ...], temperature: float, seed: int) -> list[int]:
    def work() -> list[int]:
        steps = generate(model, ids, max_new_tokens=STORY, temperature=temperature, top_k=40, seed=seed)
        return [step.id for step in steps]

    return engine.cached(("story", key, ids, temperature, seed), work)


def answer(reading: Reading) -> None:
    """Among how many tokens each model is in doubt, on the reader's text."""
    if len(reading.ids) < 2:
        chapter.say("one_token")
        return
    past = kept_moments()
    n_tokens, which = blind_guess(reading)
    losses = {_("blind guess"): float(n_tokens)}
    losses |= {name_of(moment): loss_then(reading, moment).perplexity for moment in past}
    if not past:
        losses[_(CATALOGUE[reading.name].title)] = loss_now(reading).perplexity
    chart(
        figures.bars(
            list(losses.values()),
            labels=list(losses),
            value_format=",.0f",
            axis_title=_("perplexity on your text (logarithmic)"),
            label_axis="plain",
            log=True,
        ),
        key="learning_answer",
        alt=_("Perplexity on your text: a blind guess, and the models."),
    )
    chapter.tell(_("The blind guess is one among {which}."), which=which)
    if past:
        tell_kept(past)


def table() -> pd.DataFrame:
    """The learning curve in numbers."""
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
        for point in curve()
    )
