"""Presenter mode: the class's choices in one bar, one step of a chapter on the screen, a clicker's keys to go on."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gpt_core.weights.catalogue import CATALOGUE
from pages.chapters import CHAPTERS, Chapter
from pages.services.reading import Reading
from pages.ui import chapter, choices, session, steps
from pages.ui.choices import Choices
from pages.ui.components import keys
from pages.ui.model_picker import badge
from pages.ui.words import _, literal

LEAVE = "way out of the chapter: 1 on, -1 back"
LAST = 99  # step of a chapter that is entered from behind


@dataclass(frozen=True)
class Bar:
    """Places in the class bar that are filled when the chapter is drawn."""

    sliders: DeltaGenerator
    address: DeltaGenerator
    steps: DeltaGenerator


def draw_bar(title: str, chosen: Choices) -> Bar:
    """The sentence, the examples and all other choices in one line, whatever the step."""
    with st.container(key="class_bar", horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False)
        choices.draw_sentence(chosen.text)
        with st.popover(_("Examples")):
            choices.draw_examples()
        with st.popover(f"{_(CATALOGUE[chosen.model].title)} · {chosen.layer} · {chosen.head}"):
            sliders, address = choices.draw_others()
        place = st.container(width="content")
        st.button("✕", help=_("Leave presenter mode"), shortcut="Escape", on_click=session.set, args=("present", False))
    if CATALOGUE[chosen.model].random:  # what may be expected of its numbers is not to be hidden in a menu
        st.caption(literal(badge(CATALOGUE[chosen.model])))
    return Bar(sliders, address, place)


def step_key(chapter: Chapter) -> str:
    """Under which the session keeps the step that is shown of a chapter."""
    return f"step {chapter.id}"


def draw_step(opened: Chapter, reading: Reading | None, chosen: Choices, place: DeltaGenerator) -> None:
    """Draw the step that is shown, and at `place` where in the chapter that is; or go to the next chapter."""
    leave_if_asked(opened)
    found = steps.steps_of(opened, reading, chosen)
    at = min(session.get(step_key(opened), 0), len(found) - 1)
    session.set(step_key(opened), at)
    labels = {"on": _("Next step"), "back": _("Step before"), "steps": _("Steps of this chapter")}
    with place:
        keys.draw(at=at, n=len(found), labels=labels, on_way=lambda way: go(opened, way, len(found)))
    pictures = [step for step in found if not step.parts[0].startswith(steps.LOOK)]
    if reading and pictures and found[at] == pictures[0]:
        chapter.look_for()
    steps.draw(opened, found[at], reading, chosen)


def go(opened: Chapter, way: str, n: int) -> None:
    """When a clicker asks for another step: the next one, which may be the next chapter's first."""
    at = session.get(step_key(opened), 0)
    wanted = {"on": at + 1, "back": at - 1, "first": 0}[way]
    if 0 <= wanted < n:
        session.set(step_key(opened), wanted)
    else:
        session.set(LEAVE, 1 if wanted > 0 else -1)


def leave_if_asked(opened: Chapter) -> None:
    """Go to the chapter after or before this one; at either end of the table nothing happens."""
    way = session.get(LEAVE)
    session.set(LEAVE, None)
    at = CHAPTERS.index(opened) + (way or 0)
    if way and 0 <= at < len(CHAPTERS):
        session.set(step_key(CHAPTERS[at]), 0 if way > 0 else LAST)
        st.switch_page(CHAPTERS[at].file)
