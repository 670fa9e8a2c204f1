"""A lesson: steps of several chapters in an order, with sentences, minutes and speaker's notes, from a YAML file."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pages.chapters import CHAPTERS, Chapter
from pages.services.names import readable
from pages.settings import LESSONS
from pages.ui import session, steps
from pages.ui.choices import MOST_CHARACTERS
from pages.ui.words import ASSETS, LANGUAGES, N_, _, language

OURS = ASSETS / "lessons" / "plans"
LARGEST = 64_000  # bytes of a file
MOST_ENTRIES = 200
LONGEST_NAME = 40
HALF = re.compile("[\ud800-\udfff]")  # of a pair of signs: no text, though YAML can spell it
NUMBERS = {"layer": 999, "head": 999, "token": 9_999, "minutes": 600}  # and the largest that makes sense
KNOWN = {"chapter", "step", "note", "text", *NUMBERS}
PLAN, AT = "lesson that is taught", "entry of the lesson"

Said = dict[str, str]  # by language; a file may say it once for all


class PlanError(Exception):
    """A lesson cannot be used; `reason` is a sentence for `_` with `values` in it."""

    def __init__(self, file: str, reason: str, **values: object) -> None:
        super().__init__(f"{file}: {reason.format(**values)}")
        self.file, self.reason, self.values = file, reason, values


@dataclass(frozen=True)
class Entry:
    """One step of a lesson; without a text the class's own stays."""

    chapter: str
    step: str
    note: Said = field(default_factory=dict)
    text: Said = field(default_factory=dict)
    layer: int | None = None
    head: int | None = None
    token: int | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class Plan:
    """A lesson under the name of its file."""

    id: str
    title: Said
    entries: tuple[Entry, ...]


def in_language(said: Said) -> str:
    """What a lesson says in the reader's language, or in the one it has."""
    return said.get(language()) or next(iter(said.values()), "")


def plans() -> tuple[list[Plan], list[PlanError]]:
    """All lessons, ours first, then those of the folder GLASSBOX_LESSONS; and what is wrong with the others there.

    A file there that is named as one of ours stands in its place.
    """
    found: dict[str, Plan] = {}
    wrong = []
    for folder in (OURS, *([Path(LESSONS)] if LESSONS else [])):
        for path in sorted(folder.glob("*.y*ml")):
            try:
                plan = read(path, path.stat().st_mtime_ns)
                found[plan.id] = plan
            except PlanError as error:
                wrong.append(error)
            except OSError:
                wrong.append(PlanError(readable(path.name), N_("it cannot be read")))
    return list(found.values()), wrong


