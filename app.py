"""The server: loads libraries, default model and one figure, and only then says that it is ready."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from pages.chapters import CHAPTERS
from pages.server import callbacks, developing, drawing, late, logs, metrics, middleware, preloading
from pages.server.classes import ROUTES, MemberCookie, end_streams_with_the_server
from pages.server.compressed import CompressStatic
from pages.server.headers import SecurityHeaders
from pages.server.loading import SayLoading
from pages.settings import DEVELOPER, LOG
from pages.ui import errors

if DEVELOPER:
    developing.watch_sources()


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Runs before the server takes its first request."""
    if LOG:
        logs.speak_json()
    preloading.preload()
    late.install()
    callbacks.install()
    end_streams_with_the_server()
    gc.collect()
    gc.freeze()  # what is loaded now stays: later collections need not look at it
    yield {}


async def ready(_request: Request) -> JSONResponse:
    """200 once the lifespan above is through; `/_stcore/health` says so earlier."""
    return JSONResponse({"ready": True})


def broken(error: Exception) -> bool:
    """What a reader sees in place of a traceback, which goes to the log."""
    errors.show_error(error)
    return True


app = st.App(
    "pages/frame.py",
    lifespan=lifespan,
    routes=[Route("/readyz", ready), *ROUTES, *metrics.ROUTES, *drawing.ROUTES],
    middleware=[
        Middleware(SecurityHeaders),
        Middleware(MemberCookie),
        Middleware(CompressStatic),
        Middleware(SayLoading),
        Middleware(middleware.RedirectUnknownPages, names=[row.id for row in CHAPTERS], first=CHAPTERS[0].id),
        Middleware(middleware.ReplaceLoneSurrogates),
        Middleware(middleware.ForgetBeforeBrowser),  # counts what is sent in the end
        Middleware(middleware.RestoreStaleSession),  # reads what was made whole
        Middleware(middleware.KeepToNewestPage),  # hears of what its reader wished before what came after it
    ],
    on_script_error=broken,
)
