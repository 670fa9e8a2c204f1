"""What belongs to the page as a whole: its language, our words when the server is gone, a rerun when it is back."""

from streamlit.components.v2 import component

from pages.ui.components import HERE, script
from pages.ui.words import _, language

_mount = component(
    "glassbox_whole_page",
    html='<p class="lost" role="alert" hidden></p>',
    css=(HERE / "whole_page.css").read_text("utf-8"),
    js=script("whole_page.js"),
)


def draw(*, present: bool) -> None:
    """Say the language to browsers and screen readers, and bring the words that are needed when nothing can be sent.

    `present`: whether this is presenter mode, which the browser keeps for a server that forgets.
    """
    lost = _("The connection to the server is lost. What you see stays; the page goes on as soon as it is back.")
    data = {"language": language(), "lost": lost, "present": present}
    _mount(key="whole_page", data=data, on_back_change=lambda: None, on_wall_change=lambda: None)
