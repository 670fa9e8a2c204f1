"""A field for the code of a class: it opens the page of the class's link, with which a member's cookie comes."""

from streamlit.components.v2 import component

from pages.ui.components import HERE, script

_mount = component(
    "glassbox_class_door",
    html='<form><label></label><input autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="12">'
    '<button type="submit"></button></form>',
    css=(HERE / "class_door.css").read_text("utf-8"),
    js=script("class_door.js"),
)


def draw(url: str, *, label: str, join: str, key: str) -> None:
    """`url` is what the code is added to."""
    _mount(key=key, data={"url": url, "label": label, "join": join})
