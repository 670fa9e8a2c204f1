"""What a text shows when it is new: a token, a layer and a head, and the token that is looked at there."""

from dataclasses import replace
from typing import Any

from gpt_core.measure.heads import clearest_head, strongest_key
from pages.services.engine import SupersededError
from pages.services.reading import Reading
from pages.services.shared import models
from pages.ui import session

FOCUS = {"layer", "head", "token"}
FOCUSED = "the text and the model that the focus is for"
NAMED = "of the focus, what an example named"
OPEN = "of the focus, what is still to be chosen"
HEAD = "layer and head that were chosen for the reader"
KEY = "key that was chosen for the reader"


def show(example: dict[str, Any]) -> None:
    """An example's text, with the token that shows what it is for, where that is not the last."""
    session.set("text", example["text"])
    session.set(FOCUSED, None)  # also where the text was there before
    session.set(NAMED, {"token"} & example.keys())
    if "token" in example:
        session.set("token", example["token"])


def move(reading: Reading, *, linked: set[str]) -> None:
    """What a new text shows: its last token, and the layer and head in which that looks back most clearly.

    What a link or an example names beside its text stays as it is; so do a layer and a head that the reader picked,
    until the text is another. Another model has other heads, and finds its own; at every moment of a model's training
    they are those of the finished one, in a layer that it always had, so that one head is seen to become what it is.
    """
    now = (reading.text, reading.special)
    finished = replace(reading, name=reading.base)
    text, model = session.get(FOCUSED) or (None, None)
    if text != now:
        named = linked | (session.get(NAMED) or set())
        session.set(OPEN, FOCUS - named)
        if "key" not in linked:
            session.set(KEY, session.get("key"))  # the key was picked in another text
    elif model != finished.name and is_head_suggested():
        session.set(OPEN, {"layer", "head"})
    session.set(FOCUSED, (now, finished.name))
    session.set(NAMED, set())
    if "token" in session.get(OPEN):
        session.set("token", len(reading.ids) - 1)
    suggest_head(finished)


def suggest_head(reading: Reading) -> None:
    """Until the reader picks them, or a link names them: layer and head in which the token in focus looks back most."""
    config, wanted = reading.card.config, session.get(OPEN) & {"layer", "head"}
    sizes = {"token": len(reading.ids), "layer": config.n_layers, "head": config.n_heads}
    at = {name: min(max(session.get(name) or 0, 0), n - 1) for name, n in sizes.items() if name not in wanted}
    if wanted:
        try:
            kept = {name: at[name] for name in {"layer", "head"} - wanted}
            within = models.layers_throughout(reading.name)
            best = reading.of(clearest_head, query=at["token"], n_layers=within, left_out=reading.rowless, **kept)
        except SupersededError:  # this run is not the last: the next one chooses
            return
        for name, value in zip(("layer", "head"), best or (0, 0), strict=True):
            if name in wanted:
                session.set(name, value)
        session.set(HEAD, best if len(wanted) == 2 else None)
    session.set(OPEN, set())


def is_head_suggested() -> bool:
    """Whether layer and head are still those that were chosen for the reader."""
    return session.get(HEAD) == tuple(session.get(name) for name in ("layer", "head"))


def suggest_key(reading: Reading) -> None:
    """Until the reader picks a key, or a link names one: the token that the query looks back at most, in this head."""
    value = session.get("key")
    if value is not None and value != session.get(KEY):
        return
    layer, head, query = (session.get(name) for name in ("layer", "head", "token"))
    try:
        key = strongest_key(reading.trace.blocks[layer].att.weights[head], query)
    except SupersededError:  # this run is not the last
        key = 0
    session.set("key", key)
    session.set(KEY, key)


def forget_key() -> None:
    """The key that is shown was picked, by the reader or in a link: it stays."""
    session.set(KEY, None)


def forget_head() -> None:
    """Layer and head that are shown were picked: they stay until the text is another."""
    session.set(HEAD, None)
