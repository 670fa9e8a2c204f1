"""HAProxy before replicas of the app and a Redis: a class is followed across them, and one that dies costs nothing.

With `--load` three replicas, thirty followers and ten readers, and nobody may be away for more than three seconds.
"""

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest

from tests.load.client import Reader
from tests.load.scenes import TEXT, Lesson, lesson, place
from tests.load.servers import Replica, balanced, replicas
from tests.services.test_classes import free_port, start_redis

BACK_WITHIN = 3.0  # seconds


@pytest.fixture(scope="module")
def full(request) -> bool:
    return request.config.getoption("--load")


@pytest.fixture(scope="module")
def behind(full, tmp_path_factory) -> Iterator[tuple[str, list[Replica]]]:
    """The address of HAProxy, and what is behind it."""
    if which("haproxy") is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no haproxy (Debian's package of this name)")
    folder: Path = tmp_path_factory.mktemp("replicas")
    port = free_port()
    redis = start_redis(port)
    try:
        store = f"redis://127.0.0.1:{port}/0"
        with (
            replicas(3 if full else 2, folder / "log", GLASSBOX_CLASS_STORE=store) as made,
            balanced([one.port for one in made], folder) as url,
        ):
            yield url, made
        assert "Traceback" not in (folder / "log").read_text("utf-8")
    finally:
        redis.kill()
        redis.wait()


async def go_on(scene: Lesson, layer: int) -> None:
    """The class is led and followed, and everybody's own choices are what they were."""
    await scene.lead("layer", layer)
    assert {place(one)["layer"] for one in (scene.teacher, *scene.followers)} == {str(layer)}


def has_voted(reader: Reader) -> bool:
    """Whether the page says so, in its language."""
    told = [text for run in reader.runs for text in run.texts]
    return any("Your vote is in" in text or "Votre vote est" in text for text in told)


async def somebody_is_away(scene: Lesson) -> None:
    """Until a connection is seen to be lost."""
    while not any(one.back or one.lost for one in scene.all):
        await asyncio.sleep(0.01)


def forget(scene: Lesson) -> None:
    """What was told until now does not count."""
    for one in scene.all:
        one.back.clear()
        for run in one.runs:
            run.texts.clear()


async def everybody_is_back(scene: Lesson, before: list[dict[str, str]], *, lost: int) -> list[float]:
    """After a replica went: text, choices, class and vote of everybody are there. Returns who was away, how long."""
    for one in scene.all:
        await one.until(lambda one=one: one.lost is None and one.runs[-1].done is not None)
    away = [seconds for one in scene.all for seconds in one.back]
    assert len(away) >= lost, "nobody was there"
    assert [place(one) for one in scene.all] == before
    assert scene.teacher.line and scene.teacher.line["window"], "teaches still"
    for one in scene.followers:
        assert one.line and one.line["url"].endswith(scene.code)
        if one.back:  # those who were away have been told all anew
            await one.until(lambda one=one: has_voted(one))
    return away


def test_a_class_goes_on_when_replicas_die_and_are_restarted_one_by_one(behind, full):
    url, servers = behind

    async def story() -> None:
        async with lesson(url, followers=30 if full else 4, readers=10 if full else 2) as scene:
            for one in scene.followers:
                one.keep_texts = True
            used = {one.cookies["glassbox_replica"] for one in scene.all}
            assert len(used) == len(servers), "not all replicas have readers"
            assert all(place(one)["text"] == TEXT for one in scene.followers)
            await go_on(scene, 2)
            await scene.ask("heads")
            await scene.vote()
            await scene.readers[0].set("token", 1)
            before = [place(one) for one in scene.all]

            forget(scene)
            await asyncio.to_thread(servers[0].stop, signal.SIGKILL)
            await asyncio.wait_for(somebody_is_away(scene), 60)
            away = await everybody_is_back(scene, before, lost=1)
            assert not full or max(away) <= BACK_WITHIN, away
            await go_on(scene, 1)

            for one in servers:
                before = [place(reader) for reader in scene.all]
                forget(scene)
                await asyncio.to_thread(one.stop)
                one.start()
                await asyncio.to_thread(one.wait)
                await everybody_is_back(scene, before, lost=0)
            await go_on(scene, 3)

    asyncio.run(story())
