"""Half characters, stale sessions and unknown pages are put right before Streamlit sees them, and nothing else is."""

import asyncio
from collections.abc import Callable

import pytest
import streamlit as st
from starlette.types import ASGIApp
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages.chapters import CHAPTERS
from pages.server import middleware
from pages.server.middleware import (
    ForgetBeforeBrowser,
    KeepToNewestPage,
    RedirectUnknownPages,
    ReplaceLoneSurrogates,
    RestoreStaleSession,
    with_surrogates_replaced,
)

KNOWN = [chapter.id for chapter in CHAPTERS]


def message(text: str) -> bytes:
    asked = BackMsg()
    asked.rerun_script.query_string = text
    return asked.SerializeToString()


def half(text: str) -> bytes:
    """The message as a browser sends it where `text` has U+FFFD: half a character, which is not UTF-8."""
    return message(text).replace("\ufffd".encode(), b"\xed\xa0\x80")


def test_half_a_character_becomes_a_sign_that_says_so():
    readable = BackMsg.FromString(with_surrogates_replaced(half("a\ufffdb\ufffd")))
    assert readable.rerun_script.query_string == "a\ufffdb\ufffd"


@pytest.mark.parametrize("text", ["", "Il était une fois", "日本語 👨‍👩‍👧", "\ufffd", "\x00\x07\ufeff"])
def test_a_message_that_can_be_read_is_not_touched(text):
    assert with_surrogates_replaced(message(text)) == message(text)


def test_bytes_that_only_look_like_half_a_character_are_left_alone():
    asked = BackMsg()
    asked.rerun_script.widget_states.widgets.add(id="slider").bytes_value = b"\xed\xa0\x80"
    assert with_surrogates_replaced(asked.SerializeToString()) == asked.SerializeToString()


def test_the_websocket_hands_on_messages_that_can_be_read():
    read: list[bytes] = []

    async def server(scope, receive, send):
        read.append((await receive())["bytes"])

    async def receive():
        return {"type": "websocket.receive", "bytes": half("\ufffd")}

    asyncio.run(ReplaceLoneSurrogates(server)({"type": "websocket"}, receive, None))  # type: ignore[arg-type]
    assert read == [message("\ufffd")]


def moved_slider(value: int) -> BackMsg:
    """What an open page says when its reader moves a slider and presses a button, both in a fragment."""
    asked = BackMsg()
    asked.rerun_script.query_string = "layer=2"
    asked.rerun_script.fragment_id = "what follows the sliders"
    asked.rerun_script.widget_states.widgets.add(id="layer").int_value = value
    asked.rerun_script.widget_states.widgets.add(id="button").trigger_value = True
    return asked


def told(**what) -> dict:
    return {"type": "websocket.send", "bytes": ForwardMsg(**what).SerializeToString()}


def finished() -> dict:
    return told(script_finished=ForwardMsg.FINISHED_SUCCESSFULLY)


def connected(server, *asked: BackMsg, by: Callable[[ASGIApp], ASGIApp] = RestoreStaleSession) -> list[ForwardMsg]:
    """A page that sends these messages over a new websocket; gives what comes back."""
    waiting, seen = [one.SerializeToString() for one in asked], []

    async def receive():
        return {"type": "websocket.receive", "bytes": waiting.pop(0)} if waiting else {"type": "websocket.disconnect"}

    async def send(message):
        seen.append(ForwardMsg.FromString(message["bytes"]))

    asyncio.run(by(server)({"type": "websocket"}, receive, send))  # type: ignore[arg-type]
    return seen


