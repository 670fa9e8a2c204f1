"""What comes in is made whole before Streamlit reads it: half characters, unknown addresses, pages opened long ago."""

import asyncio
import json
import re
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import quote

import streamlit as st
from google.protobuf.message import DecodeError
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.ui import session

# Half of a pair of UTF-16 units, as browsers send it: not UTF-8, and as long as U+FFFD.
LONE_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
LONGEST_FIRST_RUN = 30.0  # seconds that a reader's wish waits for its page
KEEPER = "whole_page"  # key of the component that tells what its window keeps
UNWISHED = ("class_line", KEEPER)  # keys of components that ask for a run of the page as it is, unlike a reader
TRIGGERS = {"trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value"}  # a button was pressed


class ReplaceLoneSurrogates:
    """Half a character in a text box would make every message of its reader unreadable: it becomes U+FFFD here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_whole() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes"):
                message["bytes"] = with_surrogates_replaced(message["bytes"])
            return message

        await self.app(scope, receive_whole if scope["type"] == "websocket" else receive, send)


def with_surrogates_replaced(data: bytes) -> bytes:
    """A message to the server as it is, or where it cannot be read, with half characters replaced."""
    return data if parsed(data) is not None else LONE_SURROGATE.sub("\ufffd".encode(), data)


class RestoreStaleSession:
    """A page outlives its session: after a restart, say, the new session knows no fragment and no widget of it.

    What its reader does first would be lost in silence. So the session first draws the page as the address says, unseen
    where the reader did something (a page asks for it by itself when the server is back); then comes what the reader
    did. A session that did know the page draws it once too often.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wish: BackMsg | None = None  # what the reader did, while the page is drawn
        begun = False
        drawn = asyncio.Event()
        drawn.set()

        async def receive_in_turn() -> Message:
            nonlocal begun, wish
            if wish is not None:
                await wait_for_page(drawn)
                asked, wish = wish, None
                return {"type": "websocket.receive", "bytes": asked.SerializeToString()}
            message = await receive()
            if begun:
                await wait_for_page(drawn)
            elif message["type"] == "websocket.receive" and message.get("bytes"):
                asked = parsed(message["bytes"]) or BackMsg()
                begun = asked.HasField("rerun_script")
                if asked.rerun_script.widget_states.widgets:  # a page that has just opened has none
                    drawn.clear()
                    asked.rerun_script.ClearField("fragment_id")
                    asked.rerun_script.ClearField("is_auto_rerun")
                    wish = asked if wishes(asked) else None
                    message["bytes"] = first_run(asked, seen=wish is None).SerializeToString()
            return message

        async def send_what_counts(message: Message) -> None:
            if not drawn.is_set() and (told := what_is_told(message)):
                if told.HasField("script_finished"):
                    drawn.set()
                if wish is not None:
                    if not told.HasField("page_info_changed"):
                        return
                    wish.rerun_script.query_string = told.page_info_changed.query_string
            await send(message)

        if scope["type"] == "websocket":
            await self.app(scope, receive_in_turn, send_what_counts)
        else:
            await self.app(scope, receive, send)


class KeepToNewestPage:
    """A run that a page asks for by itself is a run of the page that its reader asked for last.

    A class may go on while a click on another page is on its way: the browser asks for a run of the page it still
    stands on, and the reader would be taken back to it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        newest = ClientState()

        async def receive_for_newest_page() -> Message:
            message = await receive()
            asked = message["type"] == "websocket.receive" and parsed(message.get("bytes") or b"")
            if asked and asked.HasField("rerun_script"):
                run = asked.rerun_script
                if wishes(asked) or not newest.page_script_hash:
                    newest.CopyFrom(run)
                elif run.page_script_hash != newest.page_script_hash:
                    run.page_script_hash, run.page_name = newest.page_script_hash, newest.page_name
                    run.query_string = newest.query_string
                    run.fragment_id = ""  # of the page that was left
                    message["bytes"] = asked.SerializeToString()
            return message

        async def send_and_remember(message: Message) -> None:
            if told := what_is_told(message):
                if told.HasField("new_session"):  # of another page, where the server led there
                    newest.page_script_hash = told.new_session.page_script_hash
                    newest.page_name = ""
                elif told.HasField("page_info_changed"):
                    newest.query_string = told.page_info_changed.query_string
            await send(message)

        if scope["type"] == "websocket":
            await self.app(scope, receive_for_newest_page, send_and_remember)
        else:
            await self.app(scope, receive, send)


class ForgetBeforeBrowser:
    """A browser keeps large messages for a few runs; of those it may have dropped in the meantime, none is left out.

    With what its reader does, a browser lists the messages it keeps, and Streamlit sends only the names of those. But
    runs that were on their way to the browser then have made it drop some of them when the names arrive, and a name of
    nothing breaks the page for good. So only what was sent in the last runs counts as kept, by the runs that were sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fresh = int(st.get_option("global.maxCachedMessageAge")) // 2  # the rest is for runs that end before the answer
        finished = 0
        sent: dict[str, int] = {}  # lately, with how many runs had been finished by then

        async def receive_what_stays() -> Message:
            message = await receive()
            asked = message["type"] == "websocket.receive" and parsed(message.get("bytes") or b"")
            if asked and asked.HasField("rerun_script"):
                listed = asked.rerun_script.cached_message_hashes
                stays = [name for name in listed if name in sent]
                if len(stays) < len(listed):
                    del listed[:]
                    listed.extend(stays)
                    message["bytes"] = asked.SerializeToString()
            return message

        async def send_and_count(message: Message) -> None:
            nonlocal finished
            if told := what_is_told(message):
                if told.metadata.cacheable:
                    sent[told.ref_hash or told.hash] = finished
                if told.HasField("script_finished"):
                    finished += 1
                    for name in [name for name, at in sent.items() if finished - at > fresh]:
                        del sent[name]
            await send(message)

        if scope["type"] == "websocket":
            await self.app(scope, receive_what_stays, send_and_count)
        else:
            await self.app(scope, receive, send)


