"""The stage of the journey: a token's vector on its way through the model, drawn on a canvas of its own."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.components.v2 import component

from pages.chapters import CHAPTERS
from pages.services.reading import Reading
from pages.ui import chapter, focus, journey, session
from pages.ui.components import HERE, script

_mount = component(
    "glassbox_journey",
    html='<section class="journey"></section>',
    css=(HERE / "journey.css").read_text("utf-8"),
    js=script("journey.js"),
)


@dataclass(frozen=True)
class Cell:
    """A cell of a strip that was chosen: its place in the trace, and which of the numbers there."""

    place: str
    index: int


@dataclass(frozen=True)
class Arc:
    """An arc that was chosen: in which block, and the key that it leads to."""

    block: int
    key: int


def packed(header: dict[str, object], strips: tuple[journey.Strip, ...]) -> bytes:
    """One message: how long the header is (four bytes, the lowest first), the header as JSON, all shades in turn."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return len(head).to_bytes(4, "little") + head + b"".join(strip.shades.tobytes() for strip in strips)


def draw(
    reading: Reading, *, position: int, layer: int, head: int, key: str, on_next: Callable[[], None] | None = None
) -> Cell | Arc | None:
    """Draw the stage of one token; returns the cell or arc that was clicked, once."""
    if session.is_aside():
        return None
    found = reading.of(journey.token_way, position=position, layer=layer, head=head)
    told = journey.scenes(reading, found, position=position, head=head)
    header = journey.header(reading, found, told, position=position, layer=layer, head=head)
    titles = {row.id: chapter.title(row) for row in CHAPTERS}
    data = packed(header | {"titles": titles, "continues": on_next is not None}, found.strips)

    def hear_token() -> None:
        chosen = session.get(key, {}).get("token")
        if chosen is not None:
            session.set("token", int(chosen))

    def hear_key() -> None:
        chosen = session.get(key, {}).get("looked_at")
        if chosen is not None:
            session.set("key", int(chosen))
            focus.forget_key()

    result = _mount(
        key=key,
        data=data,
        on_token_change=hear_token,
        on_looked_at_change=hear_key,
        on_chapter_change=lambda: None,
        on_cell_change=lambda: None,
        on_arc_change=lambda: None,
        on_round_change=on_next or (lambda: None),
    )
    there = {row.id: row for row in CHAPTERS}
    if result["chapter"] in there:
        st.switch_page(there[result["chapter"]].file)
    arc = Arc(**result["arc"]) if result["arc"] else None
    if arc and 0 <= arc.block < reading.model.config.n_layers and 0 <= arc.key <= position:
        return arc
    return Cell(**result["cell"]) if result["cell"] else None
