"""The stage of the journey: a token's vector on its way through the model, drawn on a canvas of its own."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from pages.chapters import CHAPTERS
from pages.ui import chapter, focus, journey, lockstep, session
from pages.ui.components import HERE, script
from pages.ui.lockstep import Traveller

_mount = component(
    "glassbox_journey",
    html='<section class="journey"></section>',
    css=(HERE / "journey.css").read_text("utf-8"),
    js=script("journey.js"),
)


@dataclass(frozen=True)
class Cell:
    """A cell of a strip that was chosen: its place in the trace, which of the numbers there, of which sentence."""

    place: str
    index: int
    sentence: int = 0


@dataclass(frozen=True)
class Arc:
    """An arc that was chosen: in which block, the key that it leads to, and of which sentence."""

    block: int
    key: int
    sentence: int = 0


def packed(header: dict[str, object], strips: Iterable[journey.Strip]) -> bytes:
    """One message: how long the header is (four bytes, the lowest first), the header as JSON, all shades in turn."""
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return len(head).to_bytes(4, "little") + head + b"".join(strip.shades.tobytes() for strip in strips)


def message(travellers: Sequence[Traveller], *, layer: int, head: int, continues: bool) -> bytes:
    """What the stage is sent: each sentence with its own numbers, and what is said of both."""
    ways = lockstep.ways(travellers, layer=layer, head=head)
    joins = all(one.is_last for one in travellers)
    headers = []
    for (reading, position), found, steers in zip(travellers, ways, lockstep.steered(travellers), strict=True):
        told = journey.scenes(reading, found, position=position, head=head, joins=joins)
        own = journey.header(reading, found, told, position=position, layer=layer, head=head)
        headers.append(own | {"steers": steers})
    shared = {
        "labels": journey.labels(),
        "titles": {row.id: chapter.title(row) for row in CHAPTERS},
        "differs": lockstep.differences(travellers, ways, layer=layer, head=head),
        "continues": continues,
    }
    return packed({"sentences": headers, **shared}, [strip for found in ways for strip in found.strips])


def draw(
    travellers: Sequence[Traveller], *, layer: int, head: int, key: str, on_next: Callable[[], None] | None = None
) -> Cell | Arc | None:
    """Draw the stage of a token, or of one in each of two sentences; returns the cell or arc that was clicked, once."""
    if session.is_aside():
        return None
    data = message(travellers, layer=layer, head=head, continues=on_next is not None)

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
    return clicked(result, travellers)


def clicked(result: Mapping[str, Any], travellers: Sequence[Traveller]) -> Cell | Arc | None:
    """The arc or cell of a click, where the sentences that are shown now have it."""
    arc = Arc(**result["arc"]) if result["arc"] else None
    if arc and 0 <= arc.sentence < len(travellers):
        reading, position = travellers[arc.sentence]
        if 0 <= arc.block < reading.model.config.n_layers and 0 <= arc.key <= position:
            return arc
    cell = Cell(**result["cell"]) if result["cell"] else None
    return cell if cell and 0 <= cell.sentence < len(travellers) else None