@lru_cache(maxsize=64)
def read(path: Path, _changed: int) -> Plan:
    """The lesson in a file.

    Raises:
        PlanError: it is no lesson; the error says where and why.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    return parse(readable(path.name), content)


def parse(file: str, content: bytes) -> Plan:
    """A lesson from the content of its file. Raises PlanError."""
    if len(content) > LARGEST:
        raise PlanError(file, N_("it is larger than {most} bytes"), most=LARGEST)
    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:  # a date that is none
        mark = getattr(error, "problem_mark", None)
        raise PlanError(file, N_("it is not YAML (line {line})"), line=mark.line + 1 if mark else 1) from None
    if not isinstance(found, dict) or not isinstance(found.get("entries"), list) or not found["entries"]:
        raise PlanError(file, N_("it needs a title and entries"))
    if len(found["entries"]) > MOST_ENTRIES:
        raise PlanError(file, N_("it has more than {most} entries"), most=MOST_ENTRIES)
    title = said(file, 0, "title", found.get("title"))
    entries = tuple(entry(file, at, one) for at, one in enumerate(found["entries"], start=1))
    return Plan(file, title or {"en": file}, entries)


def entry(file: str, at: int, found: Any) -> Entry:
    """One entry of a lesson, checked. Raises PlanError."""
    if not isinstance(found, dict):
        raise PlanError(file, N_("entry {at} is not a list of names and values"), at=at)
    for name in found:
        if name not in KNOWN:
            raise PlanError(file, N_("entry {at}: “{name}” is not known"), at=at, name=_named(name))
    chapters = {row.id: row for row in CHAPTERS}
    name = _named(found.get("chapter"))
    chapter = chapters.get(name)
    if chapter is None:
        raise PlanError(file, N_("entry {at}: there is no chapter “{name}”"), at=at, name=name)
    ids = step_ids(chapter)
    step = _named(found.get("step", ids[0]))
    if step not in ids:
        reason = N_("entry {at}: chapter “{chapter}” has no step “{name}”, but {steps}")
        raise PlanError(file, reason, at=at, chapter=chapter.id, name=step, steps=", ".join(ids))
    number = {name: whole(file, at, name, found.get(name), most) for name, most in NUMBERS.items()}
    note, text = (said(file, at, name, found.get(name)) for name in ("note", "text"))
    return Entry(
        chapter.id, step, note, text, number["layer"], number["head"], number["token"], minutes=number["minutes"]
    )


def _named(found: Any) -> str:
    """What a file says where a name should be, as it may be shown: short, and no half of a pair of signs."""
    if not isinstance(found, str | int | float | None):
        return "…"
    return readable(str(found))[:LONGEST_NAME]


def step_ids(chapter: Chapter) -> list[str]:
    """The ids of all steps of a chapter."""
    return [steps.Step(tuple(parts.split())).id for parts in steps.STEPS.get(chapter.id, ("",))]


def whole(file: str, at: int, name: str, found: Any, most: int) -> int | None:
    """A whole number of an entry, or None where it has none."""
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= most:
        raise PlanError(
            file, N_("entry {at}: “{name}” is not a whole number from 0 to {most}"), at=at, name=name, most=most
        )
    return found


def said(file: str, at: int, name: str, found: Any) -> Said:
    """A text of an entry by language; one that is said once holds for all."""
    if found is None:
        return {}
    by_language: dict[Any, Any] = found if isinstance(found, dict) else dict.fromkeys(LANGUAGES, found)
    for one, text in by_language.items():
        if one not in LANGUAGES or not isinstance(text, str) or HALF.search(text):
            raise PlanError(file, N_("entry {at}: “{name}” is not a text, or one for each language"), at=at, name=name)
        if len(text) > MOST_CHARACTERS:
            reason = N_("entry {at}: “{name}” is longer than {most} characters")
            raise PlanError(file, reason, at=at, name=name, most=MOST_CHARACTERS)
    return {one: text for one, text in by_language.items() if text.strip()}


def explain(error: PlanError) -> str:
    """What is wrong with a lesson, in the reader's language."""
    return f"{error.file}: {_(error.reason).format(**error.values)}"


def taught() -> Plan | None:
    """The lesson that this session teaches."""
    chosen = session.get(PLAN)
    return next((plan for plan in plans()[0] if plan.id == chosen), None) if chosen else None


def turn_to(plan: Plan, at: int) -> Entry:
    """In callbacks: choose all that an entry says, and remember that it is shown."""
    at = min(max(at, 0), len(plan.entries) - 1)
    shown = plan.entries[at]
    session.set(AT, at)
    if shown.text:
        session.set("text", in_language(shown.text))
        session.set("token", shown.token)
    for name in ("layer", "head", "token"):
        if getattr(shown, name) is not None:
            session.set(name, getattr(shown, name))
    chapter = next(row for row in CHAPTERS if row.id == shown.chapter)
    session.set(steps.key(chapter), shown.step)
    return shown


def notes_of(chapter: Chapter) -> list[Entry]:
    """The entries of a chapter that have notes: of the lesson that is taught, else of our longest one."""
    plan = taught() or max(plans()[0], key=lambda plan: len(plan.entries) if plan.id.startswith("90") else 0)
    return [entry for entry in plan.entries if entry.chapter == chapter.id and entry.note]
