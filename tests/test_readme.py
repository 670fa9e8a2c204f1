"""What the README promises: its notebook lines run and print what it says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from tests.notebook import notebook_lines

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("readme", ["README.md", "gpt_core/README.md"])
def test_the_notebook_lines_print_what_the_readme_says(readme):
    code, said = notebook_lines(ROOT / readme)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().splitlines() == said


def test_every_chapter_of_the_table_exists_and_none_is_missing():
    chapters = {int(number) for number in re.findall(r"^\|[^|]*\| (\d+) \*\*", README, flags=re.MULTILINE)}
    pages = {int(path.stem[:2]) for path in Path(__file__).parent.parent.glob("pages/[0-9][0-9]_*.py")}
    assert chapters | {0} == pages


def test_pictures_and_links_point_to_files_that_are_there():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target
