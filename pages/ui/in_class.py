"""The class that this session is in: as its teacher, whose choices are shown, or as a member, who follows them.

A member's address says `class=CODE`; the teacher is known by a cookie. Everything that is on screen is in an address,
so what a teacher shows is the address of the teacher's page, without its language, and following is opening it.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pages.chapters import CHAPTERS, chapter_of
from pages.services.classes import cookies
from pages.services.classes.classroom import Place, Right, Sentence, State, Summary, TooManyError
from pages.services.classes.codes import read_code
from pages.services.classes.question import Question
from pages.services.classes.store import StoreError, StoreFullError, UnknownClassError
from pages.services.shared import classroom
from pages.ui import session
from pages.ui.words import _, literal

PARAMETER = "class"
CODE = "code of the class that this session is in"
RIGHT = "right of its teacher"
ALONE = "whether its member explores on his own"
NOW = "what is so in the class, as of this run"
SEEN = "version of what the class shows that this session knows"
SHOWN = "place that this session follows or leads to"
GOES = "chapter to which the class has gone"
STEP = "step that the class sees"
FRESH = "whether this window of the teacher's has just been opened"
WHOLE_PAGE = ("text", "model", "moment", "special")  # what of a place the frame draws, and not the chapter
ADOPTED = "whether this run follows a change"
UNSEEN = "whether nobody sees this run"
WINDOW = "name of this window among the teacher's"
TICKET = "ticket for the teacher's cookie"
LOOKED = "whether the teacher's cookie was looked at"
SAID = "all that the address would say, were it long enough"


@dataclass(frozen=True)
class Standing:
    """How this session stands in its class."""

    code: str
    teaches: bool
    alone: bool  # a member who explores on his own
    state: State | None  # None while the store does not answer


def enter() -> None:
    """Find out in which class this session is, and how things stand there; before choices are resolved."""
    session.set(ADOPTED, False)
    session.set(UNSEEN, session.is_unseen())
    session.set(NOW, None)
    typed = session.url_parameters().get(PARAMETER, "")
    if typed and read_code(typed) != session.get(CODE) and not session.get(RIGHT):
        _join(typed)
        return
    if not session.get(CODE):
        _recognise_teacher()
    if session.get(CODE):
        _look()


def _join(typed: str) -> None:
    """By an address with a code, which may be any text at all."""
    code = read_code(typed)
    try:
        if code and _is_taught(code):
            _look()
            return
        session.set(NOW, classroom.find(code or "none", session.network_address()))
    except UnknownClassError:
        session.tell(_("There is no class “{code}”, or it is over.").format(code=literal(typed[:20])))
        _leave()
    except TooManyError:
        session.tell(_("Too many codes were tried from here. In ten minutes you can try again."))
        _leave()
    except StoreError:
        _begin(code, None)
        session.tell(away())
    else:
        _begin(code, None)


def _is_taught(code: str) -> bool:
    """Whether this browser is the teacher of a class; then this window leads and follows it."""
    taught, secret = cookies.taught(session.cookies())
    right = classroom.right(code, secret) if taught == code else None
    if right:
        _begin(code, right)
    return right is not None


def _recognise_teacher() -> None:
    """Once a session: a browser that teaches a class does so in every window."""
    if session.get(LOOKED):
        return
    session.set(LOOKED, True)
    code, _secret = cookies.taught(session.cookies())
    try:
        if code:
            _is_taught(code)
    except UnknownClassError:
        pass  # it was closed, and the cookie is still there
    except StoreError:
        session.set(LOOKED, False)


def _look() -> None:
    try:
        session.set(NOW, classroom.state(session.get(CODE)))
    except UnknownClassError:
        session.tell(_("The class is over. What is on screen stays."))
        _leave()
    except StoreError:
        session.tell(away())


def away() -> str:
    """What is said while the store does not answer."""
    return _("The class cannot be reached at the moment. You can go on; following it resumes by itself.")


def _begin(code: str, right: Right | None) -> None:
    for name in (SEEN, SHOWN, TICKET, STEP):
        session.set(name, None)
    session.set(ALONE, False)
    session.set(FRESH, right is not None)
    session.set(CODE, code)
    session.set(RIGHT, right)


def _leave() -> None:
    _begin("", None)
    session.set(NOW, None)


def standing() -> Standing | None:
    """How this session stands in its class; None where it is in none."""
    code = session.get(CODE)
    right, alone = session.get(RIGHT), bool(session.get(ALONE))
    return Standing(code, right is not None, alone, session.get(NOW)) if code else None


def news() -> Mapping[str, str] | None:
    """What the class shows in the words of an address, where it is new to this session and is to be followed."""
    state: State | None = session.get(NOW)
    if state is None or session.get(ALONE) or session.get(SEEN) == state.shown:
        return None
    session.set(SEEN, state.shown)
    if session.get(FRESH) and session.url_parameters().keys() - {"lang"}:
        session.set(FRESH, False)  # a link that its teacher opens leads the class, and so does a page after a restart
        return None
    place = state.place
    if place == session.get(SHOWN) or chapter_of(place.chapter) is None:
        return None
    session.set(SHOWN, place)
    session.set(ADOPTED, True)
    session.set(GOES, place.chapter)
    session.set(STEP, place.step)
    return place.said


def goes_on(chapter: str) -> bool:
    """While a chapter alone is drawn again: whether its class shows something else of it, which `news` will tell.

    Asks for a run of the whole page instead where it takes one: there is another chapter, text or question.
    """
    before: State | None = session.get(NOW)
    if not _follows():
        return False
    try:
        now = classroom.state(session.get(CODE))
    except (UnknownClassError, StoreError):
        now = None
    shown = session.get(SHOWN)
    if now is None or before is None or shown is None or now.question != before.question:
        session.set_and_rerun()
    elif now.shown == session.get(SEEN):
        return False
    elif now.place.chapter != chapter or any(now.place.said.get(n) != shown.said.get(n) for n in WHOLE_PAGE):
        session.set_and_rerun()
    session.set(NOW, now)
    return True


def _follows() -> bool:
    """Whether this session is a member's who sees what the class does."""
    return bool(session.get(CODE)) and not session.get(RIGHT) and not session.get(ALONE)


