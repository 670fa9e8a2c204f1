"""What a class is asked: a question with choices that were computed from its text, or for the next word."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Value = int | float | str | bytes


@dataclass(frozen=True)
class Choice:
    """One answer to choose: a label of the catalogues with its values, so that everybody reads it in their language."""

    sentence: str
    values: tuple[tuple[str, Value], ...] = ()


def choice(sentence: str, **values: Value) -> Choice:
    """A choice; the values stand in the sentence as `words.filled` fills them in."""
    return Choice(sentence, tuple(values.items()))


@dataclass(frozen=True)
class Question:
    """One round of a chapter's question. `right` is the place of the right choice; a question for a word has none."""

    chapter: str
    choices: tuple[Choice, ...] = ()
    right: int = -1
    text: str = ""  # of a question for a word: what comes before it
    number: int = 0  # counted through the class's hour
    revealed: bool = False

    @property
    def for_a_word(self) -> bool:
        return not self.choices


def written(question: Question) -> str:
    """A question as a store keeps it; tokens are bytes, and go in as hexadecimal digits."""
    choices = [[one.sentence, [[name, _packed(value)] for name, value in one.values]] for one in question.choices]
    return json.dumps({**vars(question), "choices": choices})


def read(said: str) -> Question:
    """The question that `written` wrote."""
    found: dict[str, Any] = json.loads(said)
    choices = [
        Choice(sentence, tuple((name, _unpacked(value)) for name, value in values))
        for sentence, values in found.pop("choices")
    ]
    return Question(choices=tuple(choices), **found)


def _packed(value: Value) -> Any:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def _unpacked(value: Any) -> Value:
    return bytes.fromhex(value["bytes"]) if isinstance(value, dict) else value


def shares(counts: Mapping[str, int], answers: Sequence[str]) -> list[float]:
    """What share of all votes each answer has; all 0 where nobody voted.

    >>> shares({"0": 3, "2": 1}, ["0", "1", "2"])
    [0.75, 0.0, 0.25]
    """
    n = sum(counts.values())
    return [counts.get(answer, 0) / n if n else 0.0 for answer in answers]
