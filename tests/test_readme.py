"""What the README promises: its notebook lines run and print what it says."""

import contextlib
import io
import re
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_notebook_lines_print_what_the_readme_says():
    code, said = re.search(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", README, flags=re.DOTALL).groups()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    assert printed.getvalue().split() == said.split()


def test_every_chapter_of_the_table_exists_and_none_is_missing():
    chapters = {int(number) for number in re.findall(r"^\|[^|]*\| (\d+) \*\*", README, flags=re.MULTILINE)}
    pages = {int(path.stem[:2]) for path in Path(__file__).parent.parent.glob("pages/[0-9][0-9]_*.py")}
    assert chapters | {0} == pages


def test_pictures_and_links_point_to_files_that_are_there():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target
