"""Developer mode: what is saved is on screen a moment later, without a restart."""

from pathlib import Path

from streamlit import config

PAGES = Path(__file__).parent.parent
TEXTS = PAGES.parent / "assets"  # lessons, labels, examples, terms
SERVICES = PAGES / "services"  # they hold models and results: made anew, every save would cost a start


def watch_sources() -> None:
    """Let Streamlit watch lessons and the modules that a page has imported, and run open pages again on a save.

    It forgets all watched modules together, so that none goes on with an older version of another. The watcher has to
    be watchdog's ("auto"): the polling one sees of a folder only which files are in it. To be called before the first
    session begins.
    """
    config.set_option("server.fileWatcherType", "auto", "developer mode")
    config.set_option("server.runOnSave", True, "developer mode")
    config.set_option("server.folderWatchList", [str(TEXTS / "lessons"), str(TEXTS / "locale")], "developer mode")
    config.set_option("server.folderWatchBlacklist", [str(SERVICES), str(PAGES / "settings.py")], "developer mode")
    config.set_option("client.showErrorDetails", "full", "developer mode")
