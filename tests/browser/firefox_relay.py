"""Starts Firefox in Playwright's place and answers for it what it does not know: a relay of WebDriver BiDi.

Playwright drives an installed Firefox by WebDriver BiDi, and first sets the media features of a window.
Extended-support releases do not know that command yet, and no option of Playwright leaves it out. Here it is answered
as if it were done, for these tests set nothing; all other messages go through as they are.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterable, Awaitable, Callable

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

UNKNOWN = {"emulation.setMediaFeaturesOverride"}
LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
Send = Callable[[str], Awaitable[None]]


def unknown(message: str | bytes) -> int | None:
    """The number of a command that Firefox would refuse; None for any other."""
    command = json.loads(message)
    return command["id"] if command.get("method") in UNKNOWN else None


async def forward(source: AsyncIterable[str | bytes], send: Callable[[str | bytes], Awaitable[None]]) -> None:
    """Pass on what comes, as it comes."""
    async for message in source:
        await send(message)


async def main(firefox: str, arguments: list[str]) -> int:
    """Run Firefox until it ends, and say where the relay listens as Firefox itself would."""
    browser = await asyncio.create_subprocess_exec(
        firefox, *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert browser.stderr
    async for line in browser.stderr:
        if found := LISTENING.search(line):
            break
    else:
        return await browser.wait()
    address = found[1].decode()

    async def relay(playwright: ServerConnection) -> None:
        async with connect(f"{address}/session", max_size=None, compression=None) as answering:

            async def ask() -> None:
                async for message in playwright:
                    number = unknown(message)
                    if number is None:
                        await answering.send(message)
                    else:
                        await playwright.send(json.dumps({"type": "success", "id": number, "result": {}}))

            both = [asyncio.create_task(ask()), asyncio.create_task(forward(answering, playwright.send))]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)

    async with serve(relay, "127.0.0.1", 0, max_size=None, compression=None) as server:
        host, port = next(iter(server.sockets)).getsockname()[:2]
        sys.stderr.write(f"WebDriver BiDi listening on ws://{host}:{port}\n")
        sys.stderr.flush()
        async for _line in browser.stderr:  # or its pipe would fill, and Firefox stand still
            pass
    return await browser.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1], sys.argv[2:])))
