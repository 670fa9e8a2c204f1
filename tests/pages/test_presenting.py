"""Presenter mode: every chapter as steps, each drawn alone; the clicker's way through them."""

import pytest

from pages.chapters import CHAPTERS
from pages.ui import chapter, presenting, session, steps, story
from pages.ui.story import Beside
from pages.ui.words import lesson
from tests.pages.conftest import assert_healthy, drawn, words

TEXT = "The old king gave the golden key to the boy. The old king"
IDS = [row.id for row in CHAPTERS]


def names(row) -> list[str]:
    return [name for step in steps.STEPS[row.id] for name in step.split()]


@pytest.mark.parametrize("row", CHAPTERS, ids=IDS)
def test_steps_name_parts_that_there_are(row):
    known = steps.parts_by_name(row)
    assert [name for name in names(row) if name not in known] == []


@pytest.mark.parametrize("row", CHAPTERS, ids=IDS)
def test_each_part_of_the_story_is_in_exactly_one_step(row):
    known, shown = steps.parts_by_name(row), []
    for name in names(row):
        part = known[name]
        shown += [step for _width, step in part.steps] if isinstance(part, Beside) else [part]
    told = story.steps(story.page_of(row).STORY)
    assert [step.__name__ for step in told if shown.count(step) != 1] == []


@pytest.mark.parametrize("row", CHAPTERS, ids=IDS)
def test_a_chapter_has_three_to_seven_steps_with_ids_of_their_own(row):
    ids = [steps.Step(tuple(step.split())).id for step in steps.STEPS[row.id]]
    assert len(set(ids)) == len(ids)
    assert 3 <= len(ids) <= 7 or row.id == "glossary"
    assert (ids[-1] == steps.QUESTION) == hasattr(story.page_of(row), "answer")


def ids_of(chapter: str) -> list[str]:
    return [steps.Step(tuple(step.split())).id for step in steps.STEPS[chapter]]


def presented(run, chapter: str, at: int = 0, **address: object):
    """The chapter in presenter mode at one of its steps."""
    app = run(chapter, **address)
    app.session_state["present"] = True
    app.session_state[f"step {chapter}"] = ids_of(chapter)[at]
    return app.run()


@pytest.mark.parametrize("chapter", IDS)
def test_every_step_draws_in_both_languages(run, chapter, subtests):
    app = presented(run, chapter, lang="en", text=TEXT)
    for at, step in enumerate(steps.STEPS[chapter]):
        for language in ("en", "fr"):
            with subtests.test(f"{step}, {language}"):
                app.session_state["lang"] = language
                app.session_state[f"step {chapter}"] = ids_of(chapter)[at]
                app.run()
                assert_healthy(app)
                assert app.session_state[f"step {chapter}"] == ids_of(chapter)[at]
                assert app.title[0].value == lesson_title(language, chapter)


@pytest.mark.parametrize("chapter", IDS)
def test_every_step_draws_for_whoever_saw_no_other(run, chapter, subtests):
    """A wall that is loaded anew, or a phone that joins: what other steps would have drawn is not in the session."""
    for id in ids_of(chapter):
        with subtests.test(id):
            assert_healthy(run(chapter, present=True, kept={f"step {chapter}": id}, lang="en", text=TEXT))


def test_what_a_link_sets_in_another_step_holds_and_stays_in_the_link(run):
    kept = {"step layer_norm": "numbers_of_one_token"}
    final = run("layer_norm", present=True, kept=kept, lang="en", text=TEXT, layer_norm_which="final", layer=0)
    first = run("layer_norm", present=True, kept=kept, lang="en", text=TEXT, layer=0)
    for app in (final, first):
        assert_healthy(app)
    assert drawn(final) != drawn(first)
    assert final.query_params["layer_norm_which"] == "final"
    nonsense = run("layer_norm", present=True, kept=kept, lang="en", text=TEXT, layer_norm_which="soul", layer=0)
    assert_healthy(nonsense)
    assert drawn(nonsense) == drawn(first)


def test_settings_of_a_link_are_not_carried_into_another_chapter(run):
    app = run(
        "layer_norm",
        present=True,
        kept={"step layer_norm": "numbers_of_one_token"},
        text=TEXT,
        layer_norm_which="final",
    )
    app.switch_page("07_heads.py").run()
    assert_healthy(app)
    assert "layer_norm_which" not in app.query_params


def test_a_candidate_that_this_token_does_not_have_is_the_first(run):
    kept = {"step forward_pass": "formula the_same_by_torch", "forward_candidate": 40}
    for id in ids_of("forward_pass"):
        app = run("forward_pass", present=True, kept=kept | {"step forward_pass": id}, lang="en", text=TEXT)
        assert_healthy(app)


