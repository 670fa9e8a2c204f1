"""The ready texts: each has an outcome that is sure and can be told (`tests.storyteller.find_examples`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from gpt_core import load_model
from tests.storyteller.find_examples import TOKENIZER, outcome

EXAMPLES = json.loads((Path(__file__).parent.parent / "assets" / "examples.json").read_text("utf-8"))
BOOK = ("Your journey starts with one step", "Hello, I am")  # as the book has them
PIECES = ("hippopotamus", "hippopotame")  # chosen for how they fall into tokens
TOLD = [
    (language, example)
    for language, found in EXAMPLES.items()
    for example in found
    if example["text"] not in BOOK and not any(word in example["text"] for word in PIECES)
]


@pytest.mark.parametrize(("language", "example"), TOLD, ids=lambda value: str(value)[:40])
def test_what_comes_out_of_an_example_is_sure_and_can_be_told(language: str, example: dict[str, Any]):
    found = outcome(load_model("storyteller"), example["text"], token=example.get("token"))
    assert found.is_sure, found
    assert found.is_clear, found


def test_few_examples_are_there_for_something_else():
    assert {language: len(found) for language, found in EXAMPLES.items()} == {"en": 7, "fr": 7}
    assert len(TOLD) == 9


def test_the_first_examples_tell_what_they_told_when_they_were_chosen():
    model = load_model("storyteller")
    english, french = (outcome(model, EXAMPLES[language][0]["text"]) for language in ("en", "fr"))
    assert (english.looks_at, english.next_word) == (b" girl", b" She")
    assert (french.looks_at, french.next_word) == (b" je", b" assure")
    assert english.share > 0.8
    assert french.share > 0.9
    assert english.probability > 0.5
    assert french.probability > 0.5


@pytest.mark.parametrize("language", EXAMPLES)
def test_no_example_has_an_apostrophe_of_two_broken_tokens(language: str):
    assert not [example["text"] for example in EXAMPLES[language] if "’" in example["text"]]


def test_a_token_that_an_example_names_is_in_its_text():
    (named,) = [example for example in EXAMPLES["en"] if "token" in example]
    assert TOKENIZER.token(TOKENIZER.encode(named["text"])[named["token"]]) == b" it"
