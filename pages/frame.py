"""What every page shares: configuration, language, the reader's choices, the token ribbon, the chapters in order."""

import streamlit as st

from pages.services.engine import SupersededError
from pages.ui import chapter, choices, session, style
from pages.ui.components import ribbon
from pages.ui.words import _

ICON = str(chapter.PAGES.parent / "assets" / "icon.png")
SIDEBAR = 300  # pixels: at 1280 the chart should have the room
TEXTLESS = ("start", "glossary")  # chapters that have something to show for an empty text too

st.set_page_config("Glassbox GPT", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR, menu_items={})
chosen, reading, notices, misfits = choices.resolve_choices()
choices.write_url(chosen)
with st.sidebar:
    sliders, below = choices.draw()
style.apply(present=chosen.present)

sections = {
    _("Start"): range(1),
    _("From text to vectors"): range(1, 4),
    _("Attention"): range(4, 8),
    _("The block"): range(8, 12),
    _("The whole model"): range(12, 18),
}
files = chapter.files()
pages = [
    st.Page(f"{file}.py", title=chapter.title(file), url_path=chapter.name_of(file), default=file == files[0])
    for file in files
]
current = st.navigation(
    {
        section: [page for file, page in zip(files, pages, strict=True) if int(file[:2]) in numbers]
        for section, numbers in sections.items()
    },
    position="top",
    expanded=True,  # on a phone the chapters are in the sidebar, and "View 8 more" would be said in English
)
place = pages.index(current)
chapter.set_current(files[place], reading, chosen)
chapter.head(chapter.title(files[place]), presenting=chosen.present)


def walk() -> None:
    """All that follows the sliders. When one is moved, this runs without the rest: the wait is a third shorter."""
    now, _outside = choices.clamp_to_model(chosen.text, chosen.model, reading)
    chapter.set_current(files[place], reading, now)
    if told := notices if session.is_fragment_rerun() else [*notices, *misfits]:
        st.info(" ".join(told))
    try:
        if reading:
            label = _("The text as tokens")
            ribbon.draw(reading, chapter=chapter.current(), token=now.token, key=now.key, label=label)
        if reading or chapter.current() in TEXTLESS:
            chapter.run(files[place])
        else:
            st.info(_("Type a sentence at the left, or pick an example, and it will go through the model here."))
    except SupersededError:
        st.stop()  # a newer edit of the same reader is on its way
    finally:
        with sliders:
            choices.draw_sliders(chosen.model, reading)
        below.caption(choices.write_url(now))


st.fragment(walk)()
before, after = (pages[i] if 0 <= i < len(pages) else None for i in (place - 1, place + 1))
chapter.foot(before, after, presenting=chosen.present)
