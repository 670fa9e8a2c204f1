"""Developer mode: what is saved is on an open page a moment later, without a restart."""

import shutil
from pathlib import Path

import pytest

from tests.browser.conftest import ROOT, running
from tests.browser.steps import TIMEOUT, settle, visit


@pytest.fixture
def copy(tmp_path) -> Path:
    """A tree that may be edited; the large files in it are those of this one."""
    for name in ("gpt_core", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "app.py", tmp_path)
    shutil.copytree(ROOT / "assets", tmp_path / "assets", ignore=shutil.ignore_patterns("models"))
    (tmp_path / "assets" / "models").symlink_to(ROOT / "assets" / "models")
    return tmp_path


def test_a_saved_page_experiment_and_lesson_are_read_again(copy, browser_page):
    with running(copy / "app.py", ready="readyz", root=copy, GLASSBOX_DEV="1") as url:
        visit(browser_page, url, "heads", lang="en", text="one two three four")
        for file, before, after in (  # the lesson first: a run for another file would read it as well
            ("../assets/lessons/en/heads.md", "Each layer has several", "Every layer has quite some"),
            ("07_heads.py", "gives the same weights:", "comes to the same weights:"),
            ("experiments/heads/roles.py", "Measure on the text said twice", "Measure it said twice"),
        ):
            browser_page.get_by_text(before).first.wait_for(timeout=TIMEOUT)
            settle(browser_page)  # Streamlit looks at the files anew when a run has ended
            path = copy / "pages" / file
            path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
            browser_page.get_by_text(after).first.wait_for(timeout=TIMEOUT)
