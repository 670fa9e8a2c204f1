"""The summary of a class as a table for spreadsheets: a line for each answer of each round, one for each sentence."""

import csv
import io
from collections.abc import Sequence

from pages.services.classes.classroom import Summary
from pages.services.classes.question import Question
from pages.ui import guessing
from pages.ui.words import _, language, lesson

MARK = "\ufeff"  # makes spreadsheets read accents
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with which a cell begins that a spreadsheet would compute

Row = Sequence[object]


def written(summary: Summary) -> bytes:
    """The table in the teacher's language; empty where nothing was asked and nothing used."""
    rows: list[Row] = []
    for line in summary.lines:
        question = line.question
        right = question.right
        for answer, said in answers(question) if question.choices else [(word, word) for word in line.votes]:
            place: Row = [question.number, title(question), asked(question), said, line.votes.get(answer, 0)]
            rows.append([*place, "x" if answer == str(right) else ""])
    rows.extend(["", "", _("sentence of the class"), text, "", ""] for text in summary.sentences)
    if not rows:
        return b""
    head: Row = [_("round"), _("chapter"), _("question"), _("answer"), _("votes"), _("right")]
    table = io.StringIO()
    csv.writer(table, delimiter="," if language() == "en" else ";").writerows([head, *map(_safe, rows)])
    return (MARK + table.getvalue()).encode()


def answers(question: Question) -> list[tuple[str, str]]:
    """The choices of a question: how each is kept, and how it is read."""
    return [(str(i), said) for i, said in enumerate(guessing.plain(question))]


def title(question: Question) -> str:
    """The chapter's title in the teacher's language."""
    return lesson(language(), question.chapter)["title"]


def asked(question: Question) -> str:
    """What was asked: the chapter's question, or how the text goes on."""
    return question.text if question.for_a_word else lesson(language(), question.chapter)["predict"].replace("**", "")


def _safe(row: Row) -> Row:
    """What a member wrote must not be computed by a spreadsheet."""
    return [f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in row]
