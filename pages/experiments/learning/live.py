"""A tiny GPT learns the reader's text while the class watches: start, stop, loss and samples as they come."""

import streamlit as st

from gpt_core.measure.text_loss import blind_loss, perplexity
from gpt_core.training.keep import KeptModel
from gpt_core.training.tiny import ENOUGH, SHORTEST, Progress, n_trained
from pages import figures, show
from pages.figures import Measure, NumberAxis, palette
from pages.services.shared import models, trainings
from pages.services.training_queue import Job
from pages.ui import history, session, tables
from pages.ui.chapter import Choices, Reading, check, note, say, tell, write
from pages.ui.layout import columns
from pages.ui.model_picker import TRAINED
from pages.ui.words import N_, _, filled, plural

TITLE = N_("Learn this text live")

REFRESHED = 0.7  # seconds
LONGEST_SAMPLE = 200  # characters shown
# Nats between the first loss and a blind guess. Untrained logits spread by 0.02 · √64 = 0.16, so the mean loss does by
# no more: this is three times as much. A loss twice as large as it should be is off by ln n, at least ln 2 = 0.69.
CLOSE = 0.5


def draw(reading: Reading, _chosen: Choices) -> None:
    """The buttons, and how the training stands; what changes while it runs is redrawn on its own."""
    say("live", steps=trainings.steps, seconds=trainings.most_seconds)
    if len(reading.ids) < SHORTEST:
        tell(_("This text is too short to learn: at least {n} tokens are needed."), n=SHORTEST)
        return
    reader = session.session_id()
    job = trainings.job_of(reader)
    running = job is not None and not job.over
    begin, end, _rest = columns(2, 1, 2)
    stop = job.stop.set if job else None

    def start() -> None:
        trainings.start(reader, reading.ids)

    begin.button(_("Learn this text"), key="learning_start", type="primary", width="stretch", on_click=start)
    end.button(_("Stop"), key="learning_stop", width="stretch", disabled=not running, on_click=stop)
    if job:
        # For nobody it is drawn as it stands: there is no run in which a part could be drawn again.
        watch = _watch if session.is_aside() else st.fragment(_watch, run_every=REFRESHED if running else None)
        watch(reader, reading.ids, running)


def _watch(session: str, ids: tuple[int, ...], was_running: bool) -> None:
    job = trainings.job_of(session)
    if job is None:
        return
    over, progress = job.over, list(job.progress)
    write(_state(job, progress, over=over))
    if job.ids != ids:
        note(_("This is about the text that you had when you started it."))
    if progress:
        with tables.noted() as drawn:
            _draw(job, progress)
        tables.offer(drawn, "learning/live loss", _("The data of this picture as a table"))
    if over and job.kept:
        _hand_over(job, job.kept)
    if over and was_running:
        st.rerun()  # the whole page: the clock stops and the buttons change


def _state(job: Job, progress: list[Progress], *, over: bool) -> str:
    """How it stands, in a sentence. `over` is from before `progress` was copied: it may have gone on since."""
    before = trainings.waiting_before(job)
    if job.refused:
        return _("Too many trainings are waiting already. Try again in a minute.")
    if job.failed:
        return _("The training has failed; the reason is in the server’s log.")
    if before and not over:
        waiting = plural(
            "Waiting: {n} training comes before yours. It begins by itself.",
            "Waiting: {n} trainings come before yours. It begins by itself.",
            before,
        )
        return filled(waiting, n=before)
    if not progress:
        return _("Stopped before it began.") if over else _("It begins …")
    last = progress[-1]
    if not over:
        how = _("Learning: step {step:,} of {steps:,}, loss {loss:.3f} nats.")
    elif job.timed_out:
        how = _("Stopped at step {step:,} of {steps:,}, for its time is over; loss {loss:.3f} nats.")
    elif last.step < last.steps:
        how = _("Stopped at step {step:,} of {steps:,}; loss {loss:.3f} nats.")
    else:
        how = _("Finished: {step:,} of {steps:,} steps, loss {loss:.3f} nats.")
    return filled(how, step=last.step, steps=last.steps, loss=last.loss)


