"""Half characters and unknown addresses are dealt with at the door, and nothing else is touched there."""

import asyncio

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from pages.ui.chapter import files, name_of
from pages.ui.door import KnownPages, WholeCharacters, mended

KNOWN = [name_of(file) for file in files()]


def message(text: str) -> bytes:
    asked = BackMsg()
    asked.rerun_script.query_string = text
    return asked.SerializeToString()


def half(text: str) -> bytes:
    """The message as a browser sends it where `text` has U+FFFD: half a character, which is not UTF-8."""
    return message(text).replace("\ufffd".encode(), b"\xed\xa0\x80")


def test_half_a_character_becomes_a_sign_that_says_so():
    mended_message = BackMsg.FromString(mended(half("a\ufffdb\ufffd")))
    assert mended_message.rerun_script.query_string == "a\ufffdb\ufffd"


@pytest.mark.parametrize("text", ["", "Il était une fois", "日本語 👨‍👩‍👧", "\ufffd", "\x00\x07\ufeff"])
def test_a_message_that_can_be_read_is_not_touched(text):
    assert mended(message(text)) == message(text)


def test_bytes_that_only_look_like_half_a_character_are_left_alone():
    asked = BackMsg()
    asked.rerun_script.widget_states.widgets.add(id="slider").bytes_value = b"\xed\xa0\x80"
    assert mended(asked.SerializeToString()) == asked.SerializeToString()


def test_the_websocket_hands_on_mended_messages():
    read: list[bytes] = []

    async def server(scope, receive, send):
        read.append((await receive())["bytes"])

    async def receive():
        return {"type": "websocket.receive", "bytes": half("\ufffd")}

    asyncio.run(WholeCharacters(server)({"type": "websocket"}, receive, None))  # type: ignore[arg-type]
    assert read == [message("\ufffd")]


def answer(path: str, query: str = "", accept: str = "text/html,*/*") -> str:
    """Where a browser is sent from `path`; "let in" where it is not sent away."""
    said: list[dict] = []

    async def server(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        said.append(message)

    headers = [(b"accept", accept.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers}
    asyncio.run(KnownPages(server, KNOWN)(scope, None, send))  # type: ignore[arg-type]
    return dict(said[0]["headers"]).get(b"location", b"let in").decode()


@pytest.mark.parametrize("path", ["/", *(f"/{name}" for name in KNOWN)])
def test_every_chapter_is_let_in(path):
    assert answer(path, "lang=fr") == "let in"


@pytest.mark.parametrize(
    ("path", "query", "place"),
    [
        ("/nowhere", "", "./?page=nowhere"),
        ("/nowhere", "lang=fr&text=a%26b", "./?lang=fr&text=a%26b&page=nowhere"),
        ("/heads/", "", "../?page=heads"),
        ("/old/heads", "", "../?page=heads"),
        ("/<script>", "", "./?page=%3Cscript%3E"),
        ("/" + "x" * 5_000, "", "./?page=" + "x" * 60),
    ],
)
def test_a_page_that_does_not_exist_leads_to_the_first_with_all_choices(path, query, place):
    assert answer(path, query) == place


@pytest.mark.parametrize("path", ["/_stcore/health", "/readyz", "/static/js/index.js"])
def test_what_a_program_asks_for_is_let_in(path):
    assert answer(path, accept="*/*") == "let in"
