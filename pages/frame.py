"""What every page shares: configuration, language, the reader's choices, the token ribbon, the chapters in order."""

import streamlit as st

from pages.chapters import CHAPTERS, PAGES
from pages.services import turns
from pages.services.reading import Reading
from pages.services.shared import models
from pages.ui import chapter, choices, class_controls, menu, presenting, style, wall, words
from pages.ui.chapter_page import Page, draw_chapter
from pages.ui.choices import Choices
from pages.ui.components import panel, whole_page

ICON = str(PAGES.parent / "assets" / "icon.png")
SIDEBAR = 300  # pixels: at 1280 the chart should have the room


def draw_page() -> None:
    """Everything, from the reader's choices to the foot of the chapter."""
    st.set_page_config("Glassbox GPT", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR, menu_items={})
    wall.take_up()
    chosen, reading, notices = choices.resolve_choices()
    with words.speaking(chosen.lang):
        draw_chosen(chosen, reading, notices)


def draw_chosen(chosen: Choices, reading: Reading | None, notices: list[str]) -> None:
    """What is chosen, with what is to be said of it: the frame, and the chapter in it."""
    style.apply(present=chosen.present)
    whole_page.draw(present=chosen.present)
    pages = menu.pages()
    current = st.navigation(
        menu.sections(pages),
        position="top",
        expanded=True,  # on a phone the chapters are in the sidebar, and "View 8 more" would be said in English
    )
    if current not in pages:
        raise LookupError(f"the page “{current.title}” has no row in pages/chapters.py")
    place = pages.index(current)
    opened = CHAPTERS[place]
    class_controls.go_along(opened, chosen)
    class_controls.adopt_look(opened)
    st.set_page_config(f"{chapter.title(opened)} — Glassbox GPT")
    chapter.set_current(opened, reading, chosen)
    bar = presenting.draw_bar(opened, chosen) if chosen.present else None
    line = None
    if bar:
        sliders, share = bar.sliders, bar.share
    else:
        with st.sidebar:
            sliders, share, together = choices.draw()
            class_controls.draw(opened, together)
        line = class_controls.draw_strip(opened)
        chapter.head(chapter.title(opened))
        choices.draw_text_in_page()
    page = Page(opened, chosen, reading, notices, bar, sliders, share, line, models.edition(chosen.model))
    choices.write_url(chosen, chapter=opened, look=page.open_experiment())
    draw_chapter(page)
    if not bar:
        before, after = (pages[i] if 0 <= i < len(pages) else None for i in (place - 1, place + 1))
        presenting.draw_notes(opened)
        chapter.foot(before, after)
        panel.draw()


with turns.taken():
    draw_page()