def lesson_title(language: str, chapter: str) -> str:
    number = IDS.index(chapter)
    title = lesson(language, chapter)["title"]
    return f"{number} · {title}" if number else title


@pytest.mark.parametrize("chapter", ["start", "heads", "learning", "glossary"])
def test_without_a_text_a_step_says_what_to_do(run, chapter):
    app = presented(run, chapter, lang="en", text="the")
    app.text_input(key="text").set_value("").run()
    assert_healthy(app)


def test_what_to_look_for_is_said_at_the_first_picture_alone(run):
    app = presented(run, "self_attention", 3, lang="en", text=TEXT)  # before it come experiments
    assert "What to look for" in words(app)
    app.session_state["step self_attention"] = "score"
    assert "What to look for" not in words(app.run())


def test_on_the_wall_a_part_of_the_lesson_is_its_first_sentence_but_a_question_is_whole(monkeypatch):
    """The picture needs the room, and the teacher says the rest."""
    said: list[str] = []
    monkeypatch.setattr(chapter.st, "markdown", said.append)
    monkeypatch.setattr(chapter, "part", lambda _name: "**It adds.** Each adds, A → B. The rest is said.")
    for present, whole in ((False, False), (True, False), (True, True)):
        monkeypatch.setattr(session, "get", {"present": present}.get)
        chapter.say("x", whole=whole)
    assert said == [
        "**It adds.** Each adds, A → B. The rest is said.",
        "**It adds.** Each adds, A → B.",
        "**It adds.** Each adds, A → B. The rest is said.",
    ]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_part_of_every_lesson_has_a_first_sentence(language):
    for row in CHAPTERS:
        for name, text in lesson(language, row.id).items():
            first = chapter.first_sentence(text)
            assert text.startswith(first)
            assert name == "title" or (len(first) > 15 and first.count("**") % 2 == 0), (row.id, name, first)


def test_the_sentence_is_typed_in_the_bar(run):
    app = presented(run, "heads", lang="fr", text=TEXT)
    app.text_input(key="text").set_value("le chat dort").run()
    assert_healthy(app)
    assert app.session_state["text"] == "le chat dort"
    assert len(app.sidebar.text_area) == 0


def test_a_text_of_several_lines_keeps_them(run):
    app = presented(run, "heads", lang="en", text="one\ntwo")
    assert app.text_area(key="text").value == "one\ntwo"
    assert app.session_state["text"] == "one\ntwo"


HEADS = CHAPTERS[7]


@pytest.fixture
def kept(monkeypatch) -> dict[str, object]:
    """A session as a dictionary."""
    state: dict[str, object] = {}
    monkeypatch.setattr(session, "get", lambda key, default=None: state.get(key, default))
    monkeypatch.setattr(session, "set", lambda key, value: state.__setitem__(key, value))
    return state


ABC = ["a", "b", "c"]


def test_the_clicker_goes_on_back_and_to_the_first(kept):
    for way, id in (("on", "b"), ("on", "c"), ("back", "b"), ("on", "c"), ("first", "a")):
        presenting.go(HEADS, way, ids=ABC)
        assert kept["step heads"] == id
    assert presenting.LEAVE not in kept


@pytest.mark.parametrize(
    ("at", "way", "there", "entered"), [("c", "on", "layer_norm", None), ("a", "back", "causal_mask", presenting.LAST)]
)
def test_beyond_its_steps_lies_the_next_chapter(kept, at, way, there, entered):
    kept["step heads"] = at
    presenting.go(HEADS, way, ids=ABC)
    assert kept[presenting.LEAVE] == there
    assert kept["step heads"] == at and kept[f"step {there}"] == entered


def test_a_chapter_entered_from_behind_shows_its_last_step(kept):
    kept["step heads"] = presenting.LAST
    assert presenting.shown(HEADS, ABC) == 2 and kept["step heads"] == "c"
    kept["step heads"] = "gone"
    assert presenting.shown(HEADS, ABC) == 0


def test_it_goes_where_it_was_asked_to_go_once(kept, monkeypatch):
    gone: list[str] = []
    monkeypatch.setattr(presenting.st, "switch_page", gone.append)
    monkeypatch.setattr(presenting.st, "rerun", lambda: gone.append("again"))
    for there in ("layer_norm", "heads", None):
        kept[presenting.LEAVE] = there
        presenting.leave_if_asked(HEADS)
        assert kept[presenting.LEAVE] is None
    assert gone == [CHAPTERS[8].file, "again"]


@pytest.mark.parametrize(("row", "way"), [(CHAPTERS[0], "back"), (CHAPTERS[-1], "on")])
def test_at_either_end_it_stays(kept, row, way):
    kept[f"step {row.id}"] = "only"
    presenting.go(row, way, ids=["only"])
    assert presenting.LEAVE not in kept
