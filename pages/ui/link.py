"""What a link says beside the reader's choices: a chapter's own settings, each taken over when it is drawn."""

import base64
import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from pages.ui import session
from pages.ui.words import _, listed

T = TypeVar("T")

WANTED = "settings that a link names, until they are drawn"
WANTED_FOR = "the chapter whose settings these are"
AFRESH = "settings that the address leaves out stand where they stood at first"
DRAWN = "settings that this run has drawn"
SHOWN = "settings that were on screen last, by chapter"
LONGEST = 2_000  # bytes of a link, the server's own address among them
SHORT = 40  # characters of a setting that goes into a link before the text does


@dataclass(frozen=True)
class Setting:
    """One setting that is on screen: its name in links, what the reader calls it, and how a link writes it."""

    name: str
    label: str
    written: str
    at_first: bool = False  # and so not in the address
    of_text: bool = False  # tells nothing without the text


def name_of(key: str) -> str:
    """What a setting is called in links; what stands behind a space in its key tells models and texts apart."""
    return key.partition(" ")[0]


def take_over(parameters: Mapping[str, str], *, back: bool) -> None:
    """Put aside what a link says of settings, until each is drawn.

    `back`: the reader has gone back to an address, and what it does not say was as it is at first.
    """
    session.set(WANTED, dict(parameters))
    session.set(WANTED_FOR, None)
    session.set(AFRESH, back)


def begin(chapter: str) -> None:
    """Before a chapter is drawn: nothing of it is on screen yet, and what a link says of another is not for it."""
    if session.get(WANTED_FOR) not in (None, chapter):
        session.set(WANTED, {})
    session.set(WANTED_FOR, chapter)
    session.set(DRAWN, {})


def settle(
    key: str,
    first: T,
    *,
    label: str,
    read: Callable[[str], T],
    write: Callable[[T], str] = str,
    now: T | None = None,
    of_text: bool = False,
) -> T:
    """What a setting is, before its widget is drawn: what a link says, what it is `now` in the session, or `first`.

    `read` makes the value of what a link writes, and raises ValueError where there is no such value. What a link says
    is in the session from then on, and what is returned in the record of what is on screen.
    """
    name, drawn, wanted = name_of(key), session.get(DRAWN, {}), session.get(WANTED) or {}
    value = session.get(key) if now is None else now
    if name not in drawn:
        if name in wanted:
            value = _taken(name, wanted[name], read)
            session.set(key, value)  # where the run may be left
            del wanted[name]
        elif session.get(AFRESH):
            value = None
            session.set(key, value)
    chosen = first if value is None or not _can_be(value, read, write) else value
    drawn[name] = Setting(name, label, write(chosen), chosen == first, of_text)
    return chosen


def held(key: str, first: T, read: Callable[[str], T]) -> T:
    """What a setting is where its widget is not drawn, as in one step of a lesson: as `settle`, but nothing is noted.

    A value that makes no sense here is `first`; whoever draws the widget tells of it.
    """
    name, wanted = name_of(key), session.get(WANTED) or {}
    is_drawn, value = name in session.get(DRAWN, {}), session.get(key)
    if name in wanted and not is_drawn:
        try:
            return read(wanted[name])
        except ValueError:
            return first
    if session.get(AFRESH) and not is_drawn:
        return first
    return value if value is not None and _can_be(value, read, str) else first


def _taken(name: str, raw: str, read: Callable[[str], T]) -> T | None:
    try:
        return read(raw)
    except ValueError:
        tell_of_misfits(name)
        return None


def tell_of_misfits(*names: str) -> None:
    """Say of these parameters of a link that they make no sense here."""
    for name in names:
        sentence = _("The link’s “{name}” does not fit here; the nearest or usual value is shown.")
        session.tell(sentence.format(name=name))


def _can_be(value: T, read: Callable[[str], T], write: Callable[[T], str]) -> bool:
    """Whether the session's value still is one: another model or text may have fewer."""
    try:
        return read(write(value)) == value
    except (ValueError, TypeError):
        return False


