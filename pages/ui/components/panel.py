"""The sidebar as a panel: named in the reader's language, and out of the way where it lies over what was asked for."""

from streamlit.components.v2 import component

from pages.ui.components import script
from pages.ui.words import _

NARROW = "(max-width: 768px)"  # where Streamlit lays the sidebar over the page, with the chapters in it
# Where a click is after which the page is what the reader wants to see.
DONE = ".st-key-read button, .st-key-example label, [data-testid=stSidebarNavLink]"

_mount = component("glassbox_panel", html="<i></i>", js=script("panel.js"))


def draw() -> None:
    """Nothing is seen of it. `{name}` in a name is what Streamlit has after its first word."""
    names = {
        "[data-testid=stSidebar]": _("Text, model and settings"),
        "[data-testid=stExpandSidebarButton]": _("Open the chapters and settings"),
        "[data-testid=stSidebarCollapseButton] button": _("Close the chapters and settings"),
        "[data-testid=stTopNav], [data-testid=stSidebarNav]": _("Chapters"),
        "[data-testid=stTooltipHoverTarget] > button": _("Help"),
        "[data-testid=stNumberInputStepUp]": _("One more"),
        "[data-testid=stNumberInputStepDown]": _("One less"),
        ":is([data-testid=stSelectbox], [data-testid=stMultiSelect]) [aria-haspopup]": _("Open the list"),
        "[data-testid=stMultiSelectTagsContainer] > [role=group]": _("What is chosen"),
        "[data-testid=stMultiSelect] button[aria-label='Clear all']": _("Take all away"),
        "[data-testid=stMultiSelect] button[aria-label^='Remove ']": _("Take {name} away"),
    }
    _mount(key="panel", data={"names": names, "narrow": NARROW, "done": DONE})
