"""What the browser is sent of our scripts: all of their code."""

import re

import pytest

from pages.ui.components import HERE, script

SCRIPTS = sorted(path.name for path in HERE.glob("*.js"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_loses_its_comments_and_no_code(name):
    """Compared without any comments: those of strings and patterns would be cut out of both alike."""
    bare = re.compile(r"/\*\*(?:(?!\*/).)*\*/", re.DOTALL)
    whole, sent = (HERE / name).read_text("utf-8"), script(name)
    assert re.sub(r"\s+", " ", bare.sub("", sent)) == re.sub(r"\s+", " ", bare.sub("", whole))
    assert len(sent) < len(whole)
