"""*Take it along*: what a chapter shows, as files that a reader keeps."""

from functools import partial

import streamlit as st

from pages.chapters import Chapter
from pages.services.reading import Reading
from pages.ui import choices, notebook
from pages.ui.choices import Choices
from pages.ui.shown import Taken
from pages.ui.words import _


def offer(chapter: Chapter, reading: Reading | None, chosen: Choices, taken: Taken) -> None:
    """The files behind a heading that is opened; each is made only when the reader asks for it."""
    with st.expander(_("Take it along"), icon="🎒", key=f"take {chapter.id}", on_change="rerun") as expander:
        if not expander.open:
            return
        st.markdown(_("The code that makes this page’s numbers, to run and to change; it stops where one is another."))
        # The browser asks for the file after the run, where nobody knows the reader's language any more.
        made = notebook.cells(chapter, reading, chosen, taken, choices.link_to(chosen, chapter))
        st.download_button(
            _("Notebook (.ipynb)"),
            data=partial(notebook.written, made),
            file_name=f"{chapter.id}.ipynb",
            mime="application/x-ipynb+json",
            on_click="ignore",
            key=f"notebook {chapter.id}",
        )
