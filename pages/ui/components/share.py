"""The link to what is on screen: to be read, copied, and pointed at with a phone from the back row."""

from collections.abc import Sequence

import segno
from streamlit.components.v2 import component

from pages.ui import session
from pages.ui.components import HERE, script

QUIET = 4  # modules of white around the code, which those who read it need
ASKED = "the QR code of the link was asked for"

_mount = component(
    "glassbox_share",
    html='<button type="button" class="opens" hidden></button><dialog></dialog>',
    css=(HERE / "share.css").read_text("utf-8"),
    js=script("share.js"),
)


def draw(link: str, *, notes: Sequence[str], labels: dict[str, str]) -> None:
    """A button, and behind it notes, the link in a field, a button that copies it, and its QR code.

    Labels: share, close, link, copy, copied, code. The code is made when it is asked for: that takes a while.
    """
    asked = session.get(ASKED, False)
    session.set(ASKED, False)
    picture = qr_code(link) if asked else None
    data = {"link": link, "notes": list(notes), "labels": labels, "picture": picture}
    _mount(key="share", data=data, on_asked_change=_ask)


def _ask() -> None:
    session.set(ASKED, True)


def qr_code(link: str) -> str:
    """The QR code as an image's address, black on white whatever the theme, as coarse as the link's length allows."""
    return segno.make_qr(link, error="L").svg_data_uri(border=QUIET, dark="#000", light="#fff", omitsize=True)
