"""A class and readers on their own, before one server or several: what tests and measurements begin with."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs

from tests.load.client import Reader

TEXT = "The old king gave the golden key to the boy."
OWN_TEXTS = ("The dog sat by the fire", "Once upon a time there was a queen", "Le vieux roi donna la clé")
CHAPTERS = ("heads", "causal_mask", "layer_norm", "tokens")


@dataclass
class Lesson:
    """A teacher, followers, and readers who are in no class."""

    teacher: Reader
    followers: list[Reader]
    readers: list[Reader]
    code: str

    @property
    def all(self) -> list[Reader]:
        return [self.teacher, *self.followers, *self.readers]

    async def lead(self, key: str, value: float | str) -> None:
        """The teacher moves a widget, and all who follow have followed."""
        before = [len(one.runs) for one in self.followers]
        await self.teacher.set(key, value)
        await self.followed(before)

    async def followed(self, before: list[int]) -> None:
        """All who follow have drawn something newer than they had `before`."""
        for one, n in zip(self.followers, before, strict=True):
            await one.until(lambda one=one, n=n: len(one.runs) > n and one.runs[-1].done is not None)

    async def ask(self, chapter: str) -> None:
        """The teacher asks the chapter's question, and all who follow see it."""
        await self.teacher.set(f"predict {chapter}", True)
        await self.teacher.press("ask")
        for one in self.followers:
            await one.until(lambda one=one: "vote 1" in one.widgets)

    async def vote(self) -> None:
        """Everybody who follows gives the second answer."""
        for one in self.followers:
            await one.settled()
            await one.set("vote 1", one.options["vote 1"][1])
            await one.press("vote")


@asynccontextmanager
async def lesson(url: str, *, followers: int, readers: int, chapter: str = "heads") -> AsyncIterator[Lesson]:
    """A class that is open and followed."""
    teacher = Reader(url, chapter, text=TEXT, lang="en")
    await teacher.open()
    await teacher.press("open_class")
    assert teacher.line
    assert await teacher.claim(), "no cookie for the teacher"
    await teacher.follow()
    code = teacher.line["url"].rpartition("/")[2]
    following = [Reader(url, lang=("en", "fr")[i % 2], **{"class": code}) for i in range(followers)]
    own = [Reader(url, CHAPTERS[i % 4], text=OWN_TEXTS[i % 3], lang="en") for i in range(readers)]
    everybody = Lesson(teacher, following, own, code)
    try:
        await asyncio.gather(*[one.open() for one in (*following, *own)])
        for one in following:
            await one.follow()
        yield everybody
    finally:
        await asyncio.gather(*[one.close() for one in everybody.all])


def place(reader: Reader) -> dict[str, str]:
    """What a reader's address says, and its chapter."""
    return {"chapter": reader.chapter} | {name: values[-1] for name, values in parse_qs(reader.query).items()}
