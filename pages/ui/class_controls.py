"""What teacher and members see of their class: open and close it, its code, who is here; follow, or explore alone."""

from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.chapters import Chapter, chapter_of
from pages.services.classes.classroom import LONGEST_SENTENCE, Sentence
from pages.services.classes.store import StoreError, UnknownClassError
from pages.services.reading import Reading
from pages.ui import choices, class_summary, guessing, in_class, link, session, sharing, steps, story
from pages.ui.choices import Choices
from pages.ui.components import class_door, class_line, share
from pages.ui.in_class import Standing
from pages.ui.words import _, literal, plural

QR = "class_qr"  # key of what shows the code
NOTHING: Mapping[str, list[str]] = MappingProxyType({})
SENTENCE = "sentence for the teacher"
CLOSED = "summary of the class that was closed last, as CSV"


def go_along(opened: Chapter, chosen: Choices) -> None:
    """Where the class has gone to another chapter, this session goes there too; another window to the same step."""
    with session.undivided():
        here = in_class.standing()
        there = in_class.gone_to(opened.id)
        if here and here.teaches and here.state and here.state.place.step:
            place = chapter_of(here.state.place.chapter)
            if place and session.get(in_class.ADOPTED):
                session.set(steps.key(place), here.state.place.step)
        if there:
            choices.remember(chosen)
            st.switch_page(next(row.file for row in (chapter_of(there),) if row))


def step(opened: Chapter) -> str:
    """The step of this chapter that a member sees, because the class does; empty where it is the whole chapter."""
    return in_class.step(opened.id)


def draw_step(opened: Chapter, reading: Reading | None, chosen: Choices) -> bool:
    """Draw the step that the class sees, for a member who follows; False where the whole chapter is to be drawn."""
    seen = step(opened)
    if seen:
        steps.draw_named(opened, seen, reading, chosen)
    return bool(seen)


def lead(opened: Chapter, place: DeltaGenerator, *, present: bool) -> None:
    """After a chapter was drawn for its teacher: the class sees the same. `place` is where it says why it does not."""
    problem = in_class.lead(opened.id, session.get(steps.key(opened)) or "" if present else "")
    if problem:
        place.warning(problem)


def go_on(opened: Chapter, reading: Reading | None) -> None:
    """Before a chapter alone is drawn again: where its class has gone on in it, this session does too."""
    if in_class.goes_on(opened.id):
        choices.go_on(reading)
        in_class.gone_to(opened.id)
        adopt_look(opened)


def adopt_look(opened: Chapter) -> None:
    """Open the experiment that a link, or the class, names; where the chapter has none of that name, say so."""
    with session.undivided():
        if not story.adopt_link(opened):
            link.tell_of_misfits("look")


def draw(opened: Chapter, place: DeltaGenerator | None = None) -> None:
    """For the sidebar and the menu of the class bar: open a class, or all that its teacher needs.

    Until there is a class all is behind a button at `place`, where there is one.
    """
    here = in_class.standing()
    if here is None:
        with place.popover(_("Class"), width="stretch") if place else st.container():
            st.button(_("Open a class"), on_click=open_class, width="stretch", key="open_class")
            if not session.get("present"):
                draw_door(opened, key="class_door")
            _offer_summary()
    elif here.teaches:
        _draw_code(here, opened)
        if not session.get("present"):
            draw_line(opened)
        draw_sentences()
        st.button(_("Close the class"), on_click=close_class, width="stretch", key="close_class")


def draw_strip(opened: Chapter) -> DeltaGenerator | None:
    """Above a chapter: where a member stands, or on Start a field for those who have a code.

    Returns where a member's line goes, which is drawn with the chapter, so that the chapter alone follows the class.
    """
    line = None
    here = in_class.standing()
    if here and not here.teaches:
        with st.container(key="class_strip", horizontal=True, vertical_alignment="center", gap="small"):
            if here.alone:
                st.markdown(_("You explore on your own; the class goes on without you."), width="content")
                st.button(_("Back to the class"), on_click=in_class.explore, args=(False,), type="primary", key="back")
            else:
                st.markdown(_("Class {code}: you see what is shown there.").format(code=spelled(here.code)))
                st.button(_("Explore on my own"), on_click=in_class.explore, args=(True,), key="alone")
            draw_sending()
            line = st.container()
        guessing.draw_vote(here)
    elif here is None and not opened.number:
        with st.container(key="door_in_page"):  # seen where the sidebar is closed at first (pages/ui/style.py)
            draw_door(opened, key="class_door_in_page")
    return line


def draw_door(opened: Chapter, *, key: str) -> None:
    """A field for those who have a code."""
    class_door.draw(f"{root(opened)}?{in_class.PARAMETER}=", label=_("Code of a class:"), join=_("Join"), key=key)


