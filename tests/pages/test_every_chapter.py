"""What holds for every chapter: it draws, in both languages, for any text, and its checks hold."""

import pytest

from pages.ui.chapter import files, name_of
from tests.pages.conftest import HOSTILE, assert_healthy, words

CHAPTERS = [name_of(file) for file in files()]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_draws_and_its_checks_hold(run, chapter, language):
    app = run(chapter, lang=language, text="The old king gave the golden key to the boy.")
    assert_healthy(app)
    assert app.title


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_empty_text_is_met_with_a_friendly_word(run, chapter):
    app = run(chapter, lang="en", text="")
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_any_text_goes_through(run, chapter, text):
    app = run(chapter, lang="fr", text=text)
    assert_healthy(app)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_braces_are_left_unfilled(run, chapter):
    assert "{" not in words(run(chapter, lang="fr", text="Hello")).replace("\\{", "")
