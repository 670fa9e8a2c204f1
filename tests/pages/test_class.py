"""A class in the app: opened, joined by its code, followed, left and closed; two sessions of one classroom."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from gpt_core.weights.catalogue import steps_of
from pages.chapters import CHAPTERS
from pages.services.classes import cookies
from pages.services.classes.classroom import Classroom, Place, Right, State, Summary
from pages.services.classes.question import Question, choice
from pages.services.classes.question import read as question_read
from pages.services.classes.question import written as question_written
from pages.services.classes.sqlite_store import SqliteStore
from pages.services.classes.store import StoreAwayError, StoreFullError
from pages.services.reading import read, tokenizer
from pages.services.shared import classroom
from pages.ui import class_summary, guess, guessing, in_class, session, story, style
from pages.ui.choices import Choices
from pages.ui.words import catalogue, lesson
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, plain, said, words

TEXT = "The old king gave the golden key to the boy."


@dataclass
class Browser:
    """What a reader's browser brings along."""

    cookies: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def browser(monkeypatch) -> Browser:
    """The browser of the session that runs next."""
    now = Browser()
    monkeypatch.setattr(session, "cookies", lambda: now.cookies)
    return now


@pytest.fixture
def room(monkeypatch, tmp_path) -> Classroom:
    """The server's classroom with a store of its own."""
    monkeypatch.setattr(classroom, "store", SqliteStore(tmp_path / "classes.sqlite3"))
    return classroom


@pytest.fixture
def open_class(run, room, browser) -> Callable[..., tuple[Any, Right]]:
    """A teacher's page of a chapter, and the right to the class that was opened there."""

    def opened(chapter: str, **address: object) -> tuple[Any, Right]:
        teacher = run(chapter, **{"lang": "en", "text": TEXT} | address)
        teacher.button(key="open_class").click().run()
        assert_healthy(teacher)
        return teacher, teacher.session_state[in_class.RIGHT]

    return opened


def line(app) -> dict[str, Any]:
    """What the component that follows a class was told."""
    return component(app, "glassbox_class_line")


def component(app, name: str) -> dict[str, Any]:
    (found,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == name]
    return json.loads(found.json or found.bytes)


def chapter_of(app) -> str:
    return next(row.id for row in CHAPTERS if app.title[0].value.endswith(lesson(said(app, "lang"), row.id)["title"]))


def test_what_the_teacher_does_is_what_the_class_sees(open_class, room):
    teacher, right = open_class("heads", layer=1, head=2, token=4)
    place = room.state(right.code).place
    assert place.chapter == "heads"
    assert {name: place.said[name] for name in ("text", "layer", "head", "token")} == {
        "text": TEXT, "layer": "1", "head": "2", "token": "4",
    }  # fmt: skip
    assert "lang" not in place.said
    before = room.state(right.code).shown
    teacher.sidebar.slider(key="layer").set_value(3).run()
    assert room.state(right.code).place.said["layer"] == "3"
    assert room.state(right.code).shown == before + 1
    teacher.run()
    assert room.state(right.code).shown == before + 1, "nothing has changed"
    assert line(teacher)["shown"] <= before + 1


def test_a_class_slides_through_the_training_with_its_teacher(open_class, run, room):
    teacher, right = open_class("heads")
    first, *_, last = steps_of(said(teacher, "model"))
    teacher.sidebar.select_slider(key="moment").set_value(str(last)).run()
    assert room.state(right.code).place.said["moment"] == str(last)
    member = run("start", lang="fr", **{"class": right.code})
    assert_healthy(member)
    for step in (str(first), ""):
        teacher.sidebar.select_slider(key="moment").set_value(step).run()
        member.run()
        assert member.sidebar.select_slider(key="moment").value == step == said(member, "moment")
        np.testing.assert_array_equal(chart_numbers(member, "attention"), chart_numbers(teacher, "attention"))
        assert_healthy(member)


