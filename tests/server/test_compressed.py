"""Files below /static/ go out in gzip to who reads it, once compressed, and come out of it as they were."""

import asyncio
import gzip

import pytest

from pages.server.compressed import CompressStatic

FILE = b"const answer = 42; // the same line again and again\n" * 200
READS_GZIP = {"accept_encoding": "br;q=1.0, gzip, deflate"}


class Files:
    """A server of one file, which counts how often it was read, and says when it is as the asker has it."""

    def __init__(self, body: bytes = FILE, etag: str = '"1"', **headers: str) -> None:
        self.body, self.etag, self.headers, self.asked = body, etag, headers, 0

    async def __call__(self, scope, receive, send):
        self.asked += 1
        same = (b"if-none-match", self.etag.encode()) in scope["headers"]
        headers = {"etag": self.etag, "cache-control": "public, max-age=31536000", **self.headers}
        headers |= {} if same else {"content-length": str(len(self.body))}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 304 if same else 200, "headers": raw})
        half = len(self.body) // 2
        if not same:
            await send({"type": "http.response.body", "body": self.body[:half], "more_body": True})
        await send({"type": "http.response.body", "body": b"" if same else self.body[half:]})


def ask(server, path: str = "/static/js/a.js", method: str = "GET", **headers: str):
    """Status, headers and body of an answer."""
    sent: list[dict] = []

    async def send(message):
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": raw}
    asyncio.run(server(scope, None, send))
    told = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])


def test_a_file_comes_out_of_gzip_as_it_was_with_the_headers_it_had():
    status, headers, body = ask(CompressStatic(Files()), **READS_GZIP)
    assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert int(headers["content-length"]) == len(body) < len(FILE) / 10
    assert (headers["etag"], headers["cache-control"]) == ('"1"', "public, max-age=31536000")
    assert gzip.decompress(body) == FILE


def test_a_file_is_compressed_once_until_it_changes(monkeypatch):
    compressed: list[bytes] = []
    whole = gzip.compress
    monkeypatch.setattr(
        gzip, "compress", lambda body, *rest, **more: compressed.append(body) or whole(body, *rest, **more)
    )
    files = Files()
    server = CompressStatic(files)
    assert ask(server, **READS_GZIP) == ask(server, **READS_GZIP)
    assert len(compressed) == 1
    files.body, files.etag = FILE + b"more", '"2"'
    assert gzip.decompress(ask(server, **READS_GZIP)[2]) == FILE + b"more"
    assert len(compressed) == 2


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"accept_encoding": "br"},
        {"accept_encoding": "gzip;q=0"},
        READS_GZIP | {"range": "bytes=0-9"},
        READS_GZIP | {"path": "/static/media/font.woff2"},
        READS_GZIP | {"path": "/readyz"},
        READS_GZIP | {"method": "HEAD"},
    ],
)
def test_everybody_else_gets_the_file_as_it_is(asked):
    _status, headers, body = ask(CompressStatic(Files()), **asked)
    assert "content-encoding" not in headers
    assert body == FILE


def test_what_the_browser_has_is_not_sent_again():
    status, headers, body = ask(CompressStatic(Files()), if_none_match='"1"', **READS_GZIP)
    assert (status, body) == (304, b"")
    assert "content-encoding" not in headers


def test_what_is_compressed_or_tiny_already_is_left_alone():
    once = gzip.compress(FILE)
    _status, headers, body = ask(CompressStatic(Files(once * 20, **{"content-encoding": "gzip"})), **READS_GZIP)
    assert (headers["content-encoding"], body) == ("gzip", once * 20)
    assert ask(CompressStatic(Files(b"x" * 20)), **READS_GZIP)[2] == b"x" * 20


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr("pages.server.compressed.MOST_KEPT", 0)
    server = CompressStatic(Files())
    assert gzip.decompress(ask(server, **READS_GZIP)[2]) == FILE
    assert server.kept == {}
