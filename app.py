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
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui import warm_up

HEADERS = {
    "content-security-policy": "default-src 'self' blob: data:; script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeaders:
    """Puts the same headers on every answer: nothing is loaded from elsewhere, nobody frames the page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *added]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Runs before the server takes its first request."""
    warm_up.everything()
    gc.collect()
    gc.freeze()  # what is loaded now stays: later collections need not look at it
    yield {}


async def ready(_request: Request) -> JSONResponse:
    """200 once the lifespan above is through; `/_stcore/health` says so earlier."""
    return JSONResponse({"ready": True})


def broken(error: Exception) -> bool:
    """What a reader sees in place of a traceback, which goes to the log."""
    warm_up.apologise(error)
    return True


app = st.App(
    "pages/frame.py",
    lifespan=lifespan,
    routes=[Route("/readyz", ready)],
    middleware=[Middleware(SecurityHeaders)],
    on_script_error=broken,
)
