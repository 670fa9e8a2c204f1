"""A tiny GPT learns the reader's text while the class watches: start, stop, loss and samples as they come."""

import streamlit as st

from gpt_core.measure.text_loss import blind_loss, perplexity
from gpt_core.training.tiny import SHORTEST, Progress
from pages import figures
from pages.figures import palette, visible
from pages.services import training_queue
from pages.services.reading import Reading, tokenizer
from pages.services.shared import trainings
from pages.ui import chapter, session
from pages.ui.components.chart import chart
from pages.ui.layout import columns
from pages.ui.words import _, number, plural

REFRESHED = 0.7  # seconds
LONGEST_SAMPLE = 200  # characters shown
# Nats between the first loss and a blind guess. Untrained logits spread by 0.02 · √64 = 0.16, so the mean loss does by
# no more: this is three times as much. A loss twice as large as it should be is off by ln n, at least ln 2 = 0.69.
CLOSE = 0.5


def live_training(reading: Reading) -> None:
    """Everything about the live training; what changes while it runs is redrawn on its own."""
    chapter.say("live", steps=number(trainings.steps), seconds=number(trainings.most_seconds))
    if len(reading.ids) < SHORTEST:
        chapter.tell(_("This text is too short to learn: at least {n} tokens are needed."), n=SHORTEST)
        return
    reader = session.session_id()
    job = trainings.job_of(reader)
    running = job is not None and not job.over
    begin, end, _rest = columns(2, 1, 2)
    begin.button(
        _("Learn this text"),
        key="learning_start",
        type="primary",
        width="stretch",
        on_click=_start,
        args=(reader, reading.ids),
    )
    end.button(_("Stop"), key="learning_stop", width="stretch", disabled=not running, on_click=_stop, args=(reader,))
    if job:
        st.fragment(_watch, run_every=REFRESHED if running else None)(reader, reading.ids, running)


def _start(session: str, ids: tuple[int, ...]) -> None:
    trainings.start(session, ids)


def _stop(session: str) -> None:
    job = trainings.job_of(session)
    if job:
        job.stop.set()


def _watch(session: str, ids: tuple[int, ...], was_running: bool) -> None:
    job = trainings.job_of(session)
    if job is None:
        return
    over, progress = job.over, list(job.progress)
    st.markdown(_state(job, progress, over=over))
    if job.ids != ids:
        st.caption(_("This is about the text that you had when you started it."))
    if progress:
        _draw(job, progress)
    if over and was_running:
        st.rerun()  # the whole page: the clock stops and the buttons change


def _state(job: training_queue.Job, progress: list[Progress], *, over: bool) -> str:
    """How it stands, in a sentence. `over` is from before `progress` was copied: it may have gone on since."""
    before = trainings.waiting_before(job)
    if job.refused:
        return _("Too many trainings are waiting already. Try again in a minute.")
    if job.failed:
        return _("The training has failed; the reason is in the server’s log.")
    if before and not over:
        return plural(
            "Waiting: {n} training comes before yours. It begins by itself.",
            "Waiting: {n} trainings come before yours. It begins by itself.",
            before,
        ).format(n=number(before))
    if not progress:
        return _("Stopped before it began.") if over else _("It begins …")
    last = progress[-1]
    if not over:
        how = _("Learning: step {step} of {steps}, loss {loss} nats.")
    elif job.timed_out:
        how = _("Stopped at step {step} of {steps}, for its time is over; loss {loss} nats.")
    elif last.step < last.steps:
        how = _("Stopped at step {step} of {steps}; loss {loss} nats.")
    else:
        how = _("Finished: {step} of {steps} steps, loss {loss} nats.")
    return how.format(step=number(last.step), steps=number(last.steps), loss=number(last.loss, 3))


def _draw(job: training_queue.Job, progress: list[Progress]) -> None:
    n_different = len(set(job.ids))
    blind, first, last = blind_loss(n_different), progress[0].loss, progress[-1].loss
    curve, samples = columns(1, 1)
    with curve:
        chart(
            figures.lines(
                {_("loss"): [step.loss for step in progress], _("blind guess"): [blind] * len(progress)},
                x=[step.step for step in progress],
                x_title=_("training step"),
                y_title=_("loss in nats"),
                colours={_("loss"): palette.ATTENTION, _("blind guess"): palette.NEUTRAL},
                markers=len(progress) < 3,
            ),
            key="learning_live",
            alt=_("The loss of the tiny GPT, step by step, and that of a blind guess."),
            height=320,
        )
    with samples:
        st.markdown(_("**What it writes**, given the first token:"))
        with st.container(height=280, border=False):
            for step in reversed(job.samples):
                chapter.tell(
                    _("**Step {step}**, loss {loss}: {text}"),
                    step=number(step.step),
                    loss=number(step.loss, 3),
                    text=continued(step.sample or ()),
                )
    st.markdown(
        _("Perplexity now: {now}. At 1 it would know the text by heart and never hesitate.").format(
            now=number(perplexity(last), 2)
        )
    )
    chapter.check(
        abs(first - blind) < CLOSE,
        _(
            "The first loss, {first}, is near a blind guess among the {n} different tokens of this text: "
            "ln {n} = {blind}."
        ).format(first=number(first, 3), n=number(n_different), blind=number(blind, 3)),
    )


def continued(ids: tuple[int, ...]) -> str:
    """Ids as one readable line, safe to show: spaces as spaces, line ends and all that is hidden as marks."""
    told = b"".join(tokenizer().token(id) for id in ids)
    return visible(told, longest=LONGEST_SAMPLE).replace("␣", " ")
