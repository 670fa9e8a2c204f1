"""CONTRIBUTING is followed to the letter on a copy of the tree: the chapter it adds is there, in both languages."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHARED = ("assets/models", "gpt_core/tokenizer/ranks")  # large, and nobody edits them: the copy has links to them
FENCED = r"```\w+\n(.*?)```"
NEW_FILE = re.compile(rf"New\s+file\s+`([^`]+)`:\n\n{FENCED}", re.DOTALL)
NEW_LINES = re.compile(rf"In\s+`([^`]+)`,\s+below\s+the\s+line\n\n{FENCED}\n\nadd\n\n{FENCED}", re.DOTALL)
CHAPTER = "lengths"

pytestmark = pytest.mark.slow  # starts other interpreters

# Run in the copy, for both languages: what a reader who follows a link to the experiment is told and shown.
OPEN = """
import sys
from streamlit.testing.v1 import AppTest
from tests.pages.conftest import assert_healthy, chart_numbers, plain

for language, words in (("en", sys.argv[1:4]), ("fr", sys.argv[4:7])):
    app = AppTest.from_file("pages/frame.py", default_timeout=60)
    app.query_params.update({"lang": language, "text": "The old king gave the key to the boy.", "layer": "1"})
    app.run().switch_page("18_lengths.py").run()
    app.query_params["look"] = "by_depth"
    app.run()
    assert_healthy(app)
    said = plain(app) + str(app.segmented_control(key="look lengths").options)
    assert all(one in said for one in words), (words, said)
    curve, bars = chart_numbers(app, "by_depth", "y"), chart_numbers(app, "lengths", "x")
    assert len(curve) == 11 and (curve > 0).all(), curve  # the embedding, and ten layers
    assert len(bars) == 10 and (bars > 0).all(), bars
print("opened")
"""
ENGLISH = ("18 · Lengths of vectors", "leaves layer 1 with a vector of length", "One vector grows")
FRENCH = ("18 · Longueurs des vecteurs", "sort de la couche 1 avec un vecteur de longueur", "Un vecteur s’allonge")


@dataclass(frozen=True)
class Steps:
    """What a section of CONTRIBUTING tells its reader to write: files by path, and lines below others."""

    files: dict[str, str]
    lines: tuple[tuple[str, str, str], ...]  # path, line, what is added below it

    def follow(self, tree: Path) -> None:
        """Do all that in a tree."""
        for name, text in self.files.items():
            path = tree / name
            assert not path.exists(), f"{name} is there already"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        for name, line, added in self.lines:
            text = (tree / name).read_text("utf-8")
            assert text.count(line) == 1, f"{name} has the line {text.count(line)} times, not once: {line}"
            (tree / name).write_text(text.replace(line, line + added), "utf-8")


def steps_of(section: str) -> Steps:
    """The steps of one section of CONTRIBUTING."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    found = re.search(rf"^## {section}\n(.*?)^## ", _without_fenced_headings(text), re.S | re.M)
    assert found, f"CONTRIBUTING has no section “{section}”"
    part = text[found.start(1) : found.end(1)]
    return Steps(dict(NEW_FILE.findall(part)), tuple(NEW_LINES.findall(part)))


def _without_fenced_headings(text: str) -> str:
    """As long as `text`, without the headings of the lessons that it shows."""
    return re.sub(FENCED, lambda block: block[0].replace("## ", "   "), text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """What a contributor has: the files of the repository."""
    tree = tmp_path_factory.mktemp("copy")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in SHARED:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).symlink_to(ROOT / name)
    for name in (name for name in listed if not name.startswith(SHARED) and (ROOT / name).is_file()):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    return tree


@pytest.fixture(scope="module")
def contributed(copy) -> Path:
    """The copy with the chapter of CONTRIBUTING in it."""
    steps_of("Add a chapter").follow(copy)
    return copy


def in_tree(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Python in a tree, with its modules and not with ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
    environment |= {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )


def test_contributing_adds_a_page_an_experiment_two_lessons_a_catalogue_and_a_notebook():
    steps = steps_of("Add a chapter")
    assert {name for name, _line, _added in steps.lines} == {"pages/chapters.py", "pages/ui/steps.py", "README.md"}
    folders = sorted(str(Path(name).parent) for name in steps.files)
    lessons = ["assets/lessons/en", "assets/lessons/fr", "assets/locale/fr"]
    assert folders == [*lessons, "assets/notebooks", "pages", *["pages/experiments/lengths"] * 2, "tests/pages"]


def test_lint_and_format_have_nothing_to_say(contributed):
    written = [name for name in steps_of("Add a chapter").files if name.endswith(".py")]
    for command in (["check"], ["format", "--check"]):
        found = in_tree(contributed, "-m", "ruff", *command, "pages/chapters.py", *written)
        assert found.returncode == 0, found.stdout + found.stderr


PICKED_UP = {  # by the tests that walk all chapters: file, and which of its tests
    "tests/test_architecture.py": "in_order or layer or circle",
    "tests/test_words.py": f"{CHAPTER} or lesson or label or nobody or french",
    "tests/test_readme.py": "chapter or links",
    "tests/pages/test_chapters.py": f"{CHAPTER} or every_page or folder or without_its_page or beyond",
    "tests/pages/test_notebooks.py": f"{CHAPTER} and another_number",
    "tests/pages/test_presenting.py": f"{CHAPTER} and not draws",
    f"tests/pages/test_{CHAPTER}.py": f"test_{CHAPTER}",
}


def test_the_tests_pick_the_chapter_up_and_pass(contributed):
    names = " or ".join(f"({Path(file).stem} and ({which}))" for file, which in PICKED_UP.items())
    found = in_tree(contributed, "-m", "pytest", "-v", "-p", "no:cacheprovider", *PICKED_UP, "-k", names)
    assert found.returncode == 0, found.stdout[-4000:] + found.stderr[-2000:]
    assert all(f"{file}::" in found.stdout for file in PICKED_UP)


def test_the_chapter_and_its_experiment_open_in_both_languages(contributed):
    found = in_tree(contributed, "-c", OPEN, *ENGLISH, *FRENCH)
    assert found.returncode == 0, found.stderr[-4000:]
    assert found.stdout.split()[-1] == "opened"
