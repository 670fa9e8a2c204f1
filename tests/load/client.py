"""A reader without a browser: speaks Streamlit's websocket and listens to a class as the page does, and counts bytes.

It keeps what a browser keeps, the address, cookies, widgets and messages that need not be sent twice, and nothing
else: so a hundred of them cost less than the server that they ask. Everything goes to this machine.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

KEPT_RUNS = 2  # after which a browser forgets a message that was not used again
RETRY = 0.5  # seconds after which a page tries to connect again
SILENT = 60.0  # seconds that a test waits for an answer before it fails
CHART, LINE = "glassbox_chart", "glassbox_class_line"
WIDGETS = ("slider", "text_area", "text_input", "radio", "button", "checkbox", "selectbox", "button_group")


class Http:
    """One request over a connection of its own, with this reader's cookies."""

    def __init__(self, base: str, cookies: dict[str, str]) -> None:
        self.host, self.port = (urlsplit(base).hostname or "127.0.0.1", urlsplit(base).port or 80)
        assert self.host == "127.0.0.1", "load is for this machine alone"
        self.cookies = cookies

    async def open(
        self, path: str, *, method: str = "GET", body: bytes = b"", accept: str = "*/*"
    ) -> tuple[int, asyncio.StreamReader, asyncio.StreamWriter]:
        """Status, and what follows the headers."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {self.host}:{self.port}",
            f"Accept: {accept}",
            "Connection: close",
        ]
        lines += [f"Cookie: {cookie_line(self.cookies)}"] * bool(self.cookies)
        lines += [f"Content-Length: {len(body)}"] * bool(body)
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        status = int((await reader.readline()).split()[1] or 0)
        while (line := (await reader.readline()).decode("latin-1").strip()) != "":
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self.cookies.update(cookies_of([value]))
        return status, reader, writer

    async def fetch(self, path: str, **how: Any) -> tuple[int, bytes]:
        """Status and body, chunks as they came."""
        status, reader, writer = await self.open(path, **how)
        try:
            return status, await reader.read()
        finally:
            writer.close()


def cookie_line(cookies: dict[str, str]) -> str:
    """Cookies as a browser sends them."""
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def cookies_of(headers: Iterable[str]) -> dict[str, str]:
    """What headers `Set-Cookie` say."""
    return {name: one.value for header in headers for name, one in SimpleCookie(header).items()}


class Run:
    """One run of the page, as its reader sees it: when it was asked for, and when what came."""

    def __init__(self) -> None:
        self.begun = time.perf_counter()
        self.chart: float | None = None  # seconds until the first chart
        self.done: float | None = None  # and until the last message
        self.bytes = 0
        self.whole = True  # not a fragment of the page alone
        self.texts: list[str] = []  # Markdown


class Reader:
    """One page that is open.

    Args:
        base: the server's address.
        chapter: the chapter's name in the address, empty for the first page.
        choices: what else the address says, such as `class`.
    """

    def __init__(self, base: str, chapter: str = "", **choices: str) -> None:
        self.base, self.chapter = base, chapter
        self.query = urlencode(choices)
        self.cookies: dict[str, str] = {}
        self.http = Http(base, self.cookies)
        self.socket: ClientConnection | None = None
        self.runs: list[Run] = []
        self.widgets: dict[str, tuple[str, str]] = {}  # by key: id and fragment
        self.values: dict[str, tuple[str, Any]] = {}  # by id: the kind of its value and what it shows
        self.options: dict[str, list[str]] = {}  # by key
        self.line: dict[str, Any] | None = None  # what the class's component was given
        self.charts: dict[str, bytes] = {}  # by key
        self.finished = asyncio.Condition()
        self.back: list[float] = []  # for each connection that was lost, when the page was whole again
        self.lost: float | None = None
        self.keep_texts = False
        self._page = ""  # hash
        self._session = ""  # which a server that is still there knows
        self._kept: dict[str, tuple[int, ForwardMsg]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changes = 0
        self._events_ended = asyncio.Event()

    # What a reader does

    async def open(self) -> Run:
        """Load the page, connect, and wait until it is drawn."""
        await self.http.fetch(f"/{self.chapter}?{self.query}", accept="text/html")
        begun = time.perf_counter()
        await self._connect()
        self._start(self._stay_connected())
        await self.rerun()
        run = await self.settled()
        run.begun = min(run.begun, begun)
        return run

    async def follow(self) -> None:
        """Listen to the class as the page's component does."""
        await self.until(lambda: self.line is not None)
        self._start(self._listen())

    async def set(self, key: str, value: float | str | bool) -> Run:
        """Move a widget and wait until the page has followed."""
        id, fragment = self.widgets[key]
        kind = self.values[id][0] if id in self.values else "string_value"
        self.values[id] = (kind, value)
        await self.rerun(fragment)
        return await self.settled()

    async def press(self, key: str) -> Run:
        """Press a button and wait until the page has followed."""
        id, fragment = self.widgets[key]
        await self.rerun(fragment, trigger=(id, "trigger_value", True))
        return await self.settled()

    async def claim(self) -> bool:
        """Change the ticket of whoever opened a class into the teacher's cookie."""
        assert self.line
        path, ticket = urlsplit(self.line["url"]).path, self.line["ticket"].encode()
        status, _body = await self.http.fetch(f"{path}/claim", method="POST", body=ticket)
        return status == 204

    async def settled(self) -> Run:
        """Wait until the newest run is over."""
        await self.until(lambda: bool(self.runs) and self.runs[-1].done is not None)
        return self.runs[-1]

    async def until(self, holds: Callable[[], bool], patience: float = SILENT) -> None:
        """Wait until something holds of what this page has been sent."""
        async with self.finished:
            await asyncio.wait_for(self.finished.wait_for(holds), patience)

    async def close(self) -> None:
        """Close the page."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.socket:
            await self.socket.close()

    # How the page does it

    async def rerun(self, fragment: str = "", *, trigger: tuple[str, str, Any] | None = None) -> None:
        """Ask for a run with all that the widgets show."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash, asked.fragment_id = self.query, self._page, fragment
        if not self._page:
            asked.page_name = self.chapter
        asked.context_info.url = f"{self.base}/{self.chapter}"
        asked.context_info.locale, asked.context_info.timezone = "en-GB", "Europe/Paris"
        newest = len(self.runs)
        asked.cached_message_hashes.extend(hash for hash, (used, _) in self._kept.items() if newest - used <= KEPT_RUNS)
        for id, (kind, value) in self.values.items():
            if value is not None:
                put(asked.widget_states.widgets.add(id=id), kind, value)
        if trigger:
            put(asked.widget_states.widgets.add(id=trigger[0]), *trigger[1:])
        self.runs.append(Run())
        assert self.socket
        with suppress(ConnectionClosed):  # the page is drawn when it is back
            await self.socket.send(message.SerializeToString())

    async def _connect(self) -> None:
        address = self.base.replace("http://", "ws://")
        headers = {"Cookie": cookie_line(self.cookies)} if self.cookies else {}
        known = ["streamlit", *(["PLACEHOLDER_AUTH_TOKEN", self._session] if self._session else [])]
        self.socket = await connect(
            f"{address}/_stcore/stream",
            additional_headers=headers,
            origin=Origin(self.base),
            subprotocols=list(map(Subprotocol, known)),
            max_size=None,
            compression=None,
            proxy=None,
            ping_interval=None,
            open_timeout=30,
        )
        assert self.socket.response
        self.cookies.update(cookies_of(self.socket.response.headers.get_all("set-cookie")))

    async def _stay_connected(self) -> None:
        """Read until the connection is lost, and come back as a page does, with what its widgets show."""
        while True:
            assert self.socket
            with suppress(ConnectionClosed):
                async for data in self.socket:
                    await self._hear(data)
            self.lost = time.perf_counter()
            while True:
                with suppress(OSError, InvalidHandshake, TimeoutError, EOFError, IndexError):
                    status, _body = await self.http.fetch("/_stcore/health")
                    if status == 200:
                        await self._connect()
                        break
                await asyncio.sleep(RETRY)
            await self.rerun()

    async def _hear(self, data: bytes | str) -> None:
        message = ForwardMsg.FromString(data)  # type: ignore[arg-type] # the server sends bytes
        run = self.runs[-1]
        run.bytes += len(data)
        if message.HasField("ref_hash"):
            _used, kept = self._kept[message.ref_hash]
            self._kept[message.ref_hash] = (len(self.runs), kept)
            delta = message.metadata
            message = ForwardMsg.FromString(kept.SerializeToString())
            message.metadata.CopyFrom(delta)
        elif message.metadata.cacheable:
            self._kept[message.hash] = (len(self.runs), message)
        if message.HasField("new_session"):
            self._page = message.new_session.page_script_hash
            self._session = message.new_session.initialize.session_id
        elif message.HasField("navigation"):
            self._page = message.navigation.page_script_hash
            self.chapter = {page.page_script_hash: page.url_pathname for page in message.navigation.app_pages}[
                self._page
            ]
        elif message.HasField("delta") and message.delta.HasField("new_element"):
            self._draw(message.delta.new_element, message.delta.fragment_id, run)
        elif message.HasField("delta") and message.delta.add_block.id:
            id = message.delta.add_block.id  # an expander that tells whether it is open
            self.widgets[id.split("-", 2)[-1]] = id, message.delta.fragment_id
            self.values.setdefault(id, ("bool_value", None))
        elif message.HasField("page_info_changed"):
            self.query = message.page_info_changed.query_string
        elif message.HasField("script_finished") and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            run.done = time.perf_counter() - run.begun
            run.whole = message.script_finished != ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
            if self.lost is not None:
                self.back.append(time.perf_counter() - self.lost)
                self.lost = None
            async with self.finished:
                self.finished.notify_all()

    def _draw(self, element: Element, fragment: str, run: Run) -> None:
        kind = element.WhichOneof("type") or ""
        if kind == "markdown" and self.keep_texts:
            run.texts.append(element.markdown.body)
        elif kind == "bidi_component":
            key = element.bidi_component.id.split("-", 2)[-1]
            self.widgets[key] = element.bidi_component.id, fragment
            if element.bidi_component.component_name == CHART:
                run.chart = run.chart or time.perf_counter() - run.begun
                self.charts[key] = element.bidi_component.bytes
            elif element.bidi_component.component_name == LINE:
                self.line = json.loads(element.bidi_component.json)
        elif kind in WIDGETS:
            widget = getattr(element, kind)
            key = widget.id.split("-", 2)[-1]
            self.widgets[key] = widget.id, fragment
            if kind in ("radio", "selectbox"):
                self.options[key] = list(widget.options)
            if kind != "button":
                shown = value_of(kind, widget, self.values.get(widget.id))
                if shown:
                    self.values[widget.id] = shown

    async def _listen(self) -> None:
        """Hear of the class and ask for a run when it has gone on; read again after a lost connection."""
        assert self.line
        path = urlsplit(self.line["url"]).path
        seen = self.line["shown"]
        while True:
            with suppress(OSError, EOFError, IndexError):
                status, reader, writer = await self.http.open(f"{path}/events", accept="text/event-stream")
                try:
                    while status == 200 and (line := await reader.readline()):
                        if not line.startswith(b"data: "):
                            continue
                        said = json.loads(line[6:])
                        own = said.get("by") and said["by"] == self.line["window"]
                        if said.get("shown", 0) > seen and not own:
                            await self._tell_of_change()
                        seen = max(seen, said.get("shown", 0))
                finally:
                    writer.close()
            await asyncio.sleep(1)

    async def _tell_of_change(self) -> None:
        self._changes += 1
        id, fragment = self.widgets["class_line"]
        event = json.dumps([{"event": "changed", "value": self._changes}])
        await self.rerun(fragment, trigger=(f"$$STREAMLIT_INTERNAL_KEY_{id}__events", "json_trigger_value", event))

    def _start(self, work: Any) -> None:
        self._tasks.add(asyncio.create_task(work))


def put(state: Any, kind: str, value: Any) -> None:
    """Write a widget's value into its state."""
    if kind == "double_array_value":
        state.double_array_value.data.append(value)
    elif kind == "string_array_value":
        state.string_array_value.data.extend(value)
    else:
        setattr(state, kind, value)


def value_of(kind: str, widget: Any, known: tuple[str, Any] | None) -> tuple[str, Any] | None:
    """The kind of a widget's value, and what it shows: what the server has set, what it showed, or its first value."""
    if kind == "slider":
        now, first, form = list(widget.value)[:1], list(widget.default)[:1], "double_array_value"
        now, first = (one[0] if one else None for one in (now, first))
    elif kind in ("text_area", "text_input"):
        now, first, form = widget.value, widget.default, "string_value"
    elif kind == "checkbox":
        now, first, form = widget.value, widget.default, "bool_value"
    elif kind in ("radio", "selectbox"):
        now, first, form = (widget.raw_value if widget.set_value else None), None, "string_value"
    else:
        return known
    if widget.set_value:
        return form, now
    return known or (form, first)
