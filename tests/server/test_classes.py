"""The routes of a class: cookies that scripts cannot read, events, and nothing for those who guess."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.server import class_feed, classes
from pages.server.class_feed import Feed, Watch
from pages.services.classes import cookies
from pages.services.classes.classroom import MOST_WRONG, Classroom, Place, Right
from pages.services.classes.question import Question, choice
from pages.services.classes.sqlite_store import SqliteStore
from pages.services.classes.store import StoreAwayError
from pages.services.shared import classroom

PAGE = {"accept": "text/html"}


@pytest.fixture
def room(monkeypatch, tmp_path) -> Classroom:
    """The server's classroom with a store of its own."""
    monkeypatch.setattr(classroom, "store", SqliteStore(tmp_path / "classes.sqlite3"))
    return classroom


@pytest.fixture
def opened(room) -> tuple[Right, str]:
    return room.open()


@pytest.fixture
def client(room) -> Iterator[TestClient]:
    async def page(_request: Any) -> HTMLResponse:
        return HTMLResponse("<html></html>")

    app = Starlette(routes=[*classes.ROUTES, Route("/", page)], middleware=[Middleware(classes.MemberCookie)])
    with TestClient(app) as one:
        yield one


def test_a_ticket_becomes_a_cookie_that_no_script_and_no_other_site_can_use(client, room, opened):
    right, ticket = opened
    assert client.post(f"/class/{right.code}/claim", content="another").status_code == 404
    answer = client.post(f"/class/{right.code}/claim", content=ticket)
    assert answer.status_code == 204
    said = answer.headers["set-cookie"].lower()
    assert all(part in said for part in ("httponly", "samesite=strict", "path=/", "max-age=14400"))
    code, secret = cookies.taught(dict(client.cookies))
    assert room.right(code, secret) == right
    assert answer.content == b""
    assert client.post(f"/class/{right.code}/claim", content=ticket).status_code == 404, "once"


def test_over_https_the_teacher_s_cookie_goes_nowhere_else(room, opened):
    right, ticket = opened
    app = Starlette(routes=classes.ROUTES)
    with TestClient(app, base_url="https://testserver") as client:
        assert "secure" in client.post(f"/class/{right.code}/claim", content=ticket).headers["set-cookie"].lower()


def test_a_ticket_of_a_megabyte_is_refused_unread(client, opened):
    assert client.post(f"/class/{opened[0].code}/claim", content=b"x" * 1_000_000).status_code == 413


def test_whoever_opens_a_class_s_link_gets_a_random_number_once(client, opened):
    right, _ticket = opened
    first = client.get(f"/?class={right.code}", headers=PAGE).headers["set-cookie"]
    assert "httponly" in first.lower()
    assert "samesite=lax" in first.lower()
    assert "set-cookie" not in client.get(f"/?class={right.code}", headers=PAGE).headers, "it has one"
    client.cookies.clear()
    assert client.get(f"/?class={right.code}", headers=PAGE).headers["set-cookie"] != first
    client.cookies.clear()
    for address, accept in (("/", "text/html"), ("/?class=nonsense", "text/html"), (f"/?class={right.code}", "*/*")):
        assert "set-cookie" not in client.get(address, headers={"accept": accept}).headers


def test_what_is_so_now_is_told_with_counts_and_without_a_word_of_anybody(client, room, opened):
    right, _ticket = opened
    room.show(right, Place("heads", {"text": "a secret"}), by="window")
    number = room.ask(right, Question("heads", (choice("a"), choice("b")), right=0)).number
    client.get(f"/?class={right.code}", headers=PAGE)
    room.vote(right.code, "m", number, "1")
    room.send(right.code, "m", "a secret")
    answer = client.get(f"/class/{right.code}/now")
    assert answer.json() == {"shown": 3, "by": "", "present": 1, "votes": 1, "sentences": 1}
    assert answer.headers["cache-control"] == "no-store"


def test_the_teacher_is_not_among_those_present(client, room, opened):
    right, ticket = opened
    client.get(f"/?class={right.code}", headers=PAGE)
    client.post(f"/class/{right.code}/claim", content=ticket)
    assert client.get(f"/class/{right.code}/now").json()["present"] == 0


