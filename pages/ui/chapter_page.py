"""The part of a page that a slider, or a class that goes on, draws again: all that follows the sliders."""

from collections.abc import Hashable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.chapters import Chapter
from pages.services import metrics, turns
from pages.services.engine import SupersededError
from pages.services.reading import Reading
from pages.services.shared import models
from pages.ui import (
    caveats,
    chapter,
    choices,
    class_controls,
    link,
    moments,
    presenting,
    session,
    sharing,
    steps,
    story,
    words,
)
from pages.ui.choices import Choices
from pages.ui.components import ribbon
from pages.ui.presenting import Bar
from pages.ui.take_along import draw_with_files
from pages.ui.words import _


@dataclass(frozen=True)
class Page:
    """What is drawn in one run of the whole page, and where a chapter drawn again finds its places in it."""

    opened: Chapter
    chosen: Choices
    reading: Reading | None
    notices: list[str]  # on what is chosen, also while the chapter alone is drawn again
    bar: Bar | None  # in presenter mode
    sliders: DeltaGenerator
    share: DeltaGenerator
    line: DeltaGenerator | None  # of a member of a class
    edition: Hashable  # of the files of its model

    def is_outdated(self) -> bool:
        """Whether the model's files are other ones now, or gone: then the whole page must be drawn again."""
        name = self.chosen.model
        models.refresh()
        return not models.can_be_chosen(models.parted(name)[0]) or models.edition(name) != self.edition

    def open_experiment(self) -> str:
        """What the address says of *Look closer*."""
        if self.bar:
            return presenting.open_experiment(self.opened, self.reading, self.chosen)
        if seen := class_controls.step(self.opened):
            return next(iter(steps.experiments_in(self.opened.id, seen)), "")
        return story.open_experiment(self.opened)


@st.fragment
def draw_chapter(page: Page) -> None:
    """All that follows the sliders. When one is moved, this runs without the rest: the wait is a third shorter.

    So it does where a class goes on within the chapter.
    """
    with turns.taken(), metrics.run(page.opened.id), words.speaking(page.chosen.lang):
        if session.is_fragment_rerun():
            if page.is_outdated():
                st.rerun()
            class_controls.go_on(page.opened, page.reading)
        draw_what_is_chosen(page)


def draw_what_is_chosen(page: Page) -> None:
    """The chapter's pictures, and what else is to be said about the choices and where they came from."""
    opened, reading, bar = page.opened, page.reading, page.bar
    now, _outside = choices.clamp_to_model(page.chosen.text, page.chosen.model, reading)
    chapter.set_current(opened, reading, now)
    place_for_notices = st.container()
    link.begin(opened.id)
    if not bar:  # on the wall its name is in the bar, and the rest in the menu behind that
        moments.tell(models.card(page.chosen.model))
    if reading and (warned := caveats.unmet(reading)):
        st.warning(" ".join(warned), icon="⚠️")
    superseded = False
    try:
        draw_story(page, now)
        link.complete(opened.id, whole=not (bar or class_controls.step(opened)))
    except SupersededError:
        superseded = True
    except Exception:
        draw_choices(page, now, place_for_notices)
        raise
    draw_choices(page, now, place_for_notices)
    if superseded:
        st.stop()  # a newer edit of the same reader is on its way
    session.all_told()
    class_controls.lead(opened, place_for_notices, present=now.present)


def draw_story(page: Page, now: Choices) -> None:
    """The text as tokens, and the chapter or that step of it which is seen."""
    opened, reading = page.opened, page.reading
    if reading and not (page.bar and presenting.is_whole(opened, reading, now)):
        label = _("The text as tokens")
        ribbon.draw(reading, chapter=opened.id, token=now.token, key=now.key, label=label)
    if reading is None and opened.text == "needed":
        st.info(_("Type a sentence, or pick an example, and it will go through the model here."))
    elif page.bar:
        presenting.draw_step(opened, reading, now, page.bar.steps)
    elif not class_controls.draw_step(opened, reading, now):
        draw_with_files(opened, reading, now)


def draw_choices(page: Page, now: Choices, place_for_notices: DeltaGenerator) -> None:
    """What follows from the story for all around it: what is said of the choices, their sliders, their address."""
    if told := dict.fromkeys([*page.notices, *session.untold()]):
        place_for_notices.info(" ".join(told))
    with page.sliders:
        choices.draw_sliders(page.chosen.model, page.reading)
    address, left_out = choices.write_url(now, chapter=page.opened, look=page.open_experiment())
    with page.share:
        sharing.draw(address, left_out)
    if page.line:
        with page.line:
            class_controls.draw_line(page.opened)
