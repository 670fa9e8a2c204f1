"""Lessons from YAML: ours hold, a teacher's own is checked, and the clicker follows it from chapter to chapter."""

import pytest

from pages.chapters import CHAPTERS
from pages.ui import lesson_plan, presenting, session, steps
from pages.ui.lesson_plan import PlanError, parse, plans
from pages.ui.words import LANGUAGES
from tests.pages.conftest import assert_healthy, plain

GOOD = b"""
title: {en: Mine, fr: La mienne}
entries:
  - {chapter: heads, step: one_head, minutes: 3, note: Ask., text: {en: one two, fr: un deux}, layer: 2, head: 1}
  - {chapter: heads, step: arcs}
  - {chapter: block}
"""


def test_ours_can_be_read_and_say_everything_in_both_languages():
    found, wrong = plans()
    assert wrong == []
    assert [plan.id for plan in found] == ["20-minutes.yaml", "90-minutes.yaml"]
    for plan in found:
        assert set(plan.title) == set(LANGUAGES)
        assert all(set(entry.note) == set(LANGUAGES) and entry.minutes for entry in plan.entries)
    total = {plan.id: sum(entry.minutes or 0 for entry in plan.entries) for plan in found}
    assert total["20-minutes.yaml"] <= 20 and 80 <= total["90-minutes.yaml"] <= 90


def test_the_long_lesson_goes_through_every_chapter_of_the_lecture_in_order():
    plan = next(plan for plan in plans()[0] if plan.id.startswith("90"))
    visited = list(dict.fromkeys(entry.chapter for entry in plan.entries))
    lecture = [row.id for row in CHAPTERS if row.id not in ("glossary",)]
    assert set(visited) == set(lecture)
    told = " ".join(entry.note["fr"] for entry in plan.entries)
    sections = (
        *("2.1", "2.4", "3.1", "3.2", "3.3", "3.4", "3.5", "4.1", "4.2", "4.3", "4.4", "4.5", "4.6"),
        *("5.1", "5.2", "5.3", "5.4", "5.5", "5.6"),
    )
    assert [section for section in sections if section not in told] == []


def test_a_good_file_is_taken():
    plan = parse("mine.yaml", GOOD)
    assert [(entry.chapter, entry.step) for entry in plan.entries] == [
        ("heads", "one_head"), ("heads", "arcs"), ("block", "wiring"),
    ]  # fmt: skip
    assert plan.entries[0].note == {"en": "Ask.", "fr": "Ask."}
    assert plan.entries[0].text["fr"] == "un deux" and plan.entries[0].minutes == 3


BAD = {
    b"entries: [": "not YAML",
    b"": "needs a title and entries",
    b"just words": "needs a title and entries",
    b"entries: []": "needs a title and entries",
    b"entries: [3]": "entry 1 is not a list",
    b"entries: [{chapter: soul}]": "there is no chapter \u201csoul\u201d",
    b"entries: [{chapter: heads, step: arc}]": "has no step \u201carc\u201d, but one_head",
    b"entries: [{chapter: heads, layer: -1}]": "\u201clayer\u201d is not a whole number",
    b"entries: [{chapter: heads, layer: true}]": "\u201clayer\u201d is not a whole number",
    b"entries: [{chapter: heads, layers: 1}]": "\u201clayers\u201d is not known",
    b"entries: [{chapter: heads, text: [1]}]": "\u201ctext\u201d is not a text",
    b"entries: [{chapter: heads, text: {de: ja}}]": "\u201ctext\u201d is not a text",
    b"entries: [{chapter: heads, note: " + b"a" * 2_001 + b"}]": "longer than 2000 characters",
    b"entries: [" + b"{chapter: heads}, " * 201 + b"]": "more than 200 entries",
    b"#" * 64_001: "larger than 64000 bytes",
    b"entries: !!python/object/apply:os.system [ls]": "not YAML",
    b"\xff\xfe\x00": "not YAML",
    b"title: 2001-99-99\nentries: [{chapter: heads}]": "not YAML",
    b"[" * 5_000: "not YAML",
    b"entries: [!!bool nope]": "not YAML",
    b"entries: [!!timestamp foo]": "not YAML",
    b"entries: [!!int '']": "not YAML",
    b'title: "\\ud800"\nentries: [{chapter: heads}]': "\u201ctitle\u201d is not a text",
    b'entries: [{chapter: "\\ud800"}]': "there is no chapter \u201c?\u201d",
    b"entries: [{chapter: [[heads]]}]": "there is no chapter \u201c\u2026\u201d",
    b"entries: [{chapter: heads, step: {a: b}}]": "has no step \u201c\u2026\u201d",
}


