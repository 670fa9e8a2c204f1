"""Presenter mode: the class's choices in one bar, one step of a chapter on the screen, a clicker's keys to go on."""

from dataclasses import dataclass
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.chapters import CHAPTERS, Chapter
from pages.services.reading import Reading
from pages.services.shared import models
from pages.ui import chapter, choices, class_controls, lesson_plan, moments, session, steps, wall
from pages.ui.choices import Choices
from pages.ui.components import keys
from pages.ui.layout import PERSIST
from pages.ui.model_picker import badge, is_own, title_of
from pages.ui.words import _, literal, plural

LEAVE = "chapter that a clicker asked for"
LAST = "last"  # step of a chapter that is entered from behind


@dataclass(frozen=True)
class Bar:
    """Places in the class bar that are filled when the chapter is drawn."""

    sliders: DeltaGenerator
    share: DeltaGenerator
    steps: DeltaGenerator


def draw_bar(opened: Chapter, chosen: Choices) -> Bar:
    """The sentence, the examples and all other choices in one line, whatever the step."""
    card = models.card(chosen.model)
    with st.container(key="class_bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(chapter.title(opened), anchor=False)
        choices.draw_sentence(chosen.text)
        choices.draw_examples()
        called = title_of(card) if card.step is None else moments.briefly(card)
        with st.popover(f"{literal(called)} · {chosen.layer} · {chosen.head}"):
            sliders = choices.draw_others()
            draw_plans()
            share = st.container()
            class_controls.draw(opened)
        class_controls.draw_in_bar(opened)
        place = st.container(width="content")
        st.button("✕", help=_("Leave presenter mode"), shortcut="Escape", on_click=session.set, args=("present", False))
    if card.random or card.unverified or is_own(card):  # this is not to be hidden in a menu
        st.caption(literal(badge(card)))
    return Bar(sliders, share, place)


def draw_step(opened: Chapter, reading: Reading | None, chosen: Choices, place: DeltaGenerator) -> None:
    """Draw the step that is shown, and at `place` where in chapter or lesson that is; or go to another chapter."""
    leave_if_asked(opened)
    found = steps.steps_of(opened, reading, chosen)
    at = shown(opened, [step.id for step in found])
    plan = lesson_plan.taught()
    labels = {"on": _("Next step"), "back": _("Step before"), "steps": _("Steps of this chapter")}
    labels["fill"] = _("One chart on the whole screen (F)")
    where = (session.get(lesson_plan.AT, 0), len(plan.entries)) if plan else (at, len(found))
    with place:
        on_way = partial(go, opened, ids=[step.id for step in found])
        keys.draw(at=where[0], n=where[1], labels=labels, wall=wall.written(opened), on_way=on_way)
    pictures = [step for step in found if not step.parts[0].startswith(steps.LOOK)]
    if reading and pictures and found[at] == pictures[0] and not is_whole(opened, reading, chosen):
        chapter.look_for()
    steps.draw(opened, found[at], reading, chosen)


def is_whole(opened: Chapter, reading: Reading | None, chosen: Choices) -> bool:
    """Whether the step that is shown has the sentence in its own picture, and takes all of the screen for it."""
    found = steps.steps_of(opened, reading, chosen)
    return found[shown(opened, [step.id for step in found])].parts == ("follow",)


def open_experiment(opened: Chapter, reading: Reading | None, chosen: Choices) -> str:
    """The id of the experiment that fills the screen, for the address; empty where it is none."""
    found = steps.steps_of(opened, reading, chosen)
    part = found[shown(opened, [step.id for step in found])].parts[0]
    return part.removeprefix(steps.LOOK) if part.startswith(steps.LOOK) else ""


def shown(opened: Chapter, ids: list[str]) -> int:
    """Which of the chapter's steps is shown, the first where none was chosen; remembered by its id."""
    wanted = session.get(steps.key(opened))
    at = len(ids) - 1 if wanted == LAST else ids.index(wanted) if wanted in ids else 0
    session.set(steps.key(opened), ids[at])
    return at


def go(opened: Chapter, way: str, *, ids: list[str]) -> None:
    """When a clicker asks for another step: the lesson's, or the chapter's, or one of the chapter beside it."""
    plan = lesson_plan.taught()
    if plan:
        at = session.get(lesson_plan.AT, 0)
        entry = lesson_plan.turn_to(plan, {"on": at + 1, "back": at - 1, "first": 0}[way])
        session.set(LEAVE, entry.chapter)
        return
    at = shown(opened, ids)
    wanted = {"on": at + 1, "back": at - 1, "first": 0}[way]
    if 0 <= wanted < len(ids):
        session.set(steps.key(opened), ids[wanted])
        return
    there = CHAPTERS.index(opened) + (1 if wanted > 0 else -1)
    if 0 <= there < len(CHAPTERS):
        session.set(steps.key(CHAPTERS[there]), None if wanted > 0 else LAST)
        session.set(LEAVE, CHAPTERS[there].id)


def leave_if_asked(opened: Chapter) -> None:
    """Go where the clicker asked to go; within the chapter all is drawn anew: a lesson may bring another sentence."""
    with session.undivided():
        there = session.get(LEAVE)
        session.set(LEAVE, None)
        if there == opened.id:
            st.rerun()
        elif there:
            st.switch_page(next(row.file for row in CHAPTERS if row.id == there))


def draw_plans() -> None:
    """The lessons to choose from, and what is wrong with a teacher's own."""
    found, wrong = lesson_plan.plans()
    titles = {"": _("none: chapter by chapter"), **{plan.id: lesson_plan.in_language(plan.title) for plan in found}}
    st.selectbox(
        _("Lesson"),
        list(titles),
        format_func=titles.__getitem__,
        key=lesson_plan.PLAN,
        filter_mode=None,
        on_change=begin_lesson,
        persist_state=PERSIST,
    )
    for error in wrong:
        st.warning(literal(lesson_plan.explain(error)))


def begin_lesson() -> None:
    """When a lesson was chosen: its first step."""
    plan = lesson_plan.taught()
    if plan:
        session.set(LEAVE, lesson_plan.turn_to(plan, 0).chapter)


def draw_notes(opened: Chapter) -> None:
    """For the teacher's own screen, never on the wall: what to ask and what comes out, step by step."""
    entries = lesson_plan.notes_of(opened)
    if not entries:
        return
    with st.expander(_("Speaker’s notes"), key=f"notes {opened.id}", on_change="rerun") as expander:
        if expander.open:
            for entry in entries:
                minutes = plural("{n} minute", "{n} minutes", entry.minutes or 0).format(n=entry.minutes)
                name = literal(entry.step.replace("_", " ")) + (f" · {minutes}" if entry.minutes else "")
                st.markdown(f"**{name}**  \n{literal(lesson_plan.in_language(entry.note))}")
