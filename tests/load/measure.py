"""How many readers one server carries: the goals, measured on this machine.

    python -m tests.load.measure                      # everything but the soak, some ten minutes
    python -m tests.load.measure followers --n 30
    python -m tests.load.measure soak --minutes 60
    python -m tests.load.measure followers --n 30 --replicas 2   # behind HAProxy, with Redis

Readers are a process of their own beside the server and take about a fifth of the processors' time. Times are in
milliseconds as a reader has them: median / 95 of 100 / longest.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from tests.load import hostile
from tests.load.client import Reader
from tests.load.scenes import CHAPTERS, OWN_TEXTS, TEXT, lesson
from tests.load.servers import Replica, balanced, replicas
from tests.services.test_classes import free_port, start_redis

Server = tuple[str, list[Replica]]


def line(what: str, seconds: Sequence[float], more: str = "") -> None:
    """One line of the table."""
    ordered = sorted(seconds)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    print(
        f"{what:58} {1000 * median(ordered):6.0f} / {1000 * high:6.0f} / {1000 * ordered[-1]:6.0f} ms  {more}",
        flush=True,
    )


async def followers(server: Server, n: int) -> None:
    """From the teacher's key to the first chart, and to the last message, of the last of so many followers."""
    url, _replicas = server
    async with lesson(url, followers=n, readers=0) as scene:
        charts, ends = [], []
        for layer in (2, 3, 0, 1) * 3:
            before, begun = [len(one.runs) for one in scene.followers], time.perf_counter()
            await scene.teacher.set("layer", layer)
            await scene.followed(before)
            ends.append(time.perf_counter() - begun)
            last = [one.runs[-1] for one in scene.followers]
            charts.append(max(run.begun + (run.chart or 0) for run in last) - begun)
            await asyncio.sleep(1)
        line(f"{n} followers, the last one's chart is sent", charts)
        line(
            f"{n} followers, the last one has everything",
            ends,
            f"{sum(run.bytes for run in last) / n / 1000:.0f} kB each",
        )


async def readers(server: Server, n: int, pause: float = 2.0) -> None:
    """So many readers on their own, who move a slider every two seconds."""
    url, _replicas = server
    charts: list[float] = []
    ends: list[float] = []

    async def one(i: int) -> None:
        reader = Reader(url, CHAPTERS[i % 3], text=OWN_TEXTS[i % 3], lang="en")
        await reader.open()
        await asyncio.sleep(pause * i / n)
        for turn in range(12):
            begun = time.perf_counter()
            run = await reader.set("token", 1 + turn % 3)
            charts.append(run.chart or 0)
            ends.append(run.done or 0)
            await asyncio.sleep(max(0, pause - (time.perf_counter() - begun)))
        await reader.close()

    await asyncio.gather(*[one(i) for i in range(n)])
    line(f"{n} readers on their own, {pause:.0f} s apart: chart is sent", charts)
    line(f"{n} readers on their own, {pause:.0f} s apart: page is done", ends)


async def opening(server: Server, n: int) -> None:
    """So many open their first page at once; then what each of them holds in memory."""
    url, servers = server
    warm = Reader(url, "heads", text=TEXT, lang="en")
    await warm.open()
    before = sum(one.memory() for one in servers)
    everybody = [Reader(url, "heads", text=TEXT, lang="en") for _ in range(n)]
    runs = await asyncio.gather(*[one.open() for one in everybody])
    line(f"{n} open at once: first page", [run.done or 0 for run in runs], f"{runs[0].bytes / 1000:.0f} kB each")
    for one in everybody:
        await one.set("layer", 2)
    held = sum(one.memory() for one in servers) - before
    print(f"{n} sessions hold {held / n / 1e6:.2f} MB each", flush=True)
    await asyncio.gather(*[one.close() for one in (*everybody, warm)])


