"""Before any script has come the page says that it is loading, in the reader's language."""

import gzip
from pathlib import Path

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pages.server.loading import SayLoading

INDEX = Path(st.__file__).parent / "static/index.html"
ENGLISH, FRENCH = "Glassbox GPT is loading …", "Glassbox GPT se charge…"


@pytest.fixture(scope="module")
def client():
    """Streamlit's own page behind ours."""
    routes = [
        Route("/heads", lambda _request: FileResponse(INDEX)),
        Route("/missing", lambda _request: HTMLResponse("<p>none</p>", 404)),
    ]
    with TestClient(Starlette(routes=routes, middleware=[Middleware(SayLoading), Middleware(GZipMiddleware)])) as one:
        yield one


@pytest.mark.parametrize(
    ("query", "accepted", "language", "words"),
    [
        ("", "fr-FR,fr;q=0.9,en;q=0.5", "fr", FRENCH),
        ("", "de,fr;q=0.5", "fr", FRENCH),
        ("", "de", "en", ENGLISH),
        ("?lang=en", "fr-FR", "en", ENGLISH),
        ("?lang=fr&text=%FF", "en", "fr", FRENCH),
        ('?lang="><script>', "en", "en", ENGLISH),
    ],
)
def test_the_page_says_that_it_is_loading(client, query, accepted, language, words):
    headers = {"accept": "text/html,*/*", "accept-language": accepted, "if-none-match": '"1"'}
    answer = client.get(f"/heads{query}", headers=headers)
    assert f'<html lang="{language}">' in answer.text
    assert f">{words}</p></div>" in answer.text
    assert "<title>Glassbox GPT</title>" in answer.text
    assert "etag" not in answer.headers


@pytest.mark.parametrize("encodings", ["gzip, br", "identity"])
def test_it_goes_out_as_long_as_it_says_and_compressed_to_those_who_read_that(client, encodings):
    with client.stream("GET", "/heads", headers={"accept": "text/html", "accept-encoding": encodings}) as answer:
        sent = b"".join(answer.iter_raw())
    assert int(answer.headers["content-length"]) == len(sent)
    page = gzip.decompress(sent) if "gzip" in encodings else sent
    assert ENGLISH in page.decode()
    assert sorted(answer.headers["vary"].split(", ")) == ["Accept-Encoding", "Accept-Language"]


def test_all_else_is_left_alone(client):
    assert client.get("/missing", headers={"accept": "text/html"}).text == "<p>none</p>"
    assert client.get("/heads", headers={"accept": "*/*"}).content == INDEX.read_bytes()
