"""Choices for a chapter's question, computed from the reader's own text: the right one in front, then wrong ones."""

import random
from collections.abc import Iterable, Sequence

from pages.services.classes.question import Choice, Question, choice
from pages.services.reading import Reading
from pages.ui.words import N_, filled

MOST = 4


def distinct(choices: Iterable[Choice]) -> list[Choice]:
    """The first few that do not read the same; none where there is nothing to choose between."""
    found: dict[str, Choice] = {}
    for one in choices:
        found.setdefault(filled(one.sentence, **dict(one.values)), one)
    kept = list(found.values())[:MOST]
    return kept if len(kept) > 1 else []


def numbers(sentence: str, right: float, *wrong: float) -> list[Choice]:
    """One number in each: `sentence` has it as `{n}`, with its spec."""
    return distinct(choice(sentence, n=number) for number in (right, *wrong))


def positions(reading: Reading, order: Iterable[int]) -> list[Choice]:
    """Tokens of the text, each with its position, in this order."""
    found = (choice(N_("{token}, position {n}"), token=reading.tokens[at], n=at) for at in order)
    return distinct(found)


def pieces(tokens: Sequence[bytes]) -> list[Choice]:
    """Tokens that may come next, in this order."""
    return distinct(choice(N_("{token}"), token=token) for token in tokens)


def question(chapter: str, choices: Sequence[Choice]) -> Question | None:
    """The question with its choices in an order that says nothing, the same on every screen; None without choices."""
    if not choices:
        return None
    written = [filled(one.sentence, **dict(one.values)) for one in choices]
    order = sorted(range(len(choices)), key=written.__getitem__)
    random.Random("".join(sorted(written))).shuffle(order)
    return Question(chapter, tuple(choices[i] for i in order), right=order.index(0))
