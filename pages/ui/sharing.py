"""Share: the link that opens what is on screen elsewhere, as text and as a QR code."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import streamlit as st

from pages.ui import link
from pages.ui.components import share
from pages.ui.words import _

THIS_MACHINE = {"localhost", "127.0.0.1", "::1", "0.0.0.0"}


def draw(address: str, left_out: Sequence[str]) -> None:
    """A button, and behind it the link; below the button what of the screen was too long for it, if anything."""
    notes = [link.said_of(left_out)]
    if opens_here_only(address):
        notes.append(here_only())
    share.draw(address, notes=notes, labels=labels())
    if left_out:
        st.caption(notes[0])


def labels() -> dict[str, str]:
    """The words around a link to what is on screen."""
    return {
        "share": _("Share"),
        "close": _("Close"),
        "link": _("Link to what is on screen"),
        "copy": _("Copy the link"),
        "copied": _("Copied"),
        "code": _("QR code of the link"),
    }


def here_only() -> str:
    """What is said of an address by which a computer calls itself."""
    return _("This address is this computer’s own: on another one, such as a phone, the link opens nothing.")


def opens_here_only(address: str) -> bool:
    """Whether the address is one by which a computer calls itself."""
    return (urlsplit(address).hostname or "localhost") in THIS_MACHINE
