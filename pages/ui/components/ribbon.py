"""The token ribbon: the reader's text as a row of tokens, one of which is in focus and any of which can be chosen."""

from streamlit.components.v2 import component

from pages.figures import visible
from pages.services.reading import Reading
from pages.ui import session
from pages.ui.components import HERE, script
from pages.ui.words import _

_mount = component(
    "glassbox_ribbon",
    html='<div class="ribbon" tabindex="0"></div>',
    css=(HERE / "ribbon.css").read_text("utf-8"),
    js=script("ribbon.js"),
)


def draw(reading: Reading, *, chapter: str, token: int, key: int, label: str) -> None:
    """Draw the tokens with their ids; a click or an arrow key chooses the token in focus.

    Those that the model never met in training, or its snapshot does not keep, are marked, and say so.
    Another `chapter` than before begins at its top, wherever the reader was in the last one.
    """
    pieces = [visible(piece) for piece in reading.tokens]
    ids = list(reading.ids)
    data = {"chapter": chapter, "pieces": pieces, "ids": ids, "token": token, "key": key, "label": label}
    mark = _("no row kept of this moment") if reading.card.snapshot else _("never met in training")
    data |= {"unmet": list(reading.unmet), "mark": mark}
    _mount(key="ribbon", data=data, on_chosen_change=_choose)


def _choose() -> None:
    chosen = session.get("ribbon", {}).get("chosen")
    if chosen is not None:
        session.set("token", int(chosen))
