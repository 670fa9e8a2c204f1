"""What every page shares: configuration, language, the reader's choices, the token ribbon, the chapters in order."""

import streamlit as st

from pages.chapters import CHAPTERS, PAGES
from pages.services import metrics
from pages.services.engine import SupersededError
from pages.ui import caveats, chapter, choices, class_controls, link, menu, presenting, session, sharing, story, style
from pages.ui.components import panel, ribbon, whole_page
from pages.ui.take_along import draw_with_files
from pages.ui.words import _

ICON = str(PAGES.parent / "assets" / "icon.png")
SIDEBAR = 300  # pixels: at 1280 the chart should have the room

st.set_page_config("Glassbox GPT", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR, menu_items={})
chosen, reading, notices, misfits = choices.resolve_choices()
style.apply(present=chosen.present)
whole_page.draw()

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
if not story.adopt_link(opened):
    misfits = [*misfits, choices.misfit("look")]
st.set_page_config(f"{chapter.title(opened)} — Glassbox GPT")
chapter.set_current(opened, reading, chosen)
bar = presenting.draw_bar(opened, chosen) if chosen.present else None
if bar:
    sliders, share = bar.sliders, bar.share
else:
    with st.sidebar:
        sliders, share, together = choices.draw()
        class_controls.draw(opened, together)
    class_controls.draw_strip(opened)
    chapter.head(chapter.title(opened))
    choices.draw_text_in_page()


def open_experiment() -> str:
    """What the address says of *Look closer*."""
    return presenting.open_experiment(opened, reading, chosen) if bar else story.open_experiment(opened)


@metrics.run(opened.id)
def draw_chapter() -> None:
    """All that follows the sliders. When one is moved, this runs without the rest: the wait is a third shorter."""
    now, _outside = choices.clamp_to_model(chosen.text, chosen.model, reading)
    chapter.set_current(opened, reading, now)
    place_for_notices, told = st.container(), notices if session.is_fragment_rerun() else [*notices, *misfits]
    link.begin()
    if reading and (warned := caveats.unmet(reading)):
        st.warning(" ".join(warned), icon="⚠️")
    try:
        if reading:
            label = _("The text as tokens")
            ribbon.draw(reading, chapter=opened.id, token=now.token, key=now.key, label=label)
        if reading is None and opened.text == "needed":
            st.info(_("Type a sentence, or pick an example, and it will go through the model here."))
        elif bar:
            presenting.draw_step(opened, reading, now, bar.steps)
        elif not class_controls.draw_step(opened, reading, now):
            draw_with_files(opened, reading, now)
        told = [*told, *map(choices.misfit, link.complete(opened.id, whole=not (bar or class_controls.step(opened))))]
    except SupersededError:
        st.stop()  # a newer edit of the same reader is on its way
    finally:
        if told:
            place_for_notices.info(" ".join(told))
        with sliders:
            choices.draw_sliders(chosen.model, reading)
        address, left_out = choices.write_url(now, chapter=opened, look=open_experiment())
        with share:
            sharing.draw(address, left_out)
    class_controls.lead(opened, place_for_notices, present=now.present)


choices.write_url(chosen, chapter=opened, look=open_experiment())
st.fragment(draw_chapter)()
if not bar:
    before, after = (pages[i] if 0 <= i < len(pages) else None for i in (place - 1, place + 1))
    presenting.draw_notes(opened)
    chapter.foot(before, after)
    panel.draw()
