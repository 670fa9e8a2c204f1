"""How a token is chosen, which one comes next, and how the reader's text has been continued so far."""

from dataclasses import dataclass
from typing import Self

from jaxtyping import Int
from torch import Tensor

from gpt_core.generation.generate import generate
from gpt_core.measure.distribution import Distribution, distribution, drawn
from gpt_core.measure.prediction import predicted
from pages import show
from pages.ui import session
from pages.ui.chapter import Reading
from pages.ui.words import _, percent

CONTINUATION = "the continuation of the text, and its branches"
LONGEST = 200  # tokens of a continuation: each further one would make every page slower
MOST_BRANCHES = 12
CANDIDATES = 9
ALL = 0  # on the slider of top-k: no cut
TEMPERATURE, TOP_K, TOP_P, SEED = (f"generation_{name}" for name in ("temperature", "top_k", "top_p", "seed"))


@dataclass(frozen=True)
class Settings:
    """How the next token is chosen; hashable, for it is part of what a result is kept under."""

    temperature: float
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 123

    @classmethod
    def chosen(cls) -> Self:
        """What the controls of the page say, which are drawn before anything asks."""
        temperature, top_k, top_p, seed = (session.get(key) for key in (TEMPERATURE, TOP_K, TOP_P, SEED))
        return cls(temperature, None if top_k == ALL else top_k, top_p if top_p < 1 else None, seed)

    def applied_to(self, logits: Tensor) -> Distribution:
        """The steps from a model's logits to what the die uses."""
        return distribution(logits, temperature=self.temperature, top_k=self.top_k, top_p=self.top_p)


@dataclass(frozen=True)
class Continuation:
    """Ids that continue the reader's text, and the ends of all branches that were tried."""

    prompt: tuple[int, ...]
    path: tuple[int, ...] = ()
    ends: tuple[tuple[int, ...], ...] = ()

    @classmethod
    def of(cls, reading: Reading) -> "Continuation":
        """How far this text has been continued; another text begins anew."""
        kept = session.get(CONTINUATION)
        return kept if kept is not None and kept.prompt == reading.ids else cls(reading.ids)

    def at(self, path: tuple[int, ...]) -> "Continuation":
        """The same with another path: a branch grows on, or a new one begins."""
        path = path[:LONGEST]
        grown = [end for end in (*self.ends, path) if end]
        tips = [end for end in grown if not any(end != other and other[: len(end)] == end for other in grown)]
        return Continuation(self.prompt, path, tuple(dict.fromkeys(tips))[-MOST_BRANCHES:])

    def follow(self, *path: int) -> None:
        """In callbacks: the text is continued by `path` now."""
        session.set(CONTINUATION, self.at(path))


@dataclass(frozen=True)
class NextChoice:
    """One choice about to be made: the distribution, the candidates to show, and where the die will fall."""

    steps: Distribution
    ids: Int[Tensor, " n"]  # the likeliest first
    draw: int

    @property
    def likeliest(self) -> int:
        """The id that the model itself prefers."""
        return int(self.steps.probs.argmax())


def next_choice(reading: Reading, path: tuple[int, ...], settings: Settings) -> NextChoice:
    """The choice that comes after the text and `path`."""
    logits = next(generate(reading.model, [*reading.ids, *path], max_new_tokens=1)).logits
    steps = settings.applied_to(logits)
    draw = drawn(steps.final, seed=settings.seed, step=len(path))
    return NextChoice(steps, predicted(logits, n=CANDIDATES, besides=(draw,)).ids, draw)


def upcoming(reading: Reading) -> NextChoice:
    """The choice that the reader has in front of them."""
    return reading.of(next_choice, path=Continuation.of(reading).path, settings=Settings.chosen())


def continued(reading: Reading, settings: Settings, n: int) -> list[int]:
    """Ids of `n` tokens that `generate` puts after the text."""
    return [step.id for step in generate(reading.model, reading.ids, max_new_tokens=n, **vars(settings))]


def as_text(reading: Reading, settings: Settings, n: int = 25) -> str:
    """The same as a text to read."""
    return show.readable(reading.of(continued, settings=settings, n=n))


def share(value: float) -> str:
    """A share as it is said; a tiny one is not written out."""
    return _("less than {share}").format(share=percent(0.001)) if 0 < value < 0.0005 else percent(value)