@pytest.mark.parametrize(("name", "value"), [("moment", "30"), ("model", "gpt2"), ("text", "b"), ("layer", "2")])
def test_where_the_class_goes_on_to_another_model_or_moment_or_text_the_whole_page_follows(monkeypatch, name, value):
    """And not the chapter alone, whose text is read already."""
    said, asked = {"text": "a", "model": "m", "layer": "1"}, []
    places = (Place("heads", said), Place("heads", said | {name: value}))
    before, now = (State("ABCDEF", shown, place, None) for shown, place in enumerate(places))
    monkeypatch.setattr(in_class.classroom, "state", lambda code: now)
    monkeypatch.setattr(session, "set_and_rerun", lambda: asked.append(name))
    kept = {in_class.CODE: "ABCDEF", in_class.NOW: before, in_class.SHOWN: before.place, in_class.SEEN: before.shown}
    with session.aside(kept):
        assert in_class.goes_on("heads")
    assert asked == [name] * (name in in_class.WHOLE_PAGE)
    assert (name in asked) == (name != "layer")


def test_a_member_sees_the_teacher_s_chapter_text_and_settings_in_a_language_of_his_own(open_class, run, room):
    teacher, right = open_class("heads", layer=1, head=2, token=4)
    member = run("start", lang="fr", **{"class": right.code})
    assert_healthy(member)
    assert chapter_of(member) == "heads"
    sliders = {slider.key: slider.value for slider in member.sidebar.slider}
    assert (sliders["layer"], sliders["head"], sliders["token"]) == (1, 2, 4)
    assert member.sidebar.text_area(key="text").value == TEXT
    assert said(member, "lang") == "fr"
    assert said(member, "class") == right.code
    assert right.code[:3] in words(member)
    teacher.sidebar.text_area(key="text").set_value("one two three four five six").run()
    teacher.sidebar.slider(key="layer").set_value(3).run()
    member.run()
    assert member.sidebar.slider(key="layer").value == 3
    assert member.sidebar.text_area(key="text").value == "one two three four five six"
    teacher.switch_page("14_generation.py").run()
    teacher.session_state["generation_top_k"] = 10
    teacher.run()
    member.run()
    assert chapter_of(member) == "generation"
    assert member.session_state["generation_top_k"] == 10
    assert drawn(member)
    assert_healthy(member)


def test_the_class_sees_the_step_that_is_on_the_wall(open_class, run):
    teacher, right = open_class("heads")
    teacher.session_state["present"] = True
    teacher.run()
    teacher.session_state["step heads"] = "arcs"
    teacher.run()
    member = run("heads", **{"class": right.code})
    assert_healthy(member)
    assert list(drawn(member)) == ["arcs"]
    teacher.session_state["step heads"] = "all_heads"
    teacher.run()
    member.run()
    assert "look" not in member.query_params
    teacher.session_state["step heads"] = "roles"
    teacher.run()
    member.run()
    assert member.query_params["look"] == "roles"
    teacher.session_state["present"] = False
    teacher.run()
    member.run()
    assert len(drawn(member)) > 1


def test_a_member_who_explores_alone_is_left_alone_and_comes_back(open_class, run):
    teacher, right = open_class("heads", layer=1)
    member = run("heads", **{"class": right.code})
    member.button(key="alone").click().run()
    teacher.sidebar.slider(key="layer").set_value(3).run()
    member.sidebar.slider(key="layer").set_value(0).run()
    assert member.sidebar.slider(key="layer").value == 0
    member.switch_page("01_tokens.py").run()
    assert chapter_of(member) == "tokens"
    member.button(key="back").click().run()
    assert chapter_of(member) == "heads"
    assert member.sidebar.slider(key="layer").value == 3
    assert_healthy(member)


def test_a_reload_keeps_a_member_in_the_class_and_the_teacher_its_teacher(open_class, run, room, browser):
    teacher, right = open_class("heads", layer=1)
    secret = room.claim(right.code, line(teacher)["ticket"])
    assert secret
    browser.cookies[cookies.TEACHER] = cookies.teacher_cookie(right.code, secret)
    wall = run("start", lang="en")
    assert chapter_of(wall) == "heads"
    wall.sidebar.slider(key="layer").set_value(2).run()
    assert room.state(right.code).place.said["layer"] == "2"
    assert "class" not in wall.query_params
    teacher.run()
    assert teacher.sidebar.slider(key="layer").value == 2
    assert room.state(right.code).place.said["layer"] == "2"
    assert secret not in str(line(wall)) + str(dict(wall.query_params)) + words(wall)


