"""A link to be read, copied, and pointed at with a phone from the back row: to what is on screen, or to a class."""

from collections.abc import Sequence
from functools import partial

import segno
from streamlit.components.v2 import component

from pages.ui import session
from pages.ui.components import HERE, script

QUIET = 4  # modules of white around the code, which those who read it need
ASKED = "the QR code was asked for, of "

_mount = component(
    "glassbox_share",
    html='<button type="button" class="opens" hidden></button><dialog></dialog>',
    css=(HERE / "share.css").read_text("utf-8"),
    js=script("share.js"),
)


def draw(link: str, *, notes: Sequence[str], labels: dict[str, str], key: str = "share", headline: str = "") -> None:
    """A button, and behind it a headline, notes, the link in a field, a button that copies it, and its QR code.

    Labels: share, close, link, copy, copied, code. The code is made when it is asked for: that takes a while.
    """
    asked = session.get(ASKED + key, False)
    picture = qr_code(link) if asked else None
    data = {"link": link, "notes": list(notes), "labels": labels, "picture": picture, "headline": headline}
    _mount(key=key, data=data, on_asked_change=partial(ask, key))
    session.set(ASKED + key, False)


def ask(key: str) -> None:
    """In a callback: what is behind the button is to be open."""
    session.set(ASKED + key, True)


def qr_code(link: str) -> str:
    """The QR code as an image's address, black on white whatever the theme, as coarse as the link's length allows."""
    return segno.make_qr(link, error="L").svg_data_uri(border=QUIET, dark="#000", light="#fff", omitsize=True)