def complete(chapter: str, *, whole: bool) -> None:
    """After a chapter was drawn to its end: what is on screen is known.

    Not `whole`: one step of it was drawn, and what other steps have set, or a link says of them, holds there too.
    """
    drawn: dict[str, Setting] = session.get(DRAWN, {})
    before = [] if whole else [one for one in session.get(SHOWN, {}).get(chapter, []) if one.name not in drawn]
    shown = [*before, *(one for one in drawn.values() if not one.at_first)]
    session.set(SHOWN, {**session.get(SHOWN, {}), chapter: shown})
    if whole:
        session.set(WANTED, {})
    session.set(AFRESH, False)


def settings(chapter: str) -> list[Setting]:
    """What the address is to say of a chapter: what was on screen last, and what a link names that is not drawn yet."""
    wanted: dict[str, str] = session.get(WANTED) or {}
    shown = [] if session.get(AFRESH) else session.get(SHOWN, {}).get(chapter, [])
    return [*(one for one in shown if one.name not in wanted), *(Setting(name, name, wanted[name]) for name in wanted)]


def fitting(parts: Sequence[Setting], place: str) -> tuple[dict[str, str], list[str]]:
    """As many of the parts as the link of a page holds, those in front first; and what the others are called."""
    held: dict[str, str] = {}
    left_out = []
    for part in parts:
        tried = {**held, part.name: part.written}
        if len(address(place, tried)) <= LONGEST and not (part.of_text and "text" not in held):
            held = tried
        else:
            left_out.append(part.label)
    return held, left_out


def address(place: str, parameters: Mapping[str, str]) -> str:
    """A page's link with everything in it."""
    return f"{place}?{urlencode(parameters)}" if parameters else place


def in_order(choices: Sequence[Setting], text: Setting, others: Sequence[Setting]) -> list[Setting]:
    """What a link holds, the most important in front: the choices, short settings, the text, longer settings."""
    by_length = sorted(others, key=lambda one: len(one.written))
    short = [one for one in by_length if len(one.written) <= SHORT and not one.of_text]
    return [*choices, *short, text, *(one for one in by_length if one not in short)]


def said_of(left_out: Sequence[str]) -> str:
    """What the reader is told of the address."""
    if not left_out:
        return _("This link holds all that is chosen here.")
    return _("This link holds all that is chosen here but what is too long to share: {parts}.").format(
        parts=listed(left_out)
    )


def one_of(options: Sequence[T], write: Callable[[T], str] = str) -> Callable[[str], T]:
    """Reads an option as `write` writes it."""

    def read(raw: str) -> T:
        for option in options:
            if write(option) == raw:
                return option
        raise ValueError(f"{raw[:40]!r} is none of the options")

    return read


def some_of(options: Sequence[T]) -> Callable[[str], list[T]]:
    """Reads any number of options as `joined` writes them."""
    read_one = one_of(options)
    return lambda raw: list(dict.fromkeys(read_one(part) for part in raw.split("."))) if raw else []


def joined(chosen: Sequence[object]) -> str:
    """Any number of options as a link writes them."""
    return ".".join(map(str, chosen))


def ids_written(ids: Sequence[int]) -> str:
    """Ids of tokens as a link writes them: two bytes each, in the alphabet of addresses."""
    return base64.urlsafe_b64encode(struct.pack(f"<{len(ids)}H", *ids)).decode().rstrip("=")


def ids_read(raw: str, *, below: int, most: int) -> tuple[int, ...]:
    """Ids of tokens as `ids_written` writes them; raises ValueError where they are none of this vocabulary."""
    if not re.fullmatch(r"[\w-]*", raw, re.ASCII) or len(raw) > 3 * most:
        raise ValueError("these are no ids")
    packed = base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    if len(packed) % 2:
        raise ValueError("half an id")
    ids = struct.unpack(f"<{len(packed) // 2}H", packed)
    if len(ids) > most or any(id >= below for id in ids):
        raise ValueError("too many ids, or one that the vocabulary lacks")
    return ids


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """Reads a whole number of a range."""

    def read(raw: str) -> int:
        digits = raw.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and lowest <= int(raw) <= highest):
            raise ValueError(f"{raw[:40]!r} is not from {lowest} to {highest}")
        return int(raw)

    return read
