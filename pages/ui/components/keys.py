"""What a clicker sends, wherever the focus is: one step on, one back, the first; `/` goes to the sentence."""

from collections.abc import Callable

from streamlit.components.v2 import component

from pages.ui import session
from pages.ui.components import HERE, script

_mount = component(
    "glassbox_keys",
    html='<nav class="steps"></nav>',
    css=(HERE / "keys.css").read_text("utf-8"),
    js=script("keys.js"),
)

WAYS = ("on", "back", "first")


def draw(*, at: int, n: int, labels: dict[str, str], wall: str, on_way: Callable[[str], None]) -> None:
    """Two buttons and where in the chapter this is, as "2 / 5". `on_way` hears which of WAYS was asked for.

    A third button, as the key F, has one chart fill the screen; the browser does that alone. `wall` is what the browser
    keeps for a server that forgets.
    """

    def hear() -> None:
        way = session.get("keys", {}).get("way")
        if way and way.get("name") in WAYS:
            on_way(way["name"])

    _mount(key="keys", data={"at": at, "n": n, "labels": labels, "wall": wall}, on_way_change=hear)
