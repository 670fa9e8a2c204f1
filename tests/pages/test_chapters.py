"""The table of chapters is the tree: every row has its page, its lesson and its experiments, none stands beside."""

import importlib

import pytest

from pages import chapters
from pages.chapters import CHAPTERS, PAGES, Chapter, beyond_the_table
from pages.ui import story
from pages.ui.words import ASSETS, LANGUAGES, lesson
from tests.pages.conftest import assert_healthy, said, words

EXPERIMENTS = [(row, id) for row in CHAPTERS for id in row.experiments]


def test_every_page_has_a_row_and_every_row_a_page():
    assert beyond_the_table() == []
    assert [row.file for row in CHAPTERS if not (PAGES / row.file).exists()] == []
    assert len({row.id for row in CHAPTERS}) == len(CHAPTERS)


@pytest.mark.parametrize("row", CHAPTERS, ids=lambda row: row.id)
def test_every_row_has_its_lesson_in_every_language(row):
    assert all((ASSETS / "lessons" / language / f"{row.id}.md").exists() for language in LANGUAGES)


@pytest.mark.parametrize("row", CHAPTERS, ids=lambda row: row.id)
def test_the_experiments_of_a_row_are_the_files_of_its_folder(row):
    folder = PAGES / "experiments" / row.id
    found = {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")} if folder.exists() else set()
    shared = {
        stem for stem in found if not hasattr(importlib.import_module(f"pages.experiments.{row.id}.{stem}"), "TITLE")
    }
    assert found - shared == set(row.experiments)


def test_no_folder_of_experiments_is_without_its_chapter():
    folders = {path.name for path in (PAGES / "experiments").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {row.id for row in CHAPTERS if row.experiments}


@pytest.mark.parametrize("row", CHAPTERS, ids=lambda row: row.id)
def test_a_chapter_is_a_story_of_steps_with_ids_of_their_own(row):
    page = story.page_of(row)
    ids = [step.__name__ for step in story.steps(page.STORY)]
    assert len(set(ids)) == len(ids) >= 2
    assert all(step.__doc__ for step in story.steps(page.STORY))
    assert all(id.isidentifier() and "lambda" not in id for id in ids)


@pytest.mark.parametrize(("row", "id"), EXPERIMENTS, ids=lambda part: getattr(part, "id", part))
def test_an_experiment_has_a_title_and_says_what_it_draws(row, id):
    module = story.experiment(row, id)
    assert module.TITLE
    assert module.draw.__doc__
    assert module.__doc__


def test_a_chapter_without_its_lesson_is_an_error_of_that_chapter_alone(monkeypatch, run):
    def without_heads(language: str, chapter: str) -> dict[str, str]:
        if chapter == "heads":
            raise FileNotFoundError(chapter)
        return lesson(language, chapter)

    monkeypatch.setattr("pages.ui.chapter.lesson", without_heads)
    assert_healthy(run("causal_mask", lang="en", text="one two"))
    assert run("heads", lang="en", text="one two").exception


def test_a_row_without_its_page_leaves_the_others_alone(monkeypatch, run):
    monkeypatch.setattr(chapters, "CHAPTERS", (*CHAPTERS, Chapter("lost", CHAPTERS[-1].section)))
    assert_healthy(run("glossary", lang="en", text="one two"))
    with pytest.raises(ImportError, match=f"{len(CHAPTERS)}_lost"):
        story.page_of(chapters.CHAPTERS[-1])


def test_a_page_beyond_the_table_is_in_the_menu_and_says_what_it_lacks(monkeypatch, run):
    last = CHAPTERS[-1].file
    monkeypatch.setattr(chapters, "CHAPTERS", CHAPTERS[:-1])
    assert beyond_the_table() == [last]
    assert_healthy(run("heads", lang="en", text="one two"))
    assert run(CHAPTERS[-1].id, lang="en", text="one two").exception


def test_an_unknown_experiment_in_a_link_is_told_of_and_the_first_is_shown(run):
    app = run("heads", lang="en", text="one two three", look="no_such")
    assert not app.exception
    assert "“look” does not fit here" in words(app)
    assert app.segmented_control(key="look heads").value == CHAPTERS[7].experiments[0]


def test_each_chapter_keeps_its_own_open_experiment(run):
    app = run("heads", lang="en", text="one two three", look="arcs")
    app.switch_page("06_causal_mask.py").run()
    assert "look" not in app.query_params
    app.segmented_control(key="look causal_mask").set_value("two_ways").run()
    assert said(app, "look") == "two_ways"
    app.switch_page("07_heads.py").run()
    assert said(app, "look") == "arcs"
