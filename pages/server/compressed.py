"""Streamlit's own files go out compressed: it leaves that to a proxy, and a classroom has none."""

import asyncio
import gzip
from pathlib import PurePosixPath

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.whole_answer import changing

KINDS = {".js", ".css", ".svg", ".json", ".html"}  # fonts and pictures are compressed already
LEAST = 1000  # bytes: less is not worth it
MOST_KEPT = 64  # MB of compressed files; all of Streamlit's are a tenth of that


class CompressStatic:
    """Answers for files below `/static/` in gzip, each compressed once and kept until it changes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.kept: dict[str, tuple[str, bytes]] = {}  # by path: the version (ETag) and its bytes
        self.turn = asyncio.Lock()  # a whole class that opens at once waits for one

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not wants_gzip(scope):
            await self.app(scope, receive, send)
            return

        async def change(start: Message, body: bytes) -> tuple[Message, bytes]:
            body = await self.compressed(scope["path"], start, body)  # which writes the headers
            return start, body

        await self.app(scope, receive, changing(send, is_plain, change))

    async def compressed(self, path: str, start: Message, body: bytes) -> bytes:
        """The body in gzip, or as it was where that is shorter; `start` gets the headers that say so."""
        headers = MutableHeaders(raw=start["headers"])
        headers.add_vary_header("Accept-Encoding")
        version = f"{headers.get('etag')} {len(body)}"
        async with self.turn:
            known, small = self.kept.get(path, ("", b""))
            if known != version:
                small = await asyncio.to_thread(gzip.compress, body, 9, mtime=0)
                if sum(len(one) for _version, one in self.kept.values()) + len(small) <= MOST_KEPT * 1_000_000:
                    self.kept[path] = (version, small)
        if len(small) < len(body):
            body = small
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
        start["headers"] = headers.raw
        return body


def wants_gzip(scope: Scope) -> bool:
    """Whether a whole file of a kind that shrinks is asked for, by somebody who reads gzip."""
    headers = Headers(scope=scope)
    is_file = "/static/" in scope["path"] and PurePosixPath(scope["path"]).suffix in KINDS
    return scope["method"] == "GET" and is_file and reads_gzip(headers) and "range" not in headers


def reads_gzip(headers: Headers) -> bool:
    """Whether whoever asks can read gzip, and would."""
    accepts = [one.split(";")[0].strip() for one in headers.get("accept-encoding", "").split(",") if "q=0" not in one]
    return "gzip" in accepts


def is_plain(message: Message) -> bool:
    """Whether an answer is a whole file that nobody has compressed yet."""
    headers = Headers(raw=message["headers"])
    length = int(headers.get("content-length", LEAST))
    return message["status"] == 200 and "content-encoding" not in headers and length >= LEAST
