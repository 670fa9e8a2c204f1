"""What the README promises: its notebook lines run and print what it says."""

import contextlib
import io
import re
from pathlib import Path

import pytest
import torch

from gpt_core import Tokenizer, load_model
from pages.services.models import Models
from tests import book_model
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


def test_the_lines_for_one_s_own_gpt_open_a_model_of_the_book_trained_on_the_spot(tmp_path, monkeypatch):
    section = README.split("## Look inside your own GPT")[1].split("\n## ")[0]
    lines = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)[0]
    ids = Tokenizer().encode("Every effort moves you closer to where you were going, one small step after the other.")
    model, losses = book_model.trained(ids)
    assert losses[-1] < losses[0]
    monkeypatch.chdir(tmp_path)
    exec(lines, {"model": model, "GPT_CONFIG_124M": book_model.CONFIG})
    models = Models([tmp_path / "assets" / "models"])
    opened, some = models.load("yours:mine"), torch.tensor(ids[:9])
    torch.testing.assert_close(opened(some), model(some[None])[0].detach(), rtol=1e-5, atol=1e-5)
    assert not opened.config.qkv_bias and not opened.config.tied_head
    assert load_model(tmp_path / "assets" / "models" / "mine").config == opened.config


def test_every_chapter_of_the_table_exists_and_none_is_missing():
    chapters = {int(number) for number in re.findall(r"^\|[^|]*\| (\d+) \*\*", README, flags=re.MULTILINE)}
    pages = {int(path.stem[:2]) for path in Path(__file__).parent.parent.glob("pages/[0-9][0-9]_*.py")}
    assert chapters | {0} == pages


def test_pictures_and_links_point_to_files_that_are_there():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (Path(__file__).parent.parent / target).exists(), target