def draw_sending() -> None:
    """For a member: one sentence for the teacher, who may put it on the wall."""
    if not in_class.member():
        return
    with st.popover(_("Send a sentence")), st.form("class_sentence", clear_on_submit=True, border=False):
        st.text_input(_("Your sentence"), key=SENTENCE, max_chars=LONGEST_SENTENCE)
        st.form_submit_button(_("Send"), on_click=send)


def send() -> None:
    """In a callback: what was typed goes to the teacher."""
    in_class.send(choices.clean(session.get(SENTENCE) or "")[0])


def draw_sentences() -> None:
    """For the teacher: what members sent, read only when it is opened; a click puts one on the wall."""
    with st.expander(_("Sentences from the class"), key="class_sentences", on_change="rerun") as expander:
        if not expander.open:
            return
        found = in_class.sentences()
        if not found:
            st.caption(_("None waits now."))
        for i, one in enumerate(found):
            st.markdown(literal(one.text))
            use, drop = st.columns(2)
            use.button(_("On the wall"), on_click=show_sentence, args=(one,), key=f"use {i}", width="stretch")
            drop.button(_("Put aside"), on_click=put_aside, args=(one,), key=f"drop {i}", width="stretch")


def put_aside(one: Sentence) -> None:
    """In a callback: a member's sentence is off the list."""
    in_class.take_sentence(one, use=False)


def show_sentence(one: Sentence) -> None:
    """In a callback: a member's sentence is the text of the class."""
    text = in_class.take_sentence(one, use=True)
    if text:
        session.set("text", text)


def draw_in_bar(opened: Chapter) -> None:
    """For the class bar: the code to point at, and how many are here."""
    here = in_class.standing()
    if here and here.teaches:
        draw_line(opened, lead={"code": [spelled(here.code)] * 3})


def draw_line(opened: Chapter, *, lead: Mapping[str, list[str]] = NOTHING) -> None:
    """What follows the class; for its teacher it says who is here, has voted and waits, behind what is in `lead`."""
    here = in_class.standing()
    if here is None:
        return
    class_line.draw(
        f"{root(opened)}class/{here.code}",
        shown=session.get(in_class.SEEN) or 0,
        window=in_class.window() if here.teaches else "",
        ticket=session.get(in_class.TICKET) or "",
        counted={**lead, **counted()} if here.teaches else {},
        away=in_class.away(),
    )


def counted() -> dict[str, list[str]]:
    """The words for none, one and many, where each number goes to its `{n}`; of nobody's vote nothing is said."""
    present = [plural("{n} present", "{n} present", n) for n in range(3)]
    votes = ["", *(plural("{n} vote", "{n} votes", n) for n in (1, 2))]
    sentences = ["", *(plural("{n} sentence", "{n} sentences", n) for n in (1, 2))]
    return {"present": present, "votes": votes, "sentences": sentences}


def root(opened: Chapter) -> str:
    """The address of the server itself, as the reader's browser has it."""
    return session.address_of(opened.path).removesuffix(opened.path)


def spelled(code: str) -> str:
    """A code in two halves, as it is said aloud."""
    return f"{code[:3]} {code[3:]}"


def _draw_code(here: Standing, opened: Chapter) -> None:
    """The code on a button, and behind it the same for the back row, with a QR code of the link."""
    address = f"{root(opened)}?{in_class.PARAMETER}={here.code}"
    notes = [_("Point a phone at the code, or type {code} on the first page.").format(code=spelled(here.code))]
    if sharing.opens_here_only(address):
        notes.append(sharing.here_only())
    labels = {**sharing.labels(), "share": _("Class {code}").format(code=spelled(here.code)),
              "link": _("Link to the class"), "code": _("QR code of the class")}  # fmt: skip
    share.draw(address, notes=notes, labels=labels, key=QR, headline=spelled(here.code))


def open_class() -> None:
    """In a callback: a new class, its code at once as large as the screen."""
    in_class.open_class()
    session.set(CLOSED, None)
    if in_class.standing():
        share.ask(QR)


def close_class() -> None:
    """In a callback: the class ends, its summary stays with its teacher, and everything else is deleted."""
    try:
        session.set(CLOSED, class_summary.written(in_class.close()))
        session.tell(_("The class is closed, and everything of it is deleted."))
    except UnknownClassError:
        session.tell(_("The class was over already."))
    except StoreError:
        session.tell(_("The class could not be closed: its store does not answer. Try again."))


def _offer_summary() -> None:
    """After a class: what was asked and how it was answered, until this window is closed."""
    summary = session.get(CLOSED)
    if summary:
        st.download_button(
            _("Save the summary of the class"),
            data=summary,
            file_name="class.csv",
            mime="text/csv",
            on_click="ignore",
            width="stretch",
            key="class_summary",
        )