async def cost(server: Server, n: int = 10) -> None:
    """The processor time of one run: of so many followers, who see what others have seen, and of a reader alone."""
    url, servers = server

    def spent() -> float:
        return sum(one.cpu() for one in servers)

    for chapter in CHAPTERS:
        opened = 0.0
        async with lesson(url, followers=n, readers=0, chapter=chapter) as scene:
            begun = spent()
            for turn in range(12):
                await scene.lead("token", 1 + turn % 3)
            followed = (spent() - begun) / 12 / n
            begun = spent()
            for turn in range(4):
                await scene.lead("text", OWN_TEXTS[turn % 2])
            opened = (spent() - begun) / 4 / n
        alone = Reader(url, chapter, text=TEXT, lang="en")
        await alone.open()
        begun = spent()
        for turn in range(30):
            await alone.set("token", 1 + turn % 3)
        moved = (spent() - begun) / 30
        await alone.close()
        print(
            f"{chapter}: {1000 * followed:.0f} ms to follow in the chapter, {1000 * opened:.0f} ms to another text, "
            f"{1000 * moved:.0f} ms to move a slider",
            flush=True,
        )


async def soak(server: Server, minutes: float) -> None:
    """Ten readers go through chapters and texts; what the server holds in the end, and in the middle."""
    url, servers = server
    held: list[float] = []

    async def one(i: int) -> None:
        ends = time.monotonic() + 60 * minutes
        while time.monotonic() < ends:
            reader = Reader(url, CHAPTERS[i % 3], text=OWN_TEXTS[i % 3], lang=("en", "fr")[i % 2])
            await reader.open()
            for turn in range(15):
                await reader.set("token", 1 + turn % 3)
                await asyncio.sleep(0.5)
            await reader.close()

    async def watch() -> None:
        while True:
            await asyncio.sleep(60 * minutes / 6)
            held.append(sum(one.memory() for one in servers) / 1e6)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*[one(i) for i in range(10)])
    watching.cancel()
    print(f"soak of {minutes:.0f} minutes: {' '.join(f'{one:.0f}' for one in held)} MB", flush=True)


async def attacked(server: Server, n: int) -> None:
    """What readers notice while others do harm: their charts, before and meanwhile."""
    url, _replicas = server
    async with lesson(url, followers=2, readers=n) as scene:
        await scene.ask("heads")
        for harm in (None, *hostile.ALL):
            charts: list[float] = []
            async with asyncio.TaskGroup() as group:
                harming = group.create_task(harm(url, scene.code)) if harm else None
                for turn in range(8):
                    runs = await asyncio.gather(*[one.set("token", 1 + turn % 3) for one in scene.readers])
                    charts += [run.chart or 0 for run in runs]
                told = await harming if harming else ""
            what = (harm.__doc__ or "").partition(".")[0] if harm else "nobody does harm"
            line(f"{n} readers' charts: {what.lower()}"[:58], charts, told)


@contextmanager
def served(n: int) -> Iterator[Server]:
    """One server, or several behind HAProxy with a Redis."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/classes.sqlite3"
        if n > 1:
            port = free_port()
            redis = start_redis(port)
            stack.callback(redis.wait)
            stack.callback(redis.kill)
            store = f"redis://127.0.0.1:{port}/0"
        made = stack.enter_context(replicas(n, GLASSBOX_CLASS_STORE=store))
        url = stack.enter_context(balanced([one.port for one in made], Path(folder))) if n > 1 else made[0].url
        yield url, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=["followers", "readers", "opening", "cost", "soak", "attacked"])
    parser.add_argument("--n", type=int, nargs="+", default=[30, 100])
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=3.0)
    asked = parser.parse_args()
    scenes: dict[str, list[Callable[[Server], Awaitable[None]]]] = {
        "opening": [lambda server, n=n: opening(server, n) for n in asked.n],
        "followers": [lambda server, n=n: followers(server, n) for n in asked.n],
        "readers": [lambda server: readers(server, asked.n[0])],
        "cost": [cost],
        "attacked": [lambda server: attacked(server, 5)],
        "soak": [lambda server: soak(server, asked.minutes)],
    }
    for name, found in scenes.items():
        for scene in found if asked.what in (name, None) and (name != "soak" or asked.what) else ():
            with served(asked.replicas) as server:
                asyncio.run(scene(server))  # pyright: ignore[reportArgumentType]


if __name__ == "__main__":
    main()
