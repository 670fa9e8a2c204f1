"""The lines of code that a README shows, and what it says that they print."""

import re
from pathlib import Path


def notebook_lines(readme: Path) -> tuple[str, list[str]]:
    """The first Python block of a README, and the indented lines below it."""
    found = re.search(r"```python\n(.*?)```\n\n((?:    [^\n]*\n)+)", readme.read_text("utf-8"), flags=re.DOTALL)
    assert found, f"{readme} shows no lines of code with what they print"
    code, said = found.groups()
    return code, [line.removeprefix("    ") for line in said.splitlines()]
