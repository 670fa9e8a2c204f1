"""The menu: a page for each row of the table of chapters, in its section."""

from collections.abc import Sequence

import streamlit as st

from pages import chapters
from pages.ui import chapter
from pages.ui.words import _


def pages() -> list[st.Page]:
    """A page for each chapter; where its file is missing, opening it is an error of that chapter alone."""
    found = []
    for row in chapters.CHAPTERS:
        file = row.file if (chapters.PAGES / row.file).exists() else lambda: None
        found.append(st.Page(file, title=chapter.title(row), url_path=row.id, default=row is chapters.CHAPTERS[0]))
    return found


def sections(pages: Sequence[st.Page]) -> dict[str, list[st.Page]]:
    """The same under the names of their sections, and at the end what has no row in the table."""
    found: dict[str, list[st.Page]] = {}
    for row, page in zip(chapters.CHAPTERS, pages, strict=True):
        found.setdefault(_(row.section), []).append(page)
    found[_(chapters.CHAPTERS[-1].section)] += [st.Page(file) for file in chapters.beyond_the_table()]
    return found