@pytest.mark.parametrize("content", BAD, ids=lambda content: content[:40].decode(errors="replace"))
def test_what_is_wrong_with_a_file_is_said(content):
    with pytest.raises(PlanError) as found:
        parse("mine.yaml", content)
    assert BAD[content] in str(found.value) and str(found.value).startswith("mine.yaml: ")


def test_a_teachers_folder_is_read_and_a_bad_file_there_costs_no_other(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_bytes(GOOD)
    (tmp_path / "bad.yml").write_bytes(b"entries: [{chapter: soul}]")
    monkeypatch.setattr(lesson_plan, "LESSONS", str(tmp_path))
    found, wrong = plans()
    assert [plan.id for plan in found][-1] == "mine.yaml"
    assert [error.file for error in wrong] == ["bad.yml"]
    monkeypatch.setattr(lesson_plan, "LESSONS", str(tmp_path / "nowhere"))
    assert plans()[1] == []


def test_a_lesson_named_as_one_of_ours_stands_in_its_place(tmp_path, monkeypatch):
    (tmp_path / "90-minutes.yaml").write_bytes(GOOD)
    monkeypatch.setattr(lesson_plan, "LESSONS", str(tmp_path))
    found, wrong = plans()
    assert wrong == [] and [plan.id for plan in found] == ["20-minutes.yaml", "90-minutes.yaml"]
    assert found[1].title == {"en": "Mine", "fr": "La mienne"}
    monkeypatch.setattr(session, "get", {lesson_plan.PLAN: "90-minutes.yaml"}.get)
    assert lesson_plan.taught() == found[1]


def test_a_file_whose_name_is_no_text_has_one_that_can_be_shown(tmp_path, monkeypatch):
    (tmp_path / "le\udce7on.yaml").write_bytes(GOOD)
    (tmp_path / "mal\udce7.yaml").write_bytes(b"")
    monkeypatch.setattr(lesson_plan, "LESSONS", str(tmp_path))
    found, wrong = plans()
    assert found[-1].id == "le?on.yaml" and wrong[0].file == "mal?.yaml"


@pytest.fixture
def teaching(tmp_path, monkeypatch):
    """A lesson of three steps is taught, in a session that is a dictionary."""
    (tmp_path / "mine.yaml").write_bytes(GOOD)
    monkeypatch.setattr(lesson_plan, "LESSONS", str(tmp_path))
    state: dict[str, object] = {lesson_plan.PLAN: "mine.yaml", "lang": "fr", "text": "the class's own"}
    monkeypatch.setattr(session, "get", lambda key, default=None: state.get(key, default))
    monkeypatch.setattr(session, "set", lambda key, value: state.__setitem__(key, value))
    return state


def test_the_clicker_follows_the_lesson(teaching):
    heads = CHAPTERS[7]
    presenting.begin_lesson()
    assert teaching[presenting.LEAVE] == "heads" and teaching["text"] == "un deux" and teaching["layer"] == 2
    assert teaching[steps.key(heads)] == "one_head"
    teaching["text"] = "typed by the class"
    presenting.go(heads, "on", ids=["one_head", "arcs"])
    assert teaching[steps.key(heads)] == "arcs" and teaching["text"] == "typed by the class"
    presenting.go(heads, "on", ids=["one_head", "arcs"])
    assert teaching[presenting.LEAVE] == "block"
    presenting.go(CHAPTERS[11], "on", ids=["wiring"])
    assert teaching[lesson_plan.AT] == 2  # the end
    presenting.go(CHAPTERS[11], "first", ids=["wiring"])
    assert teaching[lesson_plan.AT] == 0


def test_notes_are_on_the_teachers_page_and_never_on_the_wall(run):
    app = run("heads", lang="fr", text="le chat dort")
    app.session_state["notes heads"] = True
    app.run()
    assert_healthy(app)
    assert "montrer, puis lire" in plain(app)
    app.session_state["present"] = True
    app.run()
    assert_healthy(app)
    assert "montrer, puis lire" not in plain(app)


def test_a_lesson_is_chosen_in_the_bar(run):
    app = run("heads", lang="en", text="one two three")
    app.session_state["present"] = True
    app.run()
    app.selectbox(key=lesson_plan.PLAN).set_value("20-minutes.yaml").run()
    assert_healthy(app)
    assert app.session_state["text"].startswith("Once upon a time")
    assert app.title[0].value == "From text to the next word"
