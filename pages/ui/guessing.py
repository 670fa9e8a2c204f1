"""A chapter's question with choices: one's own guess, or a vote of the class, and what came of it."""

from collections.abc import Mapping

import streamlit as st

from pages.figures import Axis, Beside, bars
from pages.services.classes.classroom import LONGEST_WORD
from pages.services.classes.question import Question, shares
from pages.services.classes.store import StoreError, UnknownClassError
from pages.services.shared import classroom
from pages.ui import in_class
from pages.ui.components.chart import chart
from pages.ui.in_class import Standing
from pages.ui.words import _, filled, language, lesson, literal, plural

LAST_OF_TEXT = 160  # characters before a word that is asked for


def readable(question: Question) -> list[str]:
    """The choices as Markdown, in the reader's language."""
    return [filled(_(one.sentence), **dict(one.values)) for one in question.choices]


def plain(question: Question) -> list[str]:
    """The same for pictures and tables, which know no Markdown."""
    return [one.replace("\\", "").replace("**", "") for one in readable(question)]


def draw(question: Question) -> bool:
    """The choices below a chapter's question. Returns whether the answer is to be seen."""
    here = in_class.standing()
    if here and here.teaches:
        return _lead(question, here)
    key = f"guess {question.chapter} {'|'.join(plain(question))}"
    labels = readable(question)
    guess = st.radio(_("Your guess"), range(len(labels)), format_func=labels.__getitem__, index=None, key=key)
    revealed = st.toggle(_("Reveal"), key=f"reveal {question.chapter}")
    if revealed:
        tell_right(question, guess)
    return revealed


def tell_right(question: Question, guess: int | None) -> None:
    """Which choice is right, and whether it was the reader's."""
    right = readable(question)[question.right]
    if guess is None:
        st.markdown(_("The right answer: {right}").format(right=right))
    elif guess == question.right:
        st.markdown(_("Yes: {right}").format(right=right))
    else:
        st.markdown(_("No: it is {right}").format(right=right))


def _lead(question: Question, here: Standing) -> bool:
    """For the teacher: ask the class, see what it says, ask again."""
    on = here.state.question if here.state else None
    if on is None or (on.chapter, on.choices) != (question.chapter, question.choices):
        st.markdown("\n".join(f"* {one}" for one in readable(question)))
        st.button(_("Ask the class"), on_click=in_class.ask, args=(question,), type="primary", key="ask")
        revealed = st.toggle(_("Reveal"), key=f"reveal {question.chapter}")
        if revealed:
            tell_right(question, None)
        return revealed
    if not on.revealed:
        st.markdown("\n".join(f"* {one}" for one in readable(on)))
        st.button(_("Reveal"), on_click=in_class.reveal, type="primary", key="reveal_votes")
        return False
    draw_result(here, on)
    _offer_another(question)
    return True


def _offer_another(question: Question) -> None:
    again, away = st.columns(2)
    again.button(_("Ask again"), on_click=in_class.ask, args=(question,), key="ask", width="stretch")
    away.button(_("Put the question away"), on_click=in_class.put_away, key="put_away", width="stretch")


def words_said(here: Standing, question: Question) -> dict[str, int]:
    """What the class said in a round that asks for a word, the most frequent in front; nothing before the reveal."""
    if not question.revealed:
        if here.teaches:
            st.button(_("Reveal"), on_click=in_class.reveal, type="primary", key="reveal_votes")
        return {}
    if here.teaches:
        _offer_another(question)
    counts = tallies(here.code, question)
    if counts is None:
        st.caption(in_class.away())
        return {}
    return dict(sorted(counts[0].items(), key=lambda one: (-one[1], one[0])))


def asked(question: Question) -> str:
    """What the class is asked, as Markdown."""
    if question.for_a_word:
        end = question.text[-LAST_OF_TEXT:]
        lead = "… " if len(end) < len(question.text) else ""
        return _("Which word comes next? {text} …").format(text=f"{lead}**{literal(end)}**")
    return lesson(language(), question.chapter)["predict"]


def draw_vote(here: Standing) -> None:
    """For a member: the question that is on, a vote, and after the reveal how the class has voted."""
    question = here.state.question if here.state else None
    if question is None:
        return
    with st.container(border=True, key="class_question"):
        st.markdown(f"🤔 {asked(question)}")
        if question.revealed and question.for_a_word:
            st.markdown(_("What the class said stands below."))
        elif question.revealed:
            own = in_class.own_vote(question)
            tell_right(question, None if own is None else int(own))
            draw_result(here, question)
        elif not in_class.member():
            st.caption(_("Without cookies this browser can follow, but not vote."))
        elif in_class.own_vote(question) is not None:
            st.markdown(_("Your vote is in."))
        else:
            chosen = _own_answer(question)
            vote, args = in_class.vote, (question, chosen)
            st.button(_("Vote"), on_click=vote, args=args, disabled=chosen is None, type="primary", key="vote")


def _own_answer(question: Question) -> int | str | None:
    """What a member has chosen or typed, and not sent yet."""
    key = f"vote {question.number}"
    if question.for_a_word:
        return st.text_input(_("Your next word"), key=key, max_chars=LONGEST_WORD).strip() or None
    labels = readable(question)
    return st.radio(_("Your vote"), range(len(labels)), format_func=labels.__getitem__, index=None, key=key)


def draw_result(here: Standing, question: Question) -> None:
    """Bars of all votes; a second round of the same question stands beside the first."""
    counts = tallies(here.code, question)
    if counts is None:
        st.caption(in_class.away())
        return
    now, before = counts
    n = sum(now.values())
    st.markdown(plural("{n} vote", "{n} votes", n).format(n=n))
    answers = [str(i) for i in range(len(question.choices))]
    second = Beside(shares(before, answers), (_("this time"), _("before"))) if before else None
    figure = bars(shares(now, answers), Axis(plain(question)), highlighted=question.right, beside=second)
    alt = _("Bars: what share of the class chose each answer.")
    chart(figure, key=f"votes_{question.chapter}", alt=alt, height=90 + 50 * len(answers) * (2 if before else 1))


def tallies(code: str, question: Question) -> tuple[Mapping[str, int], Mapping[str, int]] | None:
    """The votes of this round and of the one before, where that asked the same; None while the store is away."""
    try:
        return classroom.tally(code, question.number), classroom.tally_before(code, question)
    except (StoreError, UnknownClassError):
        return None
