"""An answer that is changed as a whole: it is held back until all of it has come."""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Send

Change = Callable[[Message, bytes], Awaitable[tuple[Message, bytes]]]


def changing(send: Send, wanted: Callable[[Message], bool], change: Change) -> Send:
    """A `send` for an app: an answer whose start is `wanted` goes out as `change` makes it, all others as they are."""
    start: Message = {}
    body = bytearray()

    async def send_changed(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and wanted(message):
            start = message
            return
        if start and message["type"] == "http.response.body":
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            changed, whole = await change(start, bytes(body))
            await send(changed)
            message = {"type": "http.response.body", "body": whole}
        await send(message)

    return send_changed