def _draw(job: Job, progress: list[Progress]) -> None:
    """The loss so far and what the model writes; at the start it must be as good as a blind guess."""
    n_different = len(set(job.ids))
    blind, first, last = blind_loss(n_different), progress[0].loss, progress[-1].loss
    curve, samples = columns(1, 1)
    series = {_("loss"): [step.loss for step in progress], _("blind guess"): [blind] * len(progress)}
    held_back = progress[-1].held_out
    if held_back is not None:
        series[_("on the part held back")] = [step.held_out or 0.0 for step in progress]
    losses = figures.lines(
        series,
        NumberAxis([step.step for step in progress], _("training step")),
        measure=Measure(_("loss in nats")),
        colours={
            _("loss"): palette.ATTENTION,
            _("blind guess"): palette.NEUTRAL,
            _("on the part held back"): palette.VALUE,
        },
        markers=len(progress) < 3,
    )
    with curve:
        alt = _("The loss of the tiny GPT, step by step: where it learns, on what is held back, and of a blind guess.")
        show.chart("learning_live", losses, alt, height=320)
    with samples:
        write(_("**What it writes**, given the first token:"))
        with st.container(height=280, border=False):
            for step in reversed(job.samples):
                text = history.one_line(step.sample or (), longest=LONGEST_SAMPLE)
                tell(_("**Step {step:,}**, loss {loss:.3f}: {text}"), step=step.step, loss=step.loss, text=text)
    sentence = _("Perplexity now: {now:.2f}. At 1 it would know the text by heart and never hesitate.")
    tell(sentence, now=perplexity(last))
    _tell_held_back(job, held_back)
    sentence = _(
        "The first loss, {first:.3f}, is near a blind guess among {n:,|different token|different tokens} of this text: "
        "ln {n:,} = {blind:.3f}."
    )
    check(abs(first - blind) < CLOSE, sentence, first=first, n=n_different, blind=blind)


def _tell_held_back(job: Job, loss: float | None) -> None:
    """What the loss on the end of the text says, which was never trained on; or why there is none."""
    n = len(job.ids) - n_trained(len(job.ids))
    if loss is None or not n:
        note(_("Nothing of this text is held back: that takes a text of {n} tokens or more."), n=ENOUGH)
        return
    blind = blind_loss(len(set(job.ids)))
    if loss > blind:
        sentence = _(
            "On the last {n:,} tokens, held back, the loss is {loss:.3f} nats: worse than a blind guess, "
            "{blind:.3f}. What it learnt by heart is of no use there."
        )
    else:
        sentence = _(
            "On the last {n:,} tokens, held back, the loss is {loss:.3f} nats; a blind guess costs {blind:.3f}."
        )
    tell(sentence, n=n, loss=loss, blind=blind)


def _hand_over(job: Job, kept: KeptModel) -> None:
    """The model, for all chapters and to take home."""
    open_it, take_it, _rest = columns(2, 2, 1)

    def show_everywhere() -> None:
        if not models.is_trained(job.name):
            job.name = models.add_trained(kept)
        session.set(TRAINED, job.name)
        session.set_and_rerun(model=job.name)

    label = _("Open it on all chapters")
    open_it.button(label, key="learning_open", width="stretch", icon=":material/open_in_new:", on_click=show_everywhere)
    take_it.download_button(
        _("Save it (safetensors)"),
        kept.zipped("just-trained"),
        "just-trained.zip",
        "application/zip",
        key="learning_save",
        width="stretch",
        icon=":material/download:",
        on_click="ignore",
    )
    note(
        _(
            "Only you see it in the list of models; a link from there shows it to others, as long as this server keeps "
            "it. The folder in the saved file opens again from assets/models. Numbers are kept in half precision."
        )
    )