def test_a_page_that_its_teacher_opens_leads_the_class(open_class, run, room, browser):
    """So does the page of a teacher after a restart, whatever is clicked first."""
    teacher, right = open_class("heads", layer=1)
    secret = room.claim(right.code, line(teacher)["ticket"])
    browser.cookies[cookies.TEACHER] = cookies.teacher_cookie(right.code, secret)
    assert_healthy(run("layer_norm"))
    assert room.state(right.code).place.chapter == "layer_norm"
    assert room.state(right.code).place.said["text"] == TEXT
    assert_healthy(run("tokens", text="another text"))
    assert room.state(right.code).place.chapter == "tokens"
    assert room.state(right.code).place.said["text"] == "another text"


def test_a_run_that_nobody_sees_leads_the_class_nowhere(open_class, run, room, browser):
    teacher, right = open_class("heads", layer=1)
    secret = room.claim(right.code, line(teacher)["ticket"])
    browser.cookies[cookies.TEACHER] = cookies.teacher_cookie(right.code, secret)
    before = room.state(right.code)
    after_restart = run("layer_norm", unseen=1)
    assert_healthy(after_restart)
    assert "unseen" not in after_restart.query_params
    assert room.state(right.code) == before
    after_restart.run()
    assert room.state(right.code).place == Place("layer_norm", before.place.said)


def test_a_page_after_a_restart_says_nothing_new_where_the_class_is_already(open_class, run, room, browser):
    teacher, right = open_class("heads", layer=1)
    secret = room.claim(right.code, line(teacher)["ticket"])
    browser.cookies[cookies.TEACHER] = cookies.teacher_cookie(right.code, secret)
    before = room.state(right.code)
    after_restart = run("heads", **teacher.query_params)
    assert_healthy(after_restart)
    assert line(after_restart)["ticket"] == ""
    assert room.state(right.code) == before
    after_restart.sidebar.slider(key="layer").set_value(0).run()
    assert room.state(right.code).place.said["layer"] == "0"
    after_restart.sidebar.slider(key="layer").set_value(1).run()
    assert room.state(right.code).place == before.place


@pytest.mark.parametrize("cookie", ["", "AAAAAA.x", "{code}.", "{code}.wrong", "{code}", ".", "\ud800.x"])
def test_another_s_cookie_makes_nobody_a_teacher(open_class, run, room, browser, cookie):
    _teacher, right = open_class("heads", layer=1)
    before = room.state(right.code)
    browser.cookies[cookies.TEACHER] = cookie.format(code=right.code)
    stranger = run("heads", lang="en", text="another text", layer=0)
    assert_healthy(stranger)
    assert stranger.button(key="open_class")
    assert room.state(right.code) == before


@pytest.mark.parametrize("code", ["AAAAAA", "nonsense", "", "<b>x</b>", "x" * 5_000, "' OR 1=1"])
def test_an_unknown_code_is_said_and_costs_nobody_the_page(run, room, code):
    app = run("heads", lang="en", text=TEXT, layer=2, **{"class": code})
    assert_healthy(app)
    assert app.sidebar.slider(key="layer").value == 2
    assert ("There is no class" in words(app)) == bool(code)
    assert "<b>" not in words(app)
    assert "class" not in app.query_params
    app.run()
    assert "There is no class" not in words(app)


def test_a_class_that_is_closed_is_over_for_its_members_and_what_they_see_stays(open_class, run, room):
    teacher, right = open_class("heads", layer=1)
    member = run("heads", lang="fr", **{"class": right.code})
    teacher.button(key="close_class").click().run()
    assert_healthy(teacher)
    assert "everything of it is deleted" in words(teacher)
    assert teacher.button(key="open_class")
    member.run()
    assert_healthy(member)
    assert catalogue("fr").gettext("The class is over. What is on screen stays.") in words(member)
    assert member.sidebar.slider(key="layer").value == 1
    assert "class" not in member.query_params
    member.run()
    assert not member.get("bidi_component") or "glassbox_class_line" not in str(member.get("bidi_component"))