@pytest.mark.parametrize("route", ["now", "events"])
def test_unknown_and_closed_codes_are_answered_alike_and_guessing_ends(client, room, route):
    right, _ticket = room.open()
    room.close(right)
    answers = [client.get(f"/class/{code}/{route}") for code in (right.code, "AAAAAA", "nonsense", "%00")]
    assert {(one.status_code, one.content) for one in answers} == {(404, b"")}
    for _ in range(MOST_WRONG):
        client.get(f"/class/AAAAAA/{route}")
    assert client.get(f"/class/AAAAAA/{route}").status_code == 429


def test_a_store_that_is_away_is_said(client, room, opened, monkeypatch):
    def away(_code: str) -> None:
        raise StoreAwayError

    monkeypatch.setattr(room.store, "versions", away)
    assert client.get(f"/class/{opened[0].code}/now").status_code == 503


async def stream_of(code: str, member: str = "m") -> AsyncIterator[dict]:
    async for part in classes._stream(code, member, "from here"):
        if part.startswith("data:"):
            yield json.loads(part.removeprefix("data: "))


def test_a_stream_says_how_things_stand_whenever_they_change_until_the_class_is_over(room, opened, monkeypatch):
    monkeypatch.setattr(class_feed, "EVERY", 0.001)
    right, _ticket = opened

    async def follow() -> list[dict]:
        told = []
        async for said in stream_of(right.code):
            told.append(said)
            if len(told) == 1:
                await asyncio.to_thread(room.show, right, Place("heads"), by="window")
            elif said.get("by"):
                await asyncio.to_thread(room.close, right)
        return told

    told = asyncio.run(asyncio.wait_for(follow(), 60))
    assert max(one.get("present", 0) for one in told) == 1
    assert any(one.get("by") == "window" and one["shown"] == told[0]["shown"] + 1 for one in told)
    assert told[-1] == {"over": True}
    assert classes.streams.total() == 0
    assert classes.feed.watches == {}


def test_a_stream_says_that_the_store_is_away_and_that_it_is_back(room, opened, monkeypatch):
    monkeypatch.setattr(class_feed, "EVERY", 0.001)
    right, _ticket = opened
    versions = room.store.versions

    def away(_code: str) -> None:
        raise StoreAwayError

    async def follow() -> list[bool]:
        told = []
        async for said in stream_of(right.code, member=""):
            told.append("away" in said)
            monkeypatch.setattr(room.store, "versions", away if told == [False] else versions)
            if told[-2:] == [True, False]:
                return told
        return told

    assert asyncio.run(asyncio.wait_for(follow(), 60)) == [False, True, False]


def test_a_hundred_who_follow_ask_the_store_no_more_often_than_one(room, opened):
    asked = 0

    class Counting(Watch):
        def _how_things_stand(self) -> dict[str, Any]:
            nonlocal asked
            asked += 1
            return super()._how_things_stand()

    async def all_look() -> list[dict]:
        feed = Feed(room, Counting)
        with feed.watching(opened[0].code) as first:
            await first.look()
            before = asked
            with feed.watching(opened[0].code) as again:
                assert again is first
                said = [await again.look() for _ in range(100)]
            assert asked <= before + 1
        assert feed.watches == {}
        return said

    assert {one["shown"] for one in asyncio.run(all_look())} == {1}


def test_a_server_that_stops_ends_the_streams_it_would_wait_for(room, opened, monkeypatch):
    feed = Feed(room)
    monkeypatch.setattr(classes, "feed", feed)

    async def follow() -> int:
        told = 0
        async for _said in stream_of(opened[0].code):
            told += 1
            feed.end()
        return told

    assert asyncio.run(asyncio.wait_for(follow(), 60)) >= 1


def test_one_member_holds_few_streams_open(client, room, opened, monkeypatch):
    right, _ticket = opened
    client.get(f"/?class={right.code}", headers=PAGE)
    monkeypatch.setitem(classes.streams, client.cookies[cookies.MEMBER], classes.MOST_STREAMS)
    assert client.get(f"/class/{right.code}/events").status_code == 429
