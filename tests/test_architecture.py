"""Each layer imports only downwards, and the rules of the house hold: read off the source, file by file."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# Layer: which of our own modules it may import, and what of others' it must not.
ALLOWED = {
    "gpt_core": {"gpt_core"},
    "pages.figures": {"pages.figures"},
    "pages.ui": {"gpt_core", "pages.figures", "pages.ui"},
    "pages.experiments": {"gpt_core", "pages.figures", "pages.ui", "pages.experiments"},
    "pages": {"gpt_core", "pages.figures", "pages.ui", "pages.experiments"},
    "pages.frame": {"pages.ui"},
    "app": {"pages.ui", "gpt_core"},
}
FORBIDDEN = {
    "gpt_core": {"streamlit", "plotly"},
    "pages.figures": {"streamlit", "torch"},
    "pages.ui": set(),
    "pages.experiments": {"torch", "plotly"},
    "pages": {"torch", "plotly"},
    "pages.frame": {"torch", "plotly"},
    "app": {"plotly"},
}
NOWHERE = {"transformers", "pickle", "dill", "joblib", "cloudpickle"}
LONGEST = {"gpt_core": 200, "pages": 80, "pages.frame": 100, "app": 60}
SHELVES = {"utils.py", "helpers.py", "common.py", "misc.py"}
ONE_FILE_OF_UI = {
    "session state and query parameters": {"session_state", "query_params"},
    "caches": {"cache_data", "cache_resource"},
}


def layer_of(path: Path) -> str:
    """The layer of a file, given relative to the root."""
    match path.parts:
        case ("app.py",):
            return "app"
        case ("gpt_core", *_):
            return "gpt_core"
        case ("pages", "frame.py"):
            return "pages.frame"
        case ("pages", ("figures" | "ui" | "experiments") as part, *_):
            return f"pages.{part}"
        case _:
            return "pages"


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module imported, wherever the import stands; `from a import b` counts as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            yield from (argument.value for argument in node.args if isinstance(argument, ast.Constant))


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def wrong_imports(tree: ast.AST, layer: str) -> Iterator[str]:
    for module in imported(tree):
        if module == "torch.Tensor" and layer == "pages.experiments":
            continue  # the name of a type computes nothing
        ours = within(module, {"app", "pages", "gpt_core"})
        if module.startswith("."):
            yield f"imports {module} relatively"
        elif (ours and not within(module, ALLOWED[layer])) or within(module, FORBIDDEN[layer] | NOWHERE):
            yield f"imports {module}"


def wrong_words(tree: ast.AST, layer: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
            yield "uses unsafe_allow_html"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"torch.load", "torch.serialization.load"}:
            yield "uses torch.load"
        if isinstance(node, ast.ImportFrom) and node.module == "torch" and "load" in {a.name for a in node.names}:
            yield "uses torch.load"
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if future and layer == "gpt_core":
            yield "postpones annotations, which are checked here"


def violations(root: Path) -> list[str]:
    """All that is wrong in a tree, one line each."""
    found, users = [], {topic: set() for topic in ONE_FILE_OF_UI}
    paths = [root / "app.py", *sorted(root.glob("gpt_core/**/*.py")), *sorted(root.glob("pages/**/*.py"))]
    for path in filter(Path.exists, paths):
        name = path.relative_to(root)
        text = path.read_text("utf-8")
        tree, layer = ast.parse(text), layer_of(name)
        problems = [*wrong_imports(tree, layer), *wrong_words(tree, layer)]
        if len(text.splitlines()) > LONGEST.get(layer, 10_000):
            problems.append(f"has {len(text.splitlines())} lines, more than {LONGEST[layer]}")
        if name.name in SHELVES:
            problems.append("is a shelf for anything")
        found += [f"{name}: {problem}" for problem in problems]
        attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        attributes |= {module.split(".")[-1] for module in imported(tree)}
        for topic, words in ONE_FILE_OF_UI.items():
            if attributes & words:
                users[topic].add(name)
    for topic, files in users.items():
        if len(files) > 1 or any(layer_of(file) != "pages.ui" for file in files):
            found.append(f"{topic} belong to one file of pages/ui, not to {', '.join(sorted(map(str, files)))}")
    return found


def test_the_house_is_in_order():
    assert violations(ROOT) == []


def test_every_layer_is_looked_at():
    """A rule that finds no file to look at would hold for ever."""
    seen = {
        layer_of(path.relative_to(ROOT)) for folder in ("gpt_core", "pages") for path in (ROOT / folder).rglob("*.py")
    }
    assert seen | {"app"} == set(ALLOWED)
    assert (ROOT / "app.py").exists()


CLEAN = {
    "app.py": "from pages.ui import warm_up\nfrom gpt_core import GPT\n",
    "gpt_core/gpt.py": "import torch\nfrom gpt_core.model.block import Block\n",
    "pages/frame.py": "import streamlit\nfrom pages.ui import choices\n",
    "pages/07_heads.py": "from pages import figures\nfrom pages.experiments import heads\nfrom gpt_core import GPT\n",
    "pages/figures/heatmaps.py": "import plotly.graph_objects as go\nfrom pages.figures.labels import Label\n",
    "pages/ui/memory.py": "import streamlit as st\nst.session_state['x'] = 1\nst.query_params.clear()\n",
    "pages/experiments/heads.py": "from torch import Tensor\nfrom pages.ui.engine import Reading\n",
}


def tree_with(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_a_clean_tree_passes(tmp_path):
    assert violations(tree_with(tmp_path, CLEAN)) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gpt_core/x.py", "import streamlit", "imports streamlit"),
        ("gpt_core/x.py", "def f():\n    from plotly import express", "imports plotly.express"),
        ("gpt_core/x.py", "from pages.ui import engine", "imports pages.ui.engine"),
        ("gpt_core/x.py", "import transformers.models", "imports transformers.models"),
        ("gpt_core/x.py", "from . import gpt", "imports ..gpt relatively"),
        ("gpt_core/x.py", "import importlib\nimportlib.import_module('streamlit')", "imports streamlit"),
        ("gpt_core/x.py", "from __future__ import annotations", "postpones annotations, which are checked here"),
        ("gpt_core/x.py", "import pickle", "imports pickle"),
        ("gpt_core/x.py", "import torch\ntorch.load('x')", "uses torch.load"),
        ("gpt_core/x.py", "from torch import load", "uses torch.load"),
        ("gpt_core/x.py", "\n" * 201, "has 201 lines, more than 200"),
        ("gpt_core/utils.py", "", "is a shelf for anything"),
        ("pages/figures/x.py", "import streamlit as st", "imports streamlit"),
        ("pages/figures/x.py", "import torch", "imports torch"),
        ("pages/figures/x.py", "from gpt_core import GPT", "imports gpt_core.GPT"),
        ("pages/figures/helpers.py", "", "is a shelf for anything"),
        ("pages/ui/x.py", "from pages import frame", "imports pages.frame"),
        ("pages/ui/x.py", "import app", "imports app"),
        ("pages/ui/x.py", "from pages.experiments import heads", "imports pages.experiments.heads"),
        ("pages/ui/x.py", "import streamlit as st\nst.markdown('x', unsafe_allow_html=True)", "uses unsafe_allow_html"),
        ("pages/experiments/x.py", "import torch", "imports torch"),
        ("pages/experiments/x.py", "from torch.nn import Module", "imports torch.nn.Module"),
        ("pages/99_x.py", "from torch import Tensor", "imports torch.Tensor"),
        ("pages/99_x.py", "import plotly.express", "imports plotly.express"),
        ("pages/99_x.py", "\n" * 81, "has 81 lines, more than 80"),
        ("pages/frame.py", "from gpt_core import GPT", "imports gpt_core.GPT"),
        ("pages/frame.py", "\n" * 101, "has 101 lines, more than 100"),
        ("app.py", "import plotly", "imports plotly"),
        ("app.py", "from pages import frame", "imports pages.frame"),
        ("app.py", "\n" * 61, "has 61 lines, more than 60"),
    ],
)
def test_a_broken_rule_is_noticed(tmp_path, name, text, message):
    assert violations(tree_with(tmp_path, CLEAN | {name: text})) == [f"{name}: {message}"]


@pytest.mark.parametrize(
    ("name", "text", "topic"),
    [
        (
            "pages/07_heads.py",
            "import streamlit as st\nst.session_state['a'] = 1",
            "session state and query parameters",
        ),
        ("pages/ui/other.py", "import streamlit as st\nprint(st.query_params)", "session state and query parameters"),
        ("pages/ui/x.py", "from streamlit import session_state", "session state and query parameters"),
        ("pages/experiments/x.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "caches"),
    ],
)
def test_state_and_caches_stay_in_one_file(tmp_path, name, text, topic):
    (found,) = violations(tree_with(tmp_path, CLEAN | {name: text}))
    assert found.startswith(f"{topic} belong to one file of pages/ui, not to ")
    assert name in found


@pytest.mark.parametrize(
    ("module", "absent"),
    [("gpt_core", {"transformers", "streamlit", "plotly", "pandas"}), ("app", {"transformers", "tokenizers"})],
)
def test_an_import_brings_only_what_it_needs(module, absent):
    code = f"import sys, {module}; print(*sorted(set(sys.modules) & {absent!r}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert found.stdout.split() == []
