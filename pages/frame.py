"""What every page shares: configuration, language, the reader's choices, the token ribbon, the chapters in order."""

import streamlit as st

from pages.ui import chapter, choices, ribbon, style
from pages.ui.engine import SupersededError
from pages.ui.words import _

ICON = str(chapter.PAGES.parent / "assets" / "icon.png")
SIDEBAR = 300  # pixels: at 1280 the chart should have the room
TEXTLESS = ("start", "glossary")  # chapters that have something to show for an empty text too

st.set_page_config("Glassbox GPT", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR, menu_items={})
with st.sidebar:
    chosen, reading, notices = choices.draw()
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
chapter.begin(files[place], reading, chosen)
if notices:
    st.info(" ".join(notices))

try:
    chapter.head(chapter.title(files[place]), presenting=chosen.present)
    if reading:
        ribbon.draw(reading, token=chosen.token, key=chosen.key, label=_("The text as tokens"))
        current.run()
    elif chapter.current() in TEXTLESS:
        current.run()
    else:
        st.info(_("Type a sentence at the left, or pick an example, and it will go through the model here."))
    before, after = (pages[i] if 0 <= i < len(pages) else None for i in (place - 1, place + 1))
    chapter.foot(before, after, presenting=chosen.present)
except SupersededError:
    st.stop()  # a newer edit of the same reader is on its way
