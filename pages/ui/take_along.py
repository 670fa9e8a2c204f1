"""*Take it along*: what chapters show, as files that a reader keeps: a notebook, a hand-out, a worksheet.

The browser asks for a file after the run, where nobody knows the reader's choices any more: all that is needed is put
into an `Asked` while the fold is drawn, and the file is made of it then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import streamlit as st

from pages.chapters import CHAPTERS, Chapter
from pages.services.reading import Reading, read
from pages.ui import choices, handout, lesson_plan, notebook, session, steps, story
from pages.ui.choices import Choices
from pages.ui.layout import PERSIST
from pages.ui.lesson_plan import Plan
from pages.ui.shown import Taken
from pages.ui.words import _

HERE, ALL = "", "all chapters"
WHAT, SENTENCES = "take what", "take sentences"
MOST_SENTENCES, LONGEST_SENTENCE = 30, 200
OF_ONE_TEXT = {"generation_path", "generation_branches"}  # in links


@dataclass(frozen=True)
class Asked:
    """Which chapters of which text, with what this reader's session held, and how to look at them."""

    rows: tuple[Chapter, ...]
    reading: Reading
    chosen: Choices
    links: Mapping[str, str]
    kept: Mapping[str, Any]
    looked_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by chapter: ids of its experiments

    def pages(self, text: str = "") -> list[handout.Page]:
        """What the chapters show of the reader's text, with the experiments; or their stories of another text."""
        reading, chosen, links = self.reading, self.chosen, self.links
        looked_at = {} if text else self.looked_at
        if text:
            reading = read(reading.name, text, special=reading.special)
            last = len(reading.ids) - 1
            chosen = replace(chosen, text=text, token=last, key=min(chosen.key, last))
            links = {id: link_with(link, chosen) for id, link in links.items()}
        pages = []
        for row in self.rows:
            taken = story.taken(row, reading, chosen, looked_at.get(row.id, ()))
            items = [*taken.items, *taken.looked]
            pages.append(handout.Page(row, reading, items, links[row.id], story.sum_of(row, reading, chosen)))
        return pages


def link_with(link: str, chosen: Choices) -> str:
    """The link of a page with another text; a continuation of the old one is left out."""
    parts = urlsplit(link)
    said = {name: value for name, value in parse_qsl(parts.query) if name not in OF_ONE_TEXT}
    said |= {"text": chosen.text, "token": str(chosen.token), "key": str(chosen.key)}
    return urlunsplit(parts._replace(query=urlencode(said)))


def draw_with_files(chapter: Chapter, reading: Reading | None, chosen: Choices) -> None:
    """For the frame: the whole chapter, and at its foot what can be taken along of it."""
    taken = story.draw(chapter, reading, chosen)
    if taken is not None:
        offer(chapter, reading, chosen, taken)


def offer(chapter: Chapter, reading: Reading | None, chosen: Choices, taken: Taken) -> None:
    """The files behind a heading that is opened; each is made only when the reader asks for it."""
    with st.expander(_("Take it along"), icon="🎒", key=f"take {chapter.id}", on_change="rerun") as expander:
        if not expander.open:
            return
        st.markdown(_("The code that makes this page’s numbers, to run and to change; it stops where one is another."))
        made = notebook.cells(
            chapter, reading, chosen, taken, choices.link_to(chosen, chapter, story.open_experiment(chapter))
        )
        _button(
            _("Notebook (.ipynb)"), f"{chapter.id}.ipynb", "application/x-ipynb+json", partial(notebook.written, made)
        )
        if reading:
            _offer_paper(chapter, reading, chosen)


def _offer_paper(chapter: Chapter, reading: Reading, chosen: Choices) -> None:
    """Hand-out and worksheet of this chapter, of a lesson's chapters or of all."""
    st.markdown(_("One page to print or to open without a network: pictures, sums, the check, and the link as a code."))
    plans = {plan.id: plan for plan in lesson_plan.plans()[0]}
    names = {HERE: _("this chapter"), **{id: lesson_plan.in_language(plan.title) for id, plan in plans.items()}}
    names[ALL] = _("all chapters")
    if session.get(WHAT) not in names:
        session.set(WHAT, HERE)
    what = st.selectbox(
        _("Which chapters"),
        list(names),
        format_func=names.__getitem__,
        key=WHAT,
        filter_mode=None,
        persist_state=PERSIST,
    )
    wanted = {entry.chapter for entry in plans[what].entries} if what in plans else {chapter.id}
    rows = tuple(row for row in CHAPTERS if row.text != "unused" and (what == ALL or row.id in wanted))
    looked_at = {row.id: looked_at_in(row, plans.get(what)) for row in rows}
    links = {row.id: choices.link_to(chosen, row, look_of(row, looked_at[row.id])) for row in rows}
    # of no session: what is made of it and the page do not supersede each other
    kept = session.everything() | {session.WHOSE: session.session_id()}
    asked = Asked(rows, replace(reading, session=""), chosen, links, kept, looked_at)
    _button(_("Hand-out (.html)"), f"handout_{what or chapter.id}.html", "text/html", partial(make_handout, asked))
    hint = _("a sentence on each line: each student has their own; empty: this text")
    typed = st.text_area(_("Sentences of the worksheet"), key=SENTENCES, placeholder=hint, persist_state=PERSIST)
    own = sentences(typed)
    if len(own) < len([line for line in typed.splitlines() if line.strip()]):
        st.caption(_("More than {n} are left out.").format(n=MOST_SENTENCES))
    _button(
        _("Worksheet (.html)"), f"worksheet_{what or chapter.id}.html", "text/html", partial(make_worksheet, asked, own)
    )


def looked_at_in(row: Chapter, plan: Plan | None) -> tuple[str, ...]:
    """The experiments that go along with a chapter: those that are steps of the lesson, or the one that is open."""
    if plan is None:
        return story.open_or_first(row)
    named = (steps.experiments_in(row.id, entry.step) for entry in plan.entries if entry.chapter == row.id)
    return tuple(dict.fromkeys(id for ids in named for id in ids))


def look_of(row: Chapter, looked_at: Sequence[str]) -> str:
    """What a link says of the experiment that it opens: nothing where that is open at first."""
    return looked_at[0] if looked_at and looked_at[0] in row.experiments[1:] else ""


def _button(label: str, file: str, kind: str, make: Callable[[], bytes]) -> None:
    st.download_button(label, data=make, file_name=file, mime=kind, on_click="ignore", key=f"file {file}")


def sentences(typed: str) -> list[str]:
    """What was typed as sentences, as many and as long as a worksheet takes."""
    lines = [choices.clean(line.strip()[:LONGEST_SENTENCE])[0] for line in typed.splitlines()]
    return [line for line in lines if line][:MOST_SENTENCES]


def make_handout(asked: Asked) -> bytes:
    """The hand-out, made when no run is on."""
    with session.aside(asked.kept):
        return handout.handout(asked.pages())


def make_worksheet(asked: Asked, own: Sequence[str]) -> bytes:
    """The worksheet, of the reader's text or of a sentence for each student."""
    with session.aside(asked.kept):
        return handout.worksheet([asked.pages(text) for text in own or [""]])
