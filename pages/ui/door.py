"""What comes in is made whole before Streamlit reads it: half characters, addresses of pages that do not exist."""

import re
from collections.abc import Collection
from urllib.parse import quote

import streamlit as st
from google.protobuf.message import DecodeError
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

# Half of a pair of UTF-16 units, as browsers send it: not UTF-8, and as long as U+FFFD.
HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")


class WholeCharacters:
    """Half a character in a text box would make every message of its reader unreadable: it becomes U+FFFD here."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_whole() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and message.get("bytes"):
                message["bytes"] = mended(message["bytes"])
            return message

        await self.app(scope, receive_whole if scope["type"] == "websocket" else receive, send)


def mended(data: bytes) -> bytes:
    """A message to the server as it is, or where it cannot be read, with half characters replaced."""
    try:
        BackMsg.FromString(data)
    except DecodeError:
        return HALF.sub("\ufffd".encode(), data)
    return data


class KnownPages:
    """Leads from the address of a page that does not exist to the first page, which says so in one line."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self.app
        if scope["type"] == "http" and b"text/html" in dict(scope["headers"]).get(b"accept", b""):
            base = (st.get_option("server.baseUrlPath") or "").strip("/")
            *folders, last = scope["path"].removeprefix("/").removeprefix(base).removeprefix("/").split("/")
            name = last or "/".join(folders)
            if name and (folders or name not in self.names):
                query = scope["query_string"].decode("latin-1")
                up = "../" * len(folders) or "./"
                answer = RedirectResponse(f"{up}?{query}{'&' * bool(query)}page={quote(name[:60])}")
        await answer(scope, receive, send)