def what_is_told(message: Message) -> ForwardMsg | None:
    """What the server says, if this is such a message; read once for all that stand in its way."""
    if message["type"] != "websocket.send" or not message.get("bytes"):
        return None
    if "told" not in message:
        message["told"] = ForwardMsg.FromString(message["bytes"])
    return message["told"]


def parsed(data: bytes) -> BackMsg | None:
    """A message to the server, if it is one."""
    try:
        return BackMsg.FromString(data)
    except DecodeError:
        return None


def wishes(asked: BackMsg) -> bool:
    """Whether a reader did something; a page whose class or server has gone on only asks to be drawn as it is."""
    pressed = [one.id for one in asked.rerun_script.widget_states.widgets if one.WhichOneof("value") in TRIGGERS]
    return not pressed or not all(any(key in id for key in UNWISHED) for id in pressed)


async def wait_for_page(drawn: asyncio.Event) -> None:
    """What comes while a session draws its page for the first time comes to a page that does not know it yet."""
    with suppress(TimeoutError):
        await asyncio.wait_for(drawn.wait(), LONGEST_FIRST_RUN)
    drawn.set()


def first_run(asked: BackMsg, *, seen: bool) -> BackMsg:
    """The same run of the page without the button that was pressed; its address says where nobody will see it."""
    first = BackMsg()
    first.CopyFrom(asked)
    lasting = [one for one in asked.rerun_script.widget_states.widgets if one.WhichOneof("value") not in TRIGGERS]
    del first.rerun_script.widget_states.widgets[:]
    first.rerun_script.widget_states.widgets.extend(lasting)
    wall = wall_of(lasting)
    more = [f"{session.UNSEEN}=1" * (not seen), f"{session.WALL}={quote(wall)}" if wall else ""]
    first.rerun_script.query_string = "&".join(filter(None, [first.rerun_script.query_string, *more]))
    return first


def wall_of(widgets: Collection[WidgetState]) -> str:
    """What a window in presenter mode kept for a server that forgets (pages/ui/wall.py); empty from any other."""
    for widget in widgets:
        if KEEPER in widget.id and widget.WhichOneof("value") == "json_value":
            with suppress(ValueError):
                said = json.loads(widget.json_value)
                return str(said.get("wall", "")) if isinstance(said, dict) else ""
    return ""


class RedirectUnknownPages:
    """Leads from the address of a page that does not exist to the first page, which says so in one line.

    And from the first page's name, which Streamlit does not know as an address, to the first page.
    """

    def __init__(self, app: ASGIApp, names: Collection[str], first: str) -> None:
        self.app = app
        self.names = names
        self.first = first  # a name of the server's own address, which Streamlit does not know

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self.app
        if scope["type"] == "http" and b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            base = (st.get_option("server.baseUrlPath") or "").strip("/")
            *folders, last = scope["path"].removeprefix("/").removeprefix(base).removeprefix("/").split("/")
            name = last or "/".join(folders)
            if name and (folders or name == self.first or name not in self.names):
                query = scope["query_string"].decode("latin-1")
                up = "../" * len(folders) or "./"
                if name == self.first:
                    answer = RedirectResponse(f"{up}{'?' * bool(query)}{query}")
                elif name in self.names and not last:  # "/heads/"
                    answer = RedirectResponse(f"{up}{name}{'?' * bool(query)}{query}")
                else:
                    answer = RedirectResponse(f"{up}?{query}{'&' * bool(query)}page={quote(name[:60])}")
        await answer(scope, receive, send)
