"""How a token is chosen, which one comes next, and how the reader's text has been continued so far."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from typing import Self

from jaxtyping import Int
from torch import Tensor

from gpt_core.generation.generate import generate
from gpt_core.measure.distribution import Distribution, distribution, drawn
from gpt_core.measure.prediction import predicted
from pages import show
from pages.ui import link, session
from pages.ui.chapter import Reading
from pages.ui.layout import held_decimal
from pages.ui.words import Written, _, percent

Path = tuple[int, ...]  # ids that follow the text

CONTINUATION = "the continuation of the text, and its branches"
LONGEST = 200  # tokens of a continuation: each further one would make every page slower
MOST_BRANCHES = 12
CANDIDATES = 9
ALL = 0  # on the slider of top-k: no cut
PATH, BRANCHES = "generation_path", "generation_branches"
TEMPERATURE, TOP_K, TOP_P, SEED = (f"generation_{name}" for name in ("temperature", "top_k", "top_p", "seed"))
TEMPERATURES, TOP_PS = (0.0, 2.0, 0.8, 0.1), (0.05, 1.0, 1.0, 0.05)  # sliders: from, to, at first, step
TOP_KS, FEW, LAST_SEED, FIRST_SEED = (1, 2, 3, 5, 8, 10, 20, 50, 100, 1_000), 5, 9_999, 123


@dataclass(frozen=True)
class Settings:
    """How the next token is chosen; hashable, for it is part of what a result is kept under."""

    temperature: float
    top_k: int | None = None
    top_p: float | None = None
    seed: int = 123

    @classmethod
    def chosen(cls) -> Self:
        """What the controls of the page say, also in a step of a lesson that does not draw them."""
        temperature, top_p = held_decimal(*TEMPERATURES, key=TEMPERATURE), held_decimal(*TOP_PS, key=TOP_P)
        top_k = link.held(TOP_K, FEW, link.one_of((*TOP_KS, ALL))) or None
        seed = link.held(SEED, FIRST_SEED, link.whole(0, LAST_SEED))
        return cls(temperature, top_k, top_p if top_p < 1 else None, seed)

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

    @classmethod
    def shown(cls, reading: Reading) -> "Continuation":
        """The same with what a link says of it; it joins what is on screen, and so what a link holds."""
        tree = cls.of(reading)
        read_path = partial(link.ids_read, below=reading.card.config.vocab_size, most=LONGEST)
        path = link.settle(
            PATH, (), now=tree.path, label=_("the continuation"), read=read_path, write=link.ids_written, of_text=True
        )
        ends = link.settle(
            BRANCHES,
            (path,) if path else (),
            now=tree.at(path).ends,
            label=_("its branches"),
            read=lambda raw: _ends_read(raw, path, read_path),
            write=lambda ends: _ends_written(ends, path),
            of_text=True,
        )
        tree = cls(reading.ids, path, ends)
        session.set(CONTINUATION, tree)
        return tree

    def follow(self, *path: int) -> None:
        """In callbacks: the text is continued by `path` now."""
        session.set(CONTINUATION, self.at(path))


def _ends_written(ends: Sequence[Path], path: Path) -> str:
    """Each branch as how many tokens it shares with the path, and those that follow."""
    shared = [sum(1 for _same in takewhile(lambda two: two[0] == two[1], zip(end, path, strict=False))) for end in ends]
    return "~".join(f"{n}.{link.ids_written(end[n:])}" for n, end in zip(shared, ends, strict=True))


def _ends_read(raw: str, path: Path, read_path: Callable[[str], Path]) -> tuple[Path, ...]:
    """Raises ValueError where these are no branches beside the path."""
    parts = [part.partition(".") for part in raw.split("~")] if raw else []
    ends = [(*path[: link.whole(0, len(path))(n)], *read_path(rest)) for n, _dot, rest in parts]
    if len(ends) > MOST_BRANCHES or not all(0 < len(end) <= LONGEST for end in ends):
        raise ValueError("too many branches, or one of a length that none has")
    return tuple(dict.fromkeys(ends))


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


def as_text(reading: Reading, settings: Settings, n: int) -> str:
    """The same as a text to read."""
    return show.readable(reading.of(continued, settings=settings, n=n))


def share(value: float) -> Written:
    """A share as it is said; a tiny one is not written out."""
    said = _("less than {share}").format(share=percent(0.001)) if 0 < value < 0.0005 else percent(value)
    return Written(said, value)
