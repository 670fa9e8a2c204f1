"""One line about a class, kept up to date by the server, who is here and who has voted; a rerun when it has gone on."""

from typing import Any

from streamlit.components.v2 import component

from pages.ui.components import HERE, script

_mount = component(
    "glassbox_class_line",
    html='<p class="line" role="status"></p>',
    css=(HERE / "class_line.css").read_text("utf-8"),
    js=script("class_line.js"),
)


def draw(url: str, *, shown: int, window: str, ticket: str, counted: dict[str, list[str]], away: str) -> None:
    """Follow the class at `url` from the change `shown` on.

    `counted` has the words for what is counted (`present`, `votes`, `sentences`), each for none, one and many, the
    first may be empty; none at all where nothing is to be seen. A `ticket` is changed into the teacher's cookie.
    """
    data: dict[str, Any] = {"url": url, "shown": shown, "window": window, "ticket": ticket}
    _mount(key="class_line", data={**data, "counted": counted, "away": away}, on_changed_change=lambda: None)