def test_that_a_class_is_over_is_said_also_where_the_run_that_was_to_say_it_is_left(open_class, run, room, leave):
    teacher, right = open_class("heads", layer=1)
    member = run("heads", lang="en", **{"class": right.code})
    left = leave(style, "apply")
    teacher.button(key="close_class").click().run()
    assert left
    assert "everything of it is deleted" in words(teacher)
    assert "everything of it is deleted" not in words(teacher.run())
    left.clear()
    assert "The class is over." in words(member.run())
    assert left
    assert "The class is over." not in words(member.run())


def test_a_store_that_is_away_costs_nobody_the_lesson_and_following_resumes(open_class, run, room, monkeypatch):
    teacher, right = open_class("heads", layer=1)
    member = run("heads", lang="en", **{"class": right.code})
    store = room.store

    class Away:
        def __getattr__(self, name: str):
            def fail(*_arguments: object, **_named: object) -> None:
                raise StoreAwayError("no answer")

            return fail

    monkeypatch.setattr(room, "store", Away())
    for app in (teacher, member):
        app.sidebar.slider(key="layer").set_value(3).run()
        assert_healthy(app)
        assert "cannot be reached at the moment" in words(app)
        assert app.sidebar.slider(key="layer").value == 3
    newcomer = run("heads", lang="en", text=TEXT, **{"class": right.code})
    assert_healthy(newcomer)
    monkeypatch.setattr(room, "store", store)
    teacher.run()
    assert room.state(right.code).place.said["layer"] == "3"
    newcomer.run()
    assert newcomer.sidebar.slider(key="layer").value == 3


def test_a_full_disk_is_said_to_the_teacher_alone(open_class, room, monkeypatch):
    teacher, _right = open_class("heads", layer=1)

    def full(*_arguments: object, **_named: object) -> None:
        raise StoreFullError

    monkeypatch.setattr(room.store, "update", full)
    teacher.sidebar.slider(key="layer").set_value(3).run()
    assert_healthy(teacher)
    assert "There is no room" in words(teacher)
    monkeypatch.setattr(room.store, "create", full)
    teacher.button(key="close_class").click().run()
    teacher.button(key="open_class").click().run()
    assert_healthy(teacher)
    assert "There is no room" in words(teacher)


def test_whoever_is_in_no_class_asks_no_store(run, room):
    run("start", lang="en")
    assert not room.store.path.exists()


def test_what_does_not_fit_a_member_is_met_kindly(open_class, run, room):
    _teacher, right = open_class("heads")
    for place in (
        Place("no such chapter", {"text": "x"}),
        Place("heads", {"layer": "99", "what": "x", "model": "?"}, "no such step"),
    ):
        room.show(right, place)
        member = run("tokens", lang="en", text=TEXT, **{"class": right.code})
        assert_healthy(member)


# Votes


@pytest.fixture
def member(run, browser) -> Callable[..., Any]:
    """`member(right, "a")` is the page of one more member, who has a number of his own."""

    def joined(right: Right, number: str, **address: object) -> Any:
        browser.cookies = {cookies.MEMBER: number}
        return run("start", **{"class": right.code} | address)

    return joined


def act(browser: Browser, app: Any, number: str, key: str) -> Any:
    """What a member does on his page, with his own cookie."""
    browser.cookies = {cookies.MEMBER: number}
    return app.button(key=key).click().run()


