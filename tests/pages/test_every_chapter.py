"""What holds for every chapter: it draws, in both languages, for any text and any model, and its checks hold."""

import re
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from pages.chapters import CHAPTERS as TABLE
from pages.services.reading import read
from pages.services.shared import engine
from pages.ui import take_along
from pages.ui.choices import Choices
from pages.ui.take_along import Asked
from pages.ui.words import ASSETS, catalogue
from tests.pages.conftest import HOSTILE, assert_healthy, drawn, explore, said, words
from tests.pages.test_handout import Seen

CHAPTERS = [row.id for row in TABLE]
HYPHEN = r"(?<!\w)-\d"  # in front of a number stands the minus of mathematics
KING = "The old king gave the golden key to the boy."


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_draws_in_both_languages_and_its_checks_hold(run, chapter):
    app = run(chapter, lang="en", text=KING)
    assert_healthy(app)
    english = words(app)
    app.sidebar.segmented_control(key="lang").set_value("fr").run()
    assert_healthy(app)
    french = words(app)
    assert app.title[0].value in french
    assert re.findall(r"(?<![\\}^_{])\{[a-z_]+\}", english + french) == []
    assert [label for label in english_only() if re.search(rf"(?<!\w){re.escape(label)}(?!\w)", french)] == []


EXPERIMENTS = [f"{row.id}/{id}" for row in TABLE for id in row.experiments]
CASES = [("fr", f"{KING} The old king"), ("en", "a"), ("fr", "the the"), ("en", "<b>x</b> $y$ 👨‍👩‍👧")]


TABLE_LABEL = "Les données de cette image en tableau"
# They say things in words, or have numbers only when the reader has asked for them.
WITHOUT_NUMBERS = {
    "forward_pass/room",
    *("start/two_stages", "start/uses", "forward_pass/book_example", "generation/branches"),
    *("generation/random_against_trained", "learning/live", "learning/stories"),
}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_opens_by_a_link_and_draws_any_text_in_both_languages(run, experiment, subtests):
    chapter, _, id = experiment.partition("/")
    language, text = CASES[0]
    app = run(chapter, lang=language, text=text, look=id, kept={f"data {experiment}": True})
    with subtests.test("a link opens it, and the address says so"):
        assert_healthy(app)
        assert app.segmented_control(key=f"look {chapter}").value == id
        first = next(row for row in TABLE if row.id == chapter).experiments[0]
        assert said(app, "look", first) == id
    for language, text in CASES:
        with subtests.test(f"{language}: {text}"):
            linked = text == CASES[0][1]
            if not linked:
                explore(app, experiment, lang=language, text=text, **{f"data {experiment}": False})
            assert_healthy(app)
            if linked and experiment not in WITHOUT_NUMBERS:
                found = [one.value for fold in app.expander if fold.label == TABLE_LABEL for one in fold.dataframe]
                assert [frame.empty for frame in found] == [False] * max(len(found), 1)
            if linked:
                seen = Seen(take_along.make_handout(asked_of(app, chapter, id)))
                assert seen.tags.count("h2") == 1
                assert experiment in WITHOUT_NUMBERS or "figure" in seen.tags or "dl" in seen.tags
            texts = [one for figure in drawn(app).values() for one in written_in(figure)]
            assert [one for one in texts if re.search(HYPHEN, one)] == []


def asked_of(app: AppTest, chapter: str, id: str) -> Asked:
    """A hand-out of this chapter with this experiment, as this session has it."""
    row = next(row for row in TABLE if row.id == chapter)
    kept = {name: app.session_state[name] for name in ("text", "model", "layer", "head", "token", "key", "lang")}
    chosen = Choices(**kept, present=False)
    reading, links = read(chosen.model, chosen.text), {chapter: "https://example.org"}
    return Asked((row,), reading, chosen, links, kept, {chapter: (id,)})


def written_in(part: object) -> Iterator[str]:
    """Every text of a figure that is not an array of numbers."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for name, value in part.items():
            if name not in {"bdata", "source", "path"}:
                yield from written_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from written_in(value)


def english_only() -> list[str]:
    """English labels of three words and more that are said otherwise in French."""
    catalogue("fr")
    found = []
    for path in (ASSETS / "locale" / "fr").glob("*.po"):
        found += re.findall(r'^msgid "((?:\w+[ ,]+){2,}\w+[^"{]*)"$', path.read_text("utf-8"), flags=re.MULTILINE)
    return [label for label in found if catalogue("fr").gettext(label) != label]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_any_text_goes_through(run, chapter, subtests):
    app = run(chapter, lang="fr", text=KING)
    for text in HOSTILE:
        with subtests.test(text):
            app.sidebar.text_area(key="text").set_value(text).run()
            assert_healthy(app)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_empty_text_is_met_with_a_friendly_word(run, chapter):
    app = run(chapter, lang="en", text=KING)
    app.sidebar.text_area(key="text").set_value("").run()
    assert_healthy(app)


@pytest.mark.parametrize("name", [name for name in engine.available_models() if name != "random-124m"])
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_bundled_model_goes_through(run, chapter, name):
    app = run(chapter, lang="en", text=KING, model=name, layer=1, head=1)
    assert_healthy(app)
    assert app.sidebar.selectbox(key="model").value == name
