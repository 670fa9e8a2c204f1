"""The first thing on screen: words that it is loading, in the reader's language, before any script has come."""

import gzip
import html
import re
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.compressed import reads_gzip
from pages.server.whole_answer import changing
from pages.ui.words import LANGUAGES, N_, catalogue

WORDS = N_("Glassbox GPT is loading …")
WALL = (Path(__file__).parent / "wall.js").read_text("utf-8")
ROOT = '<div id="root"></div>'  # of Streamlit's page, which React empties when it begins
STYLE = "font:1.25rem system-ui,sans-serif;padding:2rem"
LEFT_OUT = {b"if-none-match", b"if-modified-since", b"accept-encoding"}  # the file is wanted, whole and as it is


class SayLoading:
    """Puts words into the empty page that Streamlit sends, our name over it, and the first script."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not asks_for_page(scope):
            await self.app(scope, receive, send)
            return

        async def change(start: Message, body: bytes) -> tuple[Message, bytes]:
            page = with_words(body.decode(), language_of(scope)).encode()
            headers = MutableHeaders(raw=start["headers"])
            if reads_gzip(Headers(scope=scope)):
                page, headers["Content-Encoding"] = gzip.compress(page, 6, mtime=0), "gzip"
            headers["Content-Length"] = str(len(page))
            for name in {"Accept-Language", "Accept-Encoding"} - set(headers.get("vary", "").split(", ")):
                headers.add_vary_header(name)
            for name in ("etag", "last-modified"):
                del headers[name]
            return {**start, "headers": headers.raw}, page

        asked = [(name, value) for name, value in scope["headers"] if name not in LEFT_OUT]
        await self.app({**scope, "headers": asked}, receive, changing(send, is_page, change))


def asks_for_page(scope: Scope) -> bool:
    """Whether a browser opens an address."""
    return (
        scope["type"] == "http" and scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
    )


def is_page(message: Message) -> bool:
    """Whether an answer is Streamlit's page, uncompressed."""
    headers = Headers(raw=message["headers"])
    is_html = headers.get("content-type", "").startswith("text/html")
    return message["status"] == 200 and is_html and "content-encoding" not in headers


def with_words(page: str, language: str) -> str:
    """Streamlit's page with our name and first script, its language, and words where there will be an app."""
    said = html.escape(catalogue(language).gettext(WORDS))
    page = page.replace('<html lang="en">', f'<html lang="{language}">', 1)
    head = f"<title>Glassbox GPT</title><script>{WALL}</script>"
    page = page.replace("<title>Streamlit</title>", head, 1)
    return page.replace(ROOT, f'<div id="root"><p role="status" style="{STYLE}">{said}</p></div>', 1)


def language_of(scope: Scope) -> str:
    """What a link says, or the first language of the reader's browser that the pages speak."""
    named = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[-1]
    accepted = Headers(scope=scope).get("accept-language", "")
    spoken = [part.strip()[:2].lower() for part in re.split(r"[,;]", accepted)]
    return next((one for one in (named, *spoken) if one in LANGUAGES), "en")