def gone_to(chapter: str) -> str:
    """The chapter to which the class has gone, if that is another one; said once."""
    there, fresh = session.get(GOES) or "", session.get(FRESH)
    session.set(GOES, None)
    session.set(FRESH, False)
    if there and fresh and chapter != CHAPTERS[0].id:  # the teacher has asked for this page, and leads the class to it
        session.set(ADOPTED, False)
        return ""
    return there if there != chapter else ""


def step(chapter: str) -> str:
    """The step of a chapter that a member sees, because the class sees it; empty where it is the whole chapter."""
    place = session.get(SHOWN)
    return session.get(STEP) or "" if _follows() and place and place.chapter == chapter else ""


def lead(chapter: str, step: str) -> str:
    """After a chapter was drawn: the class sees what its teacher sees, unless this run only followed another window.

    A run that nobody sees leads nowhere: the teacher's page would hear of it too early, and would go back. Returns why
    the class does not see it, in the reader's language; empty where nothing is wrong.
    """
    right, place = session.get(RIGHT), Place(chapter, session.get(SAID, {}), step)
    followed = session.get(ADOPTED)
    session.set(ADOPTED, False)
    now: State | None = session.get(NOW)
    # A window that was opened, or a page after a restart, is where the class is already.
    if session.get(SHOWN) is None and now and now.place == place:
        session.set(SHOWN, place)
    if right is None or followed or session.get(UNSEEN) or place == session.get(SHOWN):
        return ""
    try:
        session.set(SEEN, classroom.show(right, place, by=window()))
        session.set(SHOWN, place)
    except UnknownClassError:
        return _("The class is over. What is on screen stays.")
    except StoreFullError:
        return full()
    except StoreError:
        return away()
    return ""


def full() -> str:
    """What is said where the store has no room."""
    return _("There is no room to keep what the class does; what was kept can still be read.")


def window() -> str:
    """A name for this window, so that it need not hear of what it did itself."""
    if not session.get(WINDOW):
        session.set(WINDOW, secrets.token_hex(4))
    return session.get(WINDOW)


