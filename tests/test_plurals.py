"""What is counted is said in the form that its number takes, in both languages: one token; in French, 1,5 bit."""

import ast
import re
from collections.abc import Iterator

import pytest

from pages.ui import words as spoken
from pages.ui.words import ASSETS, LANGUAGES, filled
from tests.test_words import SOURCES, read

COUNTED = re.compile(r"\{(\w+)(?::([^{}|]*))?\}\*{0,2} (?:autres |premières |learned |different )?([^\W\d]+[sx])\b")
# What ends like a plural and belongs to no number that could be one.
NO_NOUNS = re.compile(
    "has|is|its|this|as|gives|keeps|adds|looks|gets|becomes|minus|goes|comes|stays|leaves|enters|matters|costs|times|us"
    "|des|les|dans|sous|plus|près|sans|moins|sont|comparent|vers|fois|premiers|cas|après"
)
# Beginnings of sentences whose counts are never one, and why.
NEVER_ONE = {
    "a limit of a lesson's file": (
        "it is larger than {most} bytes",
        "it has more than {most} entries",
        "entry {at}: “{name}” is longer than {most} characters",
    ),
    "the vocabulary": (
        "a probability for {n} tokens",
        "After {last} the model puts",
        "{n} pieces to choose from",
        "{token} has the id {id}: it picks",
        "The output head compares the vector",
        "{n} others",
        "The cuts remove",
        "The sum over all {n:,} tokens",
        "On average {mean:.2f} bits",
        "the {n} tokens of the vocabulary",
        "the {n} tokens met in training",
        "the {n} tokens with which training began",
        "Without temperature and cuts",
        "a vocabulary of {n} whole words",  # which has <|unk|> beside the text's own
    ),
    "the sizes of a model": (
        "{n} parameters",
        "{model}: {n} parameters",
        "{model}: {layers:,|block|blocks}",  # its table and its parameters
        "GPT-3 has {total:,} parameters",
        "For {n:,|token|tokens}: {total:,} multiply",
        "{n:,} multiply-and-adds for",
        "its row of {n} numbers",
        "{n} numbers for each",
        "{n} positions",
        "The vector of each token of the text: a row of {n}",
        "Cosine similarity of every two of the first {n}",
        "dimension (the first",
        "position (the first",
        "Read from the model’s two tables",
        "Layer {layer}, token {token}: {n_in:,} numbers",
        "For {token}, the feed-forward moves",
        "how many of the {n} numbers",
        "On this text, in layer {layer}, the two forms",
        "{n_in:,} → {n_wide:,}",
        "This model sees {n:,} tokens",
        "**Context**, the largest of its {n}",
        "The whole score: all {n} terms",
        "… {n} more terms",
        "Row {id} of the table: the {n} numbers",
        "The values flow",
        "The feed-forward widens it",
        "Without shortcuts, this model’s gradient on your text is larger",
        "For {token}, {n:,} of {all:,} norms",
    ),
    "something fixed": (
        "All {n:,} names in the column",
        "The causal mask forbids {causal} cells",  # of the book's six words
        "{n} steps: ",
        "Medians of {n} runs",
        "This text is too short to learn",
        "Nothing of this text is held back",
        "On the last {n:,} tokens, held back",  # four or more
        "Finished: {step:,} of {steps:,} steps",
        "A French token is easier",
        "A French token is no easier",
        "Measured on the first {piece:,} tokens",
        "Earlier moments keep their",
        "It had read {n:,} of {all:,} tokens",  # of a whole training
        "Kept are the rows of the {n:,} commonest",
        "Its matrices are kept in 8 bits, with the rows of the {n:,} commonest",
        "The text of {all} characters is cut after {most}",
        "**Storyteller, step {step:,}**",  # its losses; 0 tokens read are plural in English
        "**{moment}**, {tokens:,} tokens read",
    ),
    "said only where there are more": (
        "Said twice, this text has",
        "{windows:,|window|windows} of",
        "The first {shown} of {all:,} windows",
        "In its training, this model never met {n} of",
        "Of this moment of its training, no row is kept for {n} of",
        "First {shown} of {all} tokens shown",
        "First {shown} of more than {all} tokens shown",
    ),
}
ALLOWED = tuple(start for starts in NEVER_ONE.values() for start in starts)
TOKENS = {"token", "word", "query", "last"}  # these are not numbers
LIVE = {"steps", "seconds"}  # of a live training, as the server allows


def counts(sentence: str, *, decimals: bool) -> list[str]:
    """Numbers with a noun in the plural right behind them; decimals are always plural in English."""
    numbers = [match for match in COUNTED.finditer(sentence) if match[1] not in TOKENS]
    found = [match for match in numbers if not NO_NOUNS.fullmatch(match[3]) and "%" not in (match[2] or "")]
    return [match[0] for match in found if decimals or "." not in (match[2] or "")]


def sentences() -> Iterator[tuple[str, str]]:
    """Each label of the code, in English and in French, without those that gettext has in both forms."""
    for path in SOURCES:
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        said = [call.args[0] for call in calls if ast.unparse(call.func) in {"_", "N_"} and call.args]
        for label in said:
            if isinstance(label, ast.Constant):
                yield str(label.value), "en"
    for path in (ASSETS / "locale" / "fr").glob("*.po"):
        for message in read(path):
            if message.id and isinstance(message.id, str):
                yield message.id + "\n" + str(message.string), "fr"


def test_a_count_that_can_be_one_takes_its_noun_with_it():
    found = []
    for said, language in sentences():
        label, _line, french = said.partition("\n")
        if not label.startswith(ALLOWED) and (wrong := counts(french or label, decimals=language == "fr")):
            found.append((label, wrong))
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_so_it_is_in_lessons(language):
    prose = "\n".join(path.read_text("utf-8") for path in (ASSETS / "lessons" / language).glob("*.md"))
    assert [
        one for one in counts(prose, decimals=language == "fr") if not any(f"{{{name}" in one for name in LIVE)
    ] == []


def test_what_is_allowed_is_still_said():
    labels = [said.partition("\n")[0] for said, _language in sentences()]
    assert [start for start in ALLOWED if not any(label.startswith(start) for label in labels)] == []


@pytest.mark.parametrize(
    ("language", "sentence", "n", "said"),
    [
        ("en", "{n:,|token|tokens}", 1, "1 token"),
        ("en", "{n:,|token|tokens}", 0, "0 tokens"),
        ("en", "{n:.1f|bit|bits}", 1.0, "1\\.0 bits"),
        ("fr", "{n:,|token|tokens}", 0, "0 token"),
        ("fr", "{n:,|token|tokens}", 1, "1 token"),
        ("fr", "{n:,|token|tokens}", 2, "2 tokens"),
        ("fr", "{n:.1f|bit|bits}", 1.94, "1\\,9 bit"),
        ("fr", "{n:.1f|bit|bits}", 1.96, "2\\,0 bits"),
        ("fr", "{n:,|token|tokens}", 1_000_000, "1\u202f000\u202f000 tokens"),
        ("en", "{n:.1f|bit|bits}", float("inf"), "∞ bits"),
        ("en", "{n:|is|are}", 1, "is"),
    ],
)
def test_a_noun_follows_its_number_as_it_is_written(monkeypatch, language, sentence, n, said):
    monkeypatch.setattr(spoken, "language", lambda: language)
    assert filled(sentence, n=n) == said


@pytest.mark.parametrize(
    "wrong", ["{n:,} tokens make it", "{n} degrees of freedom", "**{n:,}** neurons", "{x} autres mots"]
)
def test_a_bare_plural_is_noticed(wrong):
    assert counts(wrong, decimals=False)
