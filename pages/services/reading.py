"""One text read by one model: what a page slices, and what is computed from it once for all readers."""

import inspect
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any, TypeVar

import torch

from gpt_core import GPT, GPTTrace, Intervention, Tokenizer
from gpt_core.measure.embedding_space import has_own_row
from gpt_core.model.intervention import NOTHING
from gpt_core.weights.catalogue import ModelCard
from pages.services.shared import engine, models
from pages.settings import MAX_TOKENS

T = TypeVar("T")


@lru_cache
def tokenizer() -> Tokenizer:
    """GPT-2's, read once; a model's table may have rows past it."""
    return Tokenizer(padded=True)


@dataclass(frozen=True)
class Reading:
    """A text as a model reads it, perhaps with something changed in the pass.

    What is computed from it lasts as long as the engine's cache holds it, for every reader of the same text.
    """

    name: str  # of the model
    text: str
    ids: tuple[int, ...]  # as many as are shown
    n_tokens: int  # as many as the text has
    session: str = field(default="", repr=False, compare=False)  # never shown, not even in an error
    intervention: Intervention = NOTHING
    special: bool = False  # whether <|endoftext|> in the text is the one special token; else it is text like any other

    @property
    def card(self) -> ModelCard:
        return models.card(self.name)

    @property
    def base(self) -> str:
        """The name of the model whatever the moment of its training: what is set for it holds at all of them."""
        return models.parted(self.name)[0]

    @property
    def model(self) -> GPT:
        return engine.model(self.name)

    @property
    def source(self) -> Hashable:
        """What the key of a result says of the model: its name, and which of its files, if those can be exchanged."""
        return self.name, models.edition(self.name)

    @cached_property
    def tokens(self) -> list[bytes]:
        """The bytes of each token."""
        return [tokenizer().token(id) for id in self.ids]

    @property
    def met(self) -> torch.Tensor | None:
        """Ids of the tokens that the model met in training; None where it met, or may have met, all of them."""
        return models.tokens_met(self.name)

    @cached_property
    def unmet(self) -> tuple[int, ...]:
        """Positions of the tokens that the model never met in training: their vectors are shared, or computed."""
        if self.met is None:
            return ()
        known = torch.isin(torch.tensor(self.ids), self.met).tolist()
        return tuple(position for position, is_known in enumerate(known) if not is_known)

    @cached_property
    def rowless(self) -> tuple[int, ...]:
        """Positions of those without a row of their own: other tokens have the same vector."""
        return tuple(position for position in self.unmet if not self.of(has_own_row, id=self.ids[position]))

    @property
    def trace(self) -> GPTTrace:
        """The one pass of the model over this text, kept as long as this reading is in use.

        Not a cached_property: until Python 3.12 that holds one lock for all readings while it waits, so that a newer
        edit could not supersede an older one, and the computing thread could wait for a reader who waits for it.
        """
        if "trace" not in self.__dict__:
            key = ("trace", self.source, self.ids, self.intervention)
            self.__dict__["trace"] = engine.cached(
                key, lambda: self.model.trace(torch.tensor(self.ids), self.intervention), session=self.session
            )
        return self.__dict__["trace"]

    def under(self, intervention: Intervention) -> "Reading":
        """The same text read by the same model with something changed in the pass."""
        return replace(self, intervention=intervention)

    def of(self, function: Callable[..., T], **settings: Hashable) -> T:
        """`function` of this reading, computed once for all readers.

        Arguments of `function` that are called model, trace, ids or reading come from here, all others from `settings`.
        The cache key is made of the function, the text, the model, the intervention and all settings, so that none can
        be forgotten: a setting left out would show one reader another's number. What follows after the last token that
        is shown is in the key of those functions alone that are given the reading, and could see it.

        Raises:
            TypeError: `function` is a lambda, a method, an object, or was made within another function, so that what it
                holds is in no key; or it is given an argument that it does not know, or lacks one.
            SupersededError: a newer run of the same session has submitted work.
        """
        name = getattr(function, "__qualname__", "")
        bound_to = getattr(function, "__self__", None)  # functions written in C are bound to their module
        if not inspect.isroutine(function) or "<" in name or not isinstance(bound_to, ModuleType | None):
            raise TypeError(f"{name or function!r} has no name of its own to be known by: give a function of a module")
        given = [part for part in inspect.signature(function).parameters if part in OWN and part not in settings]
        text = (self.text, self.special) if "reading" in given else None
        read_as = (self.source, self.ids, self.intervention, text)
        key = (function.__module__, name, read_as, tuple(sorted(settings.items())))

        def work() -> T:
            own: dict[str, Any] = {part: OWN[part](self) for part in given}
            return function(**own, **settings)

        return engine.cached(key, work, session=self.session)


OWN: dict[str, Callable[[Reading], Any]] = {
    "model": lambda reading: reading.model,
    "trace": lambda reading: reading.trace,
    "ids": lambda reading: reading.trace.ids,
    "reading": lambda reading: reading,
}


def read(name: str, text: str, *, session: str = "", special: bool = False) -> Reading:
    """Cut `text` into tokens, as many as the model and this server allow; `<|endoftext|>` is one if it is `special`.

    Raises ValueError for an empty text: there is nothing to read.
    """
    ids = engine.cached(("ids", text, special), lambda: tuple(tokenizer().encode(text, special=special)))
    if not ids:
        raise ValueError("an empty text has no tokens")
    most = min(MAX_TOKENS, models.card(name).config.context_length)
    return Reading(name, text, ids[:most], len(ids), session, special=special)