def test_a_question_becomes_a_vote_is_revealed_and_asked_again(open_class, member, room, browser):
    teacher, right = open_class("causal_mask")
    teacher.session_state["predict causal_mask"] = True
    teacher.run()
    teacher.button(key="ask").click().run()
    assert_healthy(teacher)
    question = room.state(right.code).question
    n = len(teacher.session_state["name, reading and choices of the chapter this run draws"][1].ids)
    assert dict(question.choices[question.right].values) == {"n": n * (n - 1) // 2}
    pages = {name: member(right, name, lang="fr") for name in "abc"}
    for name, app in pages.items():
        browser.cookies = {cookies.MEMBER: name}
        assert_healthy(app)
        assert catalogue("fr").gettext("{n:,|cell|cells}").split("|")[2].rstrip("}") in str(app.radio[0].options)
        app.radio[0].set_value(question.right if name != "c" else (question.right + 1) % 4).run()
        act(browser, app, name, "vote")
        assert catalogue("fr").gettext("Your vote is in.") in words(app)
    assert room.tally(right.code, 1) == {str(question.right): 2, str((question.right + 1) % 4): 1}
    browser.cookies = {}
    teacher.button(key="reveal_votes").click().run()
    assert_healthy(teacher)
    assert "votes_causal_mask" in drawn(teacher)
    assert max(chart_numbers(teacher, "votes_causal_mask", "x")) == pytest.approx(2 / 3)
    browser.cookies = {cookies.MEMBER: "c"}
    pages["c"].run()
    assert_healthy(pages["c"])
    assert "votes_causal_mask" in drawn(pages["c"])
    assert catalogue("fr").gettext("No: it is {right}").partition("{")[0] in words(pages["c"])
    browser.cookies = {}
    teacher.button(key="ask").click().run()
    browser.cookies = {cookies.MEMBER: "a"}
    pages["a"].run()
    pages["a"].radio[0].set_value(question.right).run()
    act(browser, pages["a"], "a", "vote")
    browser.cookies = {}
    teacher.button(key="reveal_votes").click().run()
    assert [max(chart_numbers(teacher, "votes_causal_mask", "x", trace=i)) for i in (0, 1)] == pytest.approx([1, 2 / 3])
    teacher.button(key="close_class").click().run()
    table = teacher.session_state["summary of the class that was closed last, as CSV"].decode("utf-8-sig")
    assert len(table.splitlines()) == 1 + 2 * len(question.choices)
    assert f"{n * (n - 1) // 2} cells,2,x" in table


def test_whoever_has_no_cookie_follows_and_cannot_vote(open_class, run, room, browser):
    _teacher, right = open_class("heads")
    room.ask(right, Question("heads", (choice("a"), choice("b")), right=0))
    app = run("heads", lang="en", **{"class": right.code})
    assert_healthy(app)
    assert "Without cookies" in words(app)
    assert [radio.key for radio in app.radio] == ["example"]


def test_a_sentence_of_a_member_goes_on_the_wall(open_class, member, room, browser):
    teacher, right = open_class("heads")
    app = member(right, "a", lang="en")
    app.text_input(key="sentence for the teacher").set_value("<b>a</b> $x$ **new** sentence")
    next(button for button in app.button if button.label == "Send").click().run()
    assert_healthy(app)
    assert "with the teacher" in words(app)
    browser.cookies = {}
    teacher.session_state["class_sentences"] = True
    teacher.run()
    teacher.button(key="use 0").click().run()
    assert teacher.sidebar.text_area(key="text").value == "<b>a</b> $x$ **new** sentence"
    assert room.state(right.code).place.said["text"] == "<b>a</b> $x$ **new** sentence"
    assert room.summary(right).sentences == ("<b>a</b> $x$ **new** sentence",)


def test_what_a_member_wrote_is_no_formula_in_a_spreadsheet():
    summary = Summary((), ("=1+1", "@x", "ok"))
    assert "'=1+1" in class_summary.written(summary).decode()
    assert class_summary.written(Summary((), ())) == b""


# Choices


def of_chapter(chapter: str, text: str) -> tuple[list, Any]:
    row = next(row for row in CHAPTERS if row.id == chapter)
    reading = read("storyteller", text)
    last = len(reading.ids) - 1
    chosen = Choices(text, "storyteller", layer=1, head=1, token=last, key=0, lang="en", present=False)
    page = story.page_of(row)
    return page.guesses(None if row.text == "unused" else reading, chosen), reading


@pytest.mark.parametrize("chapter", [row.id for row in CHAPTERS if row.id not in {"why_attention"}])
def test_every_chapter_s_question_has_choices_that_differ(chapter):
    found, _reading = of_chapter(chapter, TEXT)
    assert 2 <= len(found) <= 4
    asked = guess.question(chapter, found)
    assert asked
    assert asked == guess.question(chapter, found), "the same order on every screen"
    assert asked.choices[asked.right] == found[0]
    assert len(set(guessing.plain(asked))) == len(found)
    assert question_read(question_written(asked)) == asked


@pytest.mark.parametrize("chapter", [row.id for row in CHAPTERS if row.id not in {"why_attention", "learning"}])
@pytest.mark.parametrize("text", ["a", "the the", "<b>x</b> 日本語 $x$"])
def test_where_a_text_gives_nothing_to_choose_between_there_is_no_choice(chapter, text):
    found, _reading = of_chapter(chapter, text)
    assert len(found) != 1
    asked = guess.question(chapter, found)
    assert (asked is None) == (not found)


def test_the_right_choice_is_what_the_trace_says():
    trace = read("storyteller", TEXT).trace
    n = len(trace.ids)
    right = {chapter: dict(of_chapter(chapter, TEXT)[0][0].values) for chapter in ("tokens", "block", "heads", "start")}
    assert right["tokens"] == {"n": n}
    moved = [(block.resid_post[-1] - block.resid_pre[-1]).norm() for block in trace.blocks]
    assert right["block"] == {"n": max(range(len(moved)), key=lambda i: moved[i])}
    assert right["heads"]["n"] == int(trace.blocks[1].att.weights[:, -1].mean(dim=0).argmax())
    assert right["start"]["token"] == tokenizer().token(int(trace.next_logits.argmax()))


# Room against model


def bits(text: str, word: str) -> float:
    """What a word costs the model, token by token, without the page."""
    before, whole = read("storyteller", text), read("storyteller", f"{text} {word}")
    log_probs = whole.trace.logits.log_softmax(dim=-1)
    n = len(before.ids)
    assert whole.ids[:n] == before.ids
    return -sum(float(log_probs[at - 1, whole.ids[at]]) for at in range(n, len(whole.ids))) / math.log(2)


def test_alone_a_word_is_scored_by_what_the_model_gives_it(run):
    app = run(
        "forward_pass",
        lang="en",
        text="The old king gave the golden",
        look="room",
        forward_word="key",
        forward_truth="hippopotamus",
    )
    assert_healthy(app)
    room, model = (chart_numbers(app, "room", "x", trace=i) for i in (0, 1))
    assert room[0] == 1
    assert model[0] == pytest.approx(2 ** -bits("The old king gave the golden", "key"), rel=1e-3)
    assert f"{bits('The old king gave the golden', 'hippopotamus'):.1f} bits" in plain(app)
    assert "nobody said it" in words(app)


def test_each_phone_types_a_word_and_the_wall_scores_room_and_model(open_class, member, room, browser):
    teacher, right = open_class("forward_pass", text="The old king gave the golden", look="room")
    teacher.button(key="ask_word").click().run()
    assert_healthy(teacher)
    for name, word in (("a", "Key"), ("b", "key"), ("c", "=ring $x$"), ("d", "crown")):
        app = member(right, name, lang="fr")
        app.text_input(key="vote 1").set_value(word).run()
        act(browser, app, name, "vote")
        assert_healthy(app)
    browser.cookies = {}
    teacher.button(key="reveal_votes").click().run()
    assert_healthy(teacher)
    assert chart_numbers(teacher, "room", "x")[:3].tolist() == pytest.approx([0.5, 0.25, 0.25])
    teacher.text_input(key="forward_truth").set_value("key").run()
    assert "the room gave it 50.0%, 1.0 bits; the model" in plain(teacher)
    member_after = member(right, "a", lang="fr")
    assert_healthy(member_after)
    assert "room" in drawn(member_after)


@pytest.mark.parametrize("text", ["a ", "the the", "日本語", "word " * 200])
def test_where_no_word_can_be_scored_the_page_says_so_or_scores_it(run, text):
    assert_healthy(run("forward_pass", lang="fr", text=text, look="room", forward_word="key", forward_truth="$x$"))
