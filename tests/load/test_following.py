"""A class that goes on within a chapter is followed by that chapter alone, and everything else by the whole page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from tests.load.client import Reader
from tests.load.scenes import Lesson, lesson, place
from tests.load.servers import replicas

Plays = Callable[[Callable[[Lesson], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("following")
    with replicas(1, folder / "log", GLASSBOX_CLASS_STORE=str(folder / "classes.sqlite3")) as made:
        yield made[0].url
    assert "Traceback" not in (folder / "log").read_text("utf-8")


@pytest.fixture
def play(server, no_other_loop) -> Plays:
    """Play a scene with a teacher and two followers, one in each language."""

    def play(scene: Callable[[Lesson], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with lesson(server, followers=2, readers=0) as everybody:
                await scene(everybody)

        asyncio.run(whole())

    return play


def is_there(reader: Reader, **said: str) -> Callable[[], bool]:
    """Whether a page is drawn, and its address says this."""
    return lambda: reader.runs[-1].done is not None and said.items() <= place(reader).items()


def test_a_slider_of_the_teacher_s_moves_the_chapter_alone(play):
    async def scene(lesson: Lesson) -> None:
        for heard, layer in enumerate(("2", "0")):
            await lesson.lead("layer", int(layer))
            for one in lesson.followers:
                await one.until(is_there(one, layer=layer))
                assert not one.runs[-1].whole
                assert one.line
                assert one.line["shown"] > heard  # of this it need not hear again
            english, french = (one.charts["attention"] for one in lesson.followers)
            assert english == lesson.teacher.charts["attention"] != french

    play(scene)


def test_another_text_or_question_takes_the_whole_page(play):
    async def scene(lesson: Lesson) -> None:
        await lesson.lead("layer", 2)
        await lesson.lead("text", "one two three")
        for one in lesson.followers:
            await one.until(is_there(one, text="one two three", layer=place(lesson.teacher)["layer"]))
            assert one.runs[-1].whole
        await lesson.ask("heads")
        await lesson.vote()
        asked_at = place(lesson.teacher)["token"]
        for token in ("1", asked_at):  # and back to where the class was when it was asked
            await lesson.lead("token", int(token))
            for one in lesson.followers:
                await one.until(is_there(one, token=token))
                assert not one.runs[-1].whole

    play(scene)


def test_whoever_has_followed_a_slider_explores_alone_and_comes_back(play):
    async def scene(lesson: Lesson) -> None:
        member = lesson.followers[0]
        await lesson.lead("layer", 2)
        await member.press("alone")
        await member.set("text", "my own text")
        await member.until(is_there(member, text="my own text"))
        seen = len(member.runs)
        await lesson.teacher.set("layer", 1)
        await lesson.followers[1].until(is_there(lesson.followers[1], layer="1"))
        await member.settled()
        assert place(member)["text"] == "my own text"
        assert place(member)["layer"] != "1" or len(member.runs) == seen
        await member.press("back")
        await member.until(is_there(member, text=place(lesson.teacher)["text"], layer="1"))

    play(scene)