def test_a_new_session_draws_an_open_page_unseen_and_then_does_what_its_reader_wished():
    runs = []

    async def server(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            runs.append(BackMsg.FromString(message["bytes"]).rerun_script)
            page = told(page_info_changed={"query_string": "layer=2&head=0"})
            for one in (told(new_session={"name": f"run {len(runs)}"}), page, finished()):
                await send(one)

    seen = connected(server, moved_slider(3), moved_slider(4))
    assert [run.fragment_id for run in runs] == ["", "", "what follows the sliders"]
    assert [[one.id for one in run.widget_states.widgets] for run in runs] == [["layer"], *[["layer", "button"]] * 2]
    assert [run.widget_states.widgets[0].int_value for run in runs] == [3, 3, 4]
    assert [run.query_string for run in runs] == ["layer=2&unseen=1", "layer=2&head=0", "layer=2"]
    assert [one.new_session.name for one in seen if one.HasField("new_session")] == ["run 2", "run 3"]
    assert sum(one.HasField("page_info_changed") for one in seen) == 3


@pytest.mark.parametrize("component", ["class_line", "whole_page"])
def test_a_run_that_a_page_asks_for_by_itself_is_seen_and_what_its_reader_does_waits_for_it(component):
    happened = []

    async def server(scope, receive, send):
        run = BackMsg.FromString((await receive())["bytes"]).rerun_script
        assert (run.query_string, [one.id for one in run.widget_states.widgets]) == ("layer=2", ["layer"])
        await send(told(new_session={"name": "run"}))
        next_message = asyncio.create_task(receive())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not next_message.done()
        happened.append("drawn")
        await send(finished())
        happened.append(BackMsg.FromString((await next_message)["bytes"]).rerun_script.fragment_id)

    asked = moved_slider(3)
    del asked.rerun_script.widget_states.widgets[1]
    asked.rerun_script.widget_states.widgets.add(id=f"$$ID-1-{component}__events", json_trigger_value="{}")
    seen = connected(server, asked, moved_slider(4))
    assert happened == ["drawn", "what follows the sliders"]
    assert any(one.HasField("new_session") for one in seen)


@pytest.mark.parametrize(
    ("kept", "query"),
    [
        ('{"wall": "{\\"step\\": 1}"}', "layer=2&wall=%7B%22step%22%3A%201%7D"),
        ('{"wall": ""}', "layer=2"),
        ("{}", "layer=2"),
        ("[1]", "layer=2"),
        ("no JSON", "layer=2"),
        ('{"wall": "a&b=c#d"}', "layer=2&wall=a%26b%3Dc%23d"),
    ],
)
def test_what_a_window_kept_is_in_the_address_of_its_first_run(kept, query):
    asked = moved_slider(3)
    asked.rerun_script.widget_states.widgets.add(id="$$ID-1-whole_page", json_value=kept)
    assert middleware.first_run(asked, seen=True).rerun_script.query_string == query
    unseen = query.replace("layer=2", "layer=2&unseen=1")
    assert middleware.first_run(asked, seen=False).rerun_script.query_string == unseen


def test_a_wish_waits_for_the_page_but_not_for_ever(monkeypatch):
    monkeypatch.setattr(middleware, "LONGEST_FIRST_RUN", 0.01)
    received = []

    async def server(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message["bytes"])
            await send(told(new_session={"name": f"run {len(received)}"}))

    seen = connected(server, moved_slider(3))
    assert len(received) == 2
    assert [one.new_session.name for one in seen] == ["run 2"]


def test_a_page_that_has_just_opened_is_drawn_once():
    received = []

    async def server(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message["bytes"])
            await send(finished())

    opened = BackMsg.FromString(message("layer=2"))
    assert len(connected(server, opened, moved_slider(3))) == 2
    assert received == [opened.SerializeToString(), moved_slider(3).SerializeToString()]


def asks_by_itself(page: str, query: str) -> BackMsg:
    """What the line about a class says when the class has gone on."""
    asked = BackMsg.FromString(message(query))
    asked.rerun_script.page_script_hash = page
    asked.rerun_script.fragment_id = f"chapter of {page}"
    asked.rerun_script.widget_states.widgets.add(id="$$ID-1-class_line__events", json_trigger_value="{}")
    return asked


def test_a_class_that_goes_on_takes_nobody_back_to_the_page_he_has_just_left():
    runs = []

    async def server(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            runs.append(BackMsg.FromString(message["bytes"]).rerun_script)
            if len(runs) == 3:
                await send(told(page_info_changed={"query_string": "layer=3"}))
            if len(runs) == 4:  # the class is in another chapter
                await send(told(new_session={"page_script_hash": "third"}))
                await send(told(page_info_changed={"query_string": "head=1"}))

    opened, clicked = BackMsg.FromString(message("layer=2")), BackMsg.FromString(message(""))
    opened.rerun_script.page_script_hash, clicked.rerun_script.page_script_hash = "first", "second"
    late = asks_by_itself("first", "layer=2")
    drawn = asks_by_itself("second", "layer=3")
    connected(server, opened, clicked, late, drawn, drawn, by=KeepToNewestPage)
    asked = [(run.page_script_hash, run.query_string) for run in runs]
    assert asked == [("first", "layer=2"), ("second", ""), ("second", ""), ("second", "layer=3"), ("third", "head=1")]
    assert [run.fragment_id for run in runs[2:]] == ["", "chapter of second", ""]
    assert runs[2].widget_states == late.rerun_script.widget_states


def test_a_run_of_the_page_that_is_seen_is_not_touched():
    received = []

    async def server(scope, receive, send):
        while (message := await receive())["type"] == "websocket.receive":
            received.append(message["bytes"])

    sent = [asks_by_itself("first", "layer=2"), asks_by_itself("first", "layer=3"), moved_slider(1)]
    connected(server, *sent, by=KeepToNewestPage)
    assert received == [one.SerializeToString() for one in sent]


def large(name: str) -> dict:
    """A message that a browser keeps."""
    return told(hash=name, metadata={"cacheable": True}, delta={"new_element": {}})


def name_of(message: str) -> dict:
    """What stands for a message that the browser has listed."""
    return told(ref_hash=message, metadata={"cacheable": True})


def keeps(*names: str) -> BackMsg:
    """What a browser that keeps these messages says when its reader does something."""
    asked = moved_slider(1)
    asked.rerun_script.cached_message_hashes.extend(names)
    return asked


@pytest.mark.parametrize(("ended", "left"), [(1, ["used", "old"]), (2, ["used"]), (3, [])])
def test_what_a_browser_may_drop_before_the_answer_is_sent_again(monkeypatch, ended, left):
    monkeypatch.setattr(st, "get_option", {"global.maxCachedMessageAge": 4}.__getitem__)
    listed = []

    async def server(scope, receive, send):
        answers = [[large("old"), large("used"), finished()], [name_of("used"), *[finished()] * ended], []]
        while (message := await receive())["type"] == "websocket.receive":
            listed.append(list(BackMsg.FromString(message["bytes"]).rerun_script.cached_message_hashes))
            for one in answers.pop(0):
                await send(one)

    connected(server, keeps(), keeps("old", "used"), keeps("never sent", "used", "old"), by=ForgetBeforeBrowser)
    assert listed == [[], ["old", "used"], left]


def answer(path: str, query: str = "", accept: str = "text/html,*/*") -> str:
    """Where a browser is sent from `path`; "passed on" where it is not sent away."""
    said: list[dict] = []

    async def server(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        said.append(message)

    headers = [(b"accept", accept.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    asyncio.run(RedirectUnknownPages(server, KNOWN, KNOWN[0])(scope, None, send))  # type: ignore[arg-type]
    return dict(said[0]["headers"]).get(b"location", b"passed on").decode()


@pytest.mark.parametrize("path", ["/", *(f"/{name}" for name in KNOWN[1:])])
def test_every_chapter_is_passed_on(path):
    assert answer(path, "lang=fr") == "passed on"


@pytest.mark.parametrize(
    ("path", "query", "target"),
    [
        ("/nowhere", "", "./?page=nowhere"),
        ("/start", "", "./"),
        ("/start", "lang=fr&text=a", "./?lang=fr&text=a"),
        ("/start/", "lang=fr", "../?lang=fr"),
        ("/gpt/start", "", "../"),
        ("/nowhere", "lang=fr&text=a%26b", "./?lang=fr&text=a%26b&page=nowhere"),
        ("/nowhere/", "", "../?page=nowhere"),
        ("/old/heads", "", "../?page=heads"),
        ("/<script>", "", "./?page=%3Cscript%3E"),
        ("/" + "x" * 5_000, "", "./?page=" + "x" * 60),
    ],
)
def test_a_page_that_does_not_exist_leads_to_the_first_with_all_choices(path, query, target):
    assert answer(path, query) == target


@pytest.mark.parametrize(("query", "target"), [("", "../heads"), ("lang=fr&layer=1", "../heads?lang=fr&layer=1")])
def test_a_chapter_with_a_slash_too_many_opens_that_chapter(query, target):
    assert answer("/heads/", query) == target


@pytest.mark.parametrize("path", ["/_stcore/health", "/readyz", "/static/js/index.js"])
def test_what_a_program_asks_for_is_passed_on(path):
    assert answer(path, accept="*/*") == "passed on"
