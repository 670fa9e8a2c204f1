"""What a class may do: its teacher shows, asks and closes; its members follow, vote once a question, send a sentence.

Nobody has an account or a name. The teacher's right is a secret in a cookie, of which the store keeps a digest; a
member is a random number in a cookie. A class is over when it is closed, or after four hours: nothing of it is left.
"""

import hashlib
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pages.services.classes import question as questions
from pages.services.classes.codes import new_code
from pages.services.classes.question import Question
from pages.services.classes.store import Store, UnknownClassError

HOURS = 4
LASTS = HOURS * 3600  # seconds
CLAIM = 60  # seconds in which a ticket can be changed into the teacher's cookie
HERE = 45  # seconds after which a member that was not heard of has left
MOST_MEMBERS = 1_000  # present at once
MOST_WRONG = 100  # codes that one address may try in vain, in the time below
MOST_OPENED = 60  # classes that one address may open in it
WINDOW = 600  # seconds
MOST_SENTENCES = 300  # that wait
LONGEST_SENTENCE = 200  # characters
LONGEST_WORD = 30
LARGEST_PLACE = 20_000  # characters of what a teacher shows
NOT_OPEN = {"open": "", "by": ""}  # no round is on; all windows hear of it


class TooManyError(Exception):
    """This address has tried too often; a few minutes later it may again."""


@dataclass(frozen=True)
class Right:
    """Who holds it may do in the class of this code what its teacher does."""

    code: str


@dataclass(frozen=True)
class Place:
    """Where the teacher is: a chapter, all that the address says of it but the language, and the step on the wall."""

    chapter: str = ""
    said: Mapping[str, str] = field(default_factory=dict)
    step: str = ""  # of presenter mode; empty where the whole chapter is shown


@dataclass(frozen=True)
class State:
    """What everybody may know of a class."""

    code: str
    shown: int  # how often this has changed
    place: Place
    question: Question | None


@dataclass(frozen=True)
class Counts:
    """How many are here, have voted in the round that is on, and wait with a sentence."""

    present: int
    votes: int
    sentences: int


@dataclass(frozen=True)
class Sentence:
    """What a member sent."""

    member: str
    text: str


@dataclass(frozen=True)
class Line:
    """A round of voting in the summary: the question, and how many gave each answer."""

    question: Question
    votes: Mapping[str, int]


@dataclass(frozen=True)
class Summary:
    """What a class leaves to its teacher alone, when it is closed."""

    lines: tuple[Line, ...]
    sentences: tuple[str, ...]