def open_class() -> None:
    """In a callback: a new class, and this session its teacher."""
    try:
        right, ticket = classroom.open(session.network_address())
    except TooManyError:
        session.tell(_("Too many classes were opened from here. In ten minutes you can open another."))
    except StoreFullError:
        session.tell(full())
    except StoreError:
        session.tell(_("No class can be opened at the moment: there is nowhere to keep it."))
    else:
        _begin(right.code, right)
        session.set(TICKET, ticket)


def _did(act: Callable[[Right], object]) -> None:
    """In a callback of the teacher's: do something, and know at once how things stand then."""
    try:
        act(session.get(RIGHT))
        session.set(NOW, classroom.state(session.get(CODE)))
    except UnknownClassError:
        session.tell(_("The class was over already."))
    except StoreFullError:
        session.tell(full())
    except StoreError:
        session.tell(away())


def ask(question: Question) -> None:
    """In a callback of the teacher's: a new round of this question begins."""
    _did(lambda right: classroom.ask(right, question))


def reveal() -> None:
    """In a callback of the teacher's: the round ends, and everybody sees how it went."""
    _did(classroom.reveal)


def put_away() -> None:
    """In a callback of the teacher's: nothing is asked any more."""
    _did(classroom.put_away)


def member() -> str:
    """The random number of this browser; empty where it keeps no cookies."""
    return session.cookies().get(cookies.MEMBER, "")


def vote(question: Question, chosen: int | str | None) -> None:
    """In a callback of a member's: vote, once a round."""
    try:
        if chosen is not None and not classroom.vote(session.get(CODE), member(), question.number, str(chosen)):
            session.tell(_("This vote does not count: the round is over, or you have voted already."))
    except UnknownClassError:
        pass  # the run that follows says so
    except StoreError:
        session.tell(_("Your vote could not be kept. Try again in a moment."))


def own_vote(question: Question) -> str | None:
    """What this member has voted in a round, as far as the store says."""
    try:
        return classroom.own_vote(session.get(CODE), member(), question.number)
    except (StoreError, UnknownClassError):
        return None


def send(text: str) -> None:
    """In a callback of a member's: a sentence for the teacher, who may put it on the wall."""
    try:
        if classroom.send(session.get(CODE), member(), text):
            session.tell(_("Your sentence is with the teacher."))
        elif text.strip():
            session.tell(_("Your last sentence still waits; then you can send another."))
    except UnknownClassError:
        pass  # the run that follows says so
    except StoreError:
        session.tell(_("Your sentence could not be kept. Try again in a moment."))


def sentences() -> list[Sentence]:
    """For the teacher: what members sent and nobody has read yet."""
    try:
        return classroom.sentences(session.get(RIGHT))
    except (StoreError, UnknownClassError):
        return []


def take_sentence(one: Sentence, *, use: bool) -> str | None:
    """In a callback of the teacher's: take a sentence from the list."""
    try:
        return classroom.take_sentence(session.get(RIGHT), one.member, use=use)
    except (StoreError, UnknownClassError):
        return None


def close() -> Summary:
    """In a callback of the teacher's: end the class. Returns its summary.

    Raises UnknownClassError or StoreError; then nothing has changed.
    """
    right = session.get(RIGHT)
    summary = classroom.summary(right)
    classroom.close(right)
    _leave()
    return summary


def explore(alone: bool) -> None:
    """In a callback: let the class go on without this session, or come back to where it is."""
    session.set(ALONE, alone)
    for name in (SEEN, SHOWN):
        session.set(name, None)


def address(parameters: Mapping[str, str]) -> dict[str, str]:
    """The address of a member's page: it says the class too, so that a reload comes back to it."""
    member = session.get(CODE) and not session.get(RIGHT)
    return {**parameters, **({PARAMETER: session.get(CODE)} if member else {})}


def remember(said: Mapping[str, str]) -> None:
    """All that is on screen in the words of an address, however long; not the language, which is everybody's own."""
    session.set(SAID, {name: value for name, value in said.items() if name != "lang"})
