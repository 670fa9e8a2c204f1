"""The routes of a class: what has changed, as events or when asked; the teacher's cookie; a member's cookie."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.class_feed import Feed, Watch
from pages.services.classes import cookies
from pages.services.classes.classroom import HERE, LASTS, TooManyError
from pages.services.classes.codes import read_code
from pages.services.classes.store import StoreError, UnknownClassError
from pages.services.shared import classroom

BEAT = HERE / 3  # seconds: so often a stream says that it is alive, and its member that he is here
MOST_STREAMS = 4  # that one member may hold open
MOST_FROM_ONE = 1_000  # from one address: a whole school may stand behind it
MOST_TOGETHER = 4_000
LONGEST_TICKET = 100  # bytes

feed = Feed(classroom)
streams: Counter[str] = Counter()  # that are open, by member and by address


async def found(request: Request) -> str | Response:
    """The code in the address, if it is a class's; else what is answered in its place."""
    code, address = read_code(request.path_params["code"]), request.client.host if request.client else ""
    try:
        await asyncio.to_thread(classroom.find, code, address)
    except UnknownClassError:
        return Response(status_code=404)
    except TooManyError:
        return Response(status_code=429)
    except StoreError:
        return Response(status_code=503)
    return code


async def now(request: Request) -> Response:
    """What a stream would say, for those whom no stream reaches."""
    code = await found(request)
    if isinstance(code, Response):
        return code
    member = request.cookies.get(cookies.MEMBER, "")
    if member and not await teaches(request, code):
        await asyncio.to_thread(_is_here, code, member)
    with feed.watching(code) as watch:
        return JSONResponse(await watch.look(), headers={"cache-control": "no-store"})


async def events(request: Request) -> Response:
    """A stream of server-sent events: one for each change, and a heartbeat."""
    code = await found(request)
    if isinstance(code, Response):
        return code
    member = "" if await teaches(request, code) else request.cookies.get(cookies.MEMBER, "")
    address = f"from {request.client.host if request.client else ''}"
    full = streams[address] >= MOST_FROM_ONE or streams.total() >= MOST_TOGETHER
    if full or (member and streams[member] >= MOST_STREAMS):
        return Response(status_code=429)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}  # a proxy must not collect them
    return StreamingResponse(_stream(code, member, address), media_type="text/event-stream", headers=headers)


async def _stream(code: str, member: str, address: str) -> AsyncIterator[str]:
    holders = [address, member] if member else [address]
    streams.update(holders)
    try:
        with feed.watching(code) as watch:
            yield "retry: 1000\n\n"
            async for said in _changes(watch, code, member):
                yield f"data: {json.dumps(said)}\n\n"
                if said.get("over") or feed.ending:
                    return
    finally:
        streams.subtract(holders)
        for holder in holders:
            if not streams[holder]:
                del streams[holder]
        if member:  # whoever has gone away cannot be waited for
            asyncio.get_running_loop().run_in_executor(None, _is_gone, code, member)


async def _changes(watch: Watch, code: str, member: str) -> AsyncIterator[dict]:
    """What the class's watch says now, whenever it says something else, and once in a while all the same."""
    while True:
        if member:
            await asyncio.to_thread(_is_here, code, member)
        said = await watch.look()
        yield said
        ends = asyncio.get_running_loop().time() + BEAT
        while (left := ends - asyncio.get_running_loop().time()) > 0:
            try:
                said = await asyncio.wait_for(watch.other_than(said), left)
            except TimeoutError:
                break
            yield said


def _is_here(code: str, member: str) -> None:
    with suppress(StoreError, UnknownClassError):  # the stream says so itself
        classroom.here(code, member)


def _is_gone(code: str, member: str) -> None:
    with suppress(StoreError, UnknownClassError):  # then it is forgotten a little later
        classroom.gone(code, member)


async def teaches(request: Request, code: str) -> bool:
    """Whether this browser teaches the class."""
    taught, secret = cookies.taught(request.cookies)
    try:
        return taught == code and bool(await asyncio.to_thread(classroom.right, code, secret))
    except (StoreError, UnknownClassError):
        return False


async def claim(request: Request) -> Response:
    """The teacher's cookie for the ticket that the page of whoever opened the class holds, once."""
    code, body = read_code(request.path_params["code"]), b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_TICKET:
            return Response(status_code=413)
    try:
        secret = await asyncio.to_thread(classroom.claim, code, body.decode("utf-8", "replace"))
    except UnknownClassError:
        secret = None
    except StoreError:
        return Response(status_code=503)
    if secret is None:
        return Response(status_code=404)
    answer = Response(status_code=204, headers={"cache-control": "no-store"})
    value = cookies.teacher_cookie(code, secret)
    secure = request.url.scheme == "https"
    answer.set_cookie(cookies.TEACHER, value, max_age=LASTS, httponly=True, samesite="strict", secure=secure)
    return answer


def end_streams_with_the_server() -> None:
    """When the server starts, in its main thread: a signal that stops it ends all streams, for which it would wait."""
    loop = asyncio.get_running_loop()

    def before(stop: Any) -> Callable[[int, Any], None]:
        def end(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(feed.end)
            stop(number, frame)

        return end

    for one in (signal.SIGINT, signal.SIGTERM):
        stop = signal.getsignal(one)
        if callable(stop):
            signal.signal(one, before(stop))


ROUTES = [
    Route("/class/{code}/events", events),
    Route("/class/{code}/now", now),
    Route("/class/{code}/claim", claim, methods=["POST"]),
]


class MemberCookie:
    """Whoever opens a page by the link of a class gets a random number, before the page's own connection begins."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                bearer = Response()
                bearer.set_cookie(cookies.MEMBER, cookies.new_member(), max_age=LASTS, httponly=True, samesite="lax")
                MutableHeaders(scope=message).append("set-cookie", bearer.headers["set-cookie"])
            await send(message)

        await self.app(scope, receive, send_with_cookie if self._joins(scope) else send)

    def _joins(self, scope: Scope) -> bool:
        """Whether this is a page of a class, opened by a browser that has no number yet."""
        if scope["type"] != "http" or b"class=" not in scope["query_string"]:
            return False
        request = Request(scope)
        codes = parse_qs(scope["query_string"].decode("latin-1")).get("class", [""])
        is_page = "text/html" in request.headers.get("accept", "")
        return is_page and bool(read_code(codes[-1])) and cookies.MEMBER not in request.cookies