class Classroom:
    """All classes of a server, kept in a store. Every method raises StoreError where the store fails.

    What is asked of a class that is unknown, closed or over raises UnknownClassError: nobody can tell which.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self.store = store
        self.clock = clock

    # The teacher

    def open(self, address: str = "") -> tuple[Right, str]:
        """A new class. Returns its teacher's right, and the ticket for which `claim` gives the cookie's secret.

        Raises TooManyError where this address has opened too many.
        """
        if self.store.attempts(f"open {_digest(address)}", window=WINDOW) > MOST_OPENED:
            raise TooManyError
        fields = {"place": _written(Place()), "question": "", **NOT_OPEN}
        while not self.store.create(code := new_code(), fields, ends=self.clock() + LASTS):
            pass
        ticket = secrets.token_urlsafe(16)
        self.store.put(code, "tickets", _digest(ticket), str(self.clock()))
        return Right(code), ticket

    def claim(self, code: str, ticket: str) -> str | None:
        """The teacher's secret for a ticket, once and within a minute; None for any other."""
        given = self.store.take(code, "tickets", _digest(ticket))
        if given is None or self.clock() - float(given) > CLAIM:
            return None
        secret = secrets.token_urlsafe(32)
        self.store.put(code, "teachers", _digest(secret), "")
        return secret

    def right(self, code: str, secret: str) -> Right | None:
        """The right of whoever holds the class's secret."""
        return Right(code) if secret and _digest(secret) in self.store.entries(code, "teachers") else None

    def show(self, right: Right, place: Place, *, by: str = "") -> int:
        """Lead the class to a place. Returns how often what is shown has changed.

        `by` names the window that leads, which need not be told of it.
        """
        said = _written(place)
        if len(said) > LARGEST_PLACE:
            short = {name: value for name, value in place.said.items() if len(value) <= 2_000}
            said = _written(replace(place, said=short))
        return self.store.update(right.code, {"place": said, "by": by})

    def ask(self, right: Right, question: Question) -> Question:
        """Begin a round of voting; one that is on ends."""
        number = 1 + len(self.store.entries(right.code, "asked"))
        asked = replace(question, number=number, revealed=False)
        said = questions.written(asked)
        self.store.put(right.code, "asked", str(number), said)
        self.store.update(right.code, {"question": said, "open": str(number), "by": ""})
        return asked

    def reveal(self, right: Right) -> None:
        """End the round: no vote counts from here on, and everybody sees how many gave each answer."""
        now = self.state(right.code).question
        if now:
            self.store.update(right.code, {"question": questions.written(replace(now, revealed=True)), **NOT_OPEN})

    def put_away(self, right: Right) -> None:
        """Ask nothing any more; the votes stay for the summary."""
        self.store.update(right.code, {"question": "", **NOT_OPEN})

    def sentences(self, right: Right) -> list[Sentence]:
        """The sentences that wait, in the order in which they came."""
        found = [(json.loads(said), member) for member, said in self.store.entries(right.code, "sentences").items()]
        return [Sentence(member, text) for (_when, text), member in sorted(found)]

    def take_sentence(self, right: Right, member: str, *, use: bool) -> str | None:
        """Take a sentence from the list; with `use` it goes into the summary. None where it is gone."""
        said = self.store.take(right.code, "sentences", member)
        if said is None:
            return None
        _when, text = json.loads(said)
        if use:
            self.store.put(right.code, "used", secrets.token_hex(8), json.dumps([self.clock(), text]))
        return text

    def summary(self, right: Right) -> Summary:
        """All rounds with their votes, and the sentences that were used."""
        asked = sorted((int(n), questions.read(said)) for n, said in self.store.entries(right.code, "asked").items())
        lines = tuple(Line(question, self.tally(right.code, number)) for number, question in asked)
        used = sorted(json.loads(said) for said in self.store.entries(right.code, "used").values())
        return Summary(lines, tuple(text for _when, text in used))

    def close(self, right: Right) -> None:
        """End the class: everything of it is deleted."""
        self.store.delete(right.code)

    # Everybody

    def state(self, code: str) -> State:
        """What the class sees now."""
        shown = self.store.versions(code).shown  # first: what has changed since is newer, never older than said here
        fields = self.store.fields(code)
        place = json.loads(fields["place"])
        said = fields["question"]
        return State(code, shown, Place(**place), questions.read(said) if said else None)

    def find(self, code: str, address: str) -> State:
        """The class of a code that somebody brings. Raises TooManyError where this address has guessed too often."""
        try:
            return self.state(code)
        except UnknownClassError:
            if self.store.attempts(f"wrong {_digest(address)}", window=WINDOW) > MOST_WRONG:
                raise TooManyError from None
            raise

    def here(self, code: str, member: str) -> bool:
        """A member is present; False where the class is full."""
        present = self.store.entries(code, "present")
        if member not in present and len(self._present(present)) >= MOST_MEMBERS:
            return False
        self.store.put(code, "present", member, str(self.clock()))
        return True

    def gone(self, code: str, member: str) -> None:
        """A member has left."""
        self.store.take(code, "present", member)

    def vote(self, code: str, member: str, number: int, answer: str) -> bool:
        """A member's vote in a round; only the first counts. False where it does not, for whatever reason."""
        question = self.state(code).question
        if question is None or question.number != number or not member:
            return False
        answer = " ".join(answer.split())[:LONGEST_WORD]
        legal = bool(answer) if question.for_a_word else answer in map(str, range(len(question.choices)))
        legal = legal and len(self.store.entries(code, f"votes {number}")) < MOST_MEMBERS
        return legal and self.store.put(code, f"votes {number}", member, answer, keep=True, given=("open", str(number)))

    def own_vote(self, code: str, member: str, number: int) -> str | None:
        """What a member voted in a round."""
        return self.store.entries(code, f"votes {number}").get(member)

    def tally(self, code: str, number: int) -> Counter[str]:
        """How many gave each answer in a round. Words count as one whatever their case."""
        return Counter(answer.lower() for answer in self.store.entries(code, f"votes {number}").values())

    def tally_before(self, code: str, question: Question) -> Counter[str]:
        """The same of the round before, where it asked the same; else nothing."""
        said = self.store.entries(code, "asked").get(str(question.number - 1))
        before = questions.read(said) if said else None
        same = before and (before.chapter, before.choices) == (question.chapter, question.choices)
        return self.tally(code, question.number - 1) if same else Counter()

    def send(self, code: str, member: str, text: str) -> bool:
        """Send the teacher a sentence; False where one of this member still waits, or too many do, or it is empty."""
        text = " ".join(text[: 4 * LONGEST_SENTENCE].split())[:LONGEST_SENTENCE]
        said = json.dumps([self.clock(), text])
        room = len(self.store.entries(code, "sentences")) < MOST_SENTENCES
        return bool(text and member and room) and self.store.put(code, "sentences", member, said, keep=True)

    def is_waiting(self, code: str, member: str) -> bool:
        """Whether a sentence of this member waits to be read."""
        return member in self.store.entries(code, "sentences")

    def shown_by(self, code: str) -> str:
        """Which of the teacher's windows made the last change; empty where all are to hear of it."""
        return self.store.fields(code)["by"]

    def counts(self, code: str) -> Counts:
        """What stands on the wall."""
        open_now = self.store.fields(code)["open"]
        votes = len(self.store.entries(code, f"votes {open_now}")) if open_now else 0
        present = self._present(self.store.entries(code, "present"))
        return Counts(len(present), votes, len(self.store.entries(code, "sentences")))

    def _present(self, heard: Mapping[str, str]) -> list[str]:
        """Who was heard of a moment ago."""
        return [member for member, when in heard.items() if self.clock() - float(when) <= HERE]


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _written(place: Place) -> str:
    return json.dumps({"chapter": place.chapter, "said": dict(place.said), "step": place.step})
