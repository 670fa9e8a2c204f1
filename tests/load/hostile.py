"""What somebody might do to a class: each as much as a few seconds hold, against this machine alone."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

from tests.load.client import Http, Reader

SECONDS = 4.0


async def votes(url: str, code: str) -> str:
    """Somebody presses Vote as often as a connection takes it."""
    one = Reader(url, **{"class": code})
    await one.open()
    await one.set("vote 1", one.options["vote 1"][0])
    id, fragment = one.widgets["vote"]
    n, ends = 0, time.monotonic() + SECONDS
    while time.monotonic() < ends:
        for _ in range(100):
            await one.rerun(fragment, trigger=(id, "trigger_value", True))
            n += 1
        await asyncio.sleep(0.01)
    await one.close()
    return f"{n / SECONDS:,.0f} a second asked for"


async def long_sentence(url: str, code: str) -> str:
    """Somebody sends texts of a megabyte."""
    one = Reader(url, "heads", **{"class": code})
    await one.open()
    ends, n = time.monotonic() + SECONDS, 0
    while time.monotonic() < ends:
        await one.set("text", "x " * 500_000)
        n += 1
    await one.close()
    return f"{n} of them"


async def guesses(url: str, _code: str) -> str:
    """Somebody tries codes."""
    http, answers, ends = Http(url, {}), Counter[int](), time.monotonic() + SECONDS
    while time.monotonic() < ends:
        found = await asyncio.gather(*[http.fetch(f"/class/{code:06d}/now") for code in range(222222, 222232)])
        answers.update(status for status, _body in found)
    assert set(answers) <= {404, 429}
    return str(dict(answers))


async def replays(url: str, code: str) -> str:
    """Somebody comes with cookies of others, torn and old ones."""
    wrong = [f"{code}.{'A' * 43}", f"{code}.", "AAAAAA.x", "\x7f" * 20, "x" * 4000]
    answers, ends = Counter[int](), time.monotonic() + SECONDS
    while time.monotonic() < ends:
        for value in wrong:
            status, _body = await Http(url, {"glassbox_class": value, "glassbox_member": value}).fetch(
                f"/class/{code}/now"
            )
            answers[status] += 1
    return str(dict(answers))


async def held_streams(url: str, code: str) -> str:
    """Somebody holds hundreds of event streams open and reads none."""
    http = Http(url, {"glassbox_member": "one-and-the-same-browser"})
    answers, held = Counter[int](), []
    for _ in range(300):
        with suppress(OSError):
            status, _reader, writer = await http.open(f"/class/{code}/events")
            answers[status] += 1
            held.append(writer)
    await asyncio.sleep(SECONDS)
    for writer in held:
        writer.close()
    return str(dict(answers))


ALL = (votes, long_sentence, guesses, replays, held_streams)
