"""Each layer imports only downwards, and the rules of the house hold: read off the source, file by file."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from pages.chapters import CHAPTERS

ROOT = Path(__file__).parent.parent

CORE = ("model", "tokenizer", "generation", "measure", "weights", "examples", "training")

# Layer: which of our own modules it may import, and what of others' it must not.
ALLOWED = {
    "gpt_core": {"gpt_core"},
    "gpt_core.model": {"gpt_core.model"},
    "gpt_core.tokenizer": {"gpt_core.tokenizer"},
    "gpt_core.generation": {"gpt_core.generation", "gpt_core.model"},
    "gpt_core.measure": {"gpt_core.measure", "gpt_core.model", "gpt_core.tokenizer", "gpt_core.generation"},
    "gpt_core.weights": {"gpt_core.weights", "gpt_core.model"},
    "gpt_core.examples": {"gpt_core.examples", "gpt_core.model"},
    "gpt_core.training": {f"gpt_core.{room}" for room in CORE if room != "examples"},
    "pages.settings": set(),
    "pages.figures": {"pages.figures"},
    "pages.services": {"gpt_core", "pages.services", "pages.settings"},
    "pages.ui": {"gpt_core", "pages.figures", "pages.services", "pages.settings", "pages.ui", "pages.chapters"},
    "pages.ui.components": {"pages.figures", "pages.services", "pages.ui", "pages.chapters"},
    "pages.server": {"pages.server", "pages.services", "pages.settings", "pages.figures", "pages.ui"},
    "pages.chapters": {"pages.ui.words"},
    "pages.show": {"gpt_core", "pages.figures", "pages.services", "pages.show", "pages.ui"},
    "pages.experiments": {"gpt_core", "pages.figures", "pages.services", "pages.show", "pages.ui", "pages.chapters"},
    "pages": {"gpt_core", "pages.figures", "pages.services", "pages.show", "pages.ui", "pages.chapters"},
    "pages.frame": {"pages.ui", "pages.services", "pages.chapters"},
    "app": {"pages.server", "pages.chapters", "pages.settings", "pages.ui"},
}
FORBIDDEN = {
    "gpt_core": {"streamlit", "plotly"},
    "gpt_core.model": {"huggingface_hub", "safetensors", "pathlib", "json", "urllib", "socket", "numpy"},
    "gpt_core.tokenizer": {"torch"},
    "pages.settings": {"streamlit", "torch"},
    "pages.figures": {"streamlit", "torch"},
    "pages.services": {"streamlit", "plotly"},
    "pages.chapters": {"streamlit", "torch", "plotly"},
    "pages.show": {"torch"},
    "pages.experiments": {"torch", "plotly"},
    "pages": {"torch", "plotly"},
    "pages.frame": {"torch", "plotly"},
    "app": {"plotly"},
}
NOWHERE = {"transformers", "pickle", "dill", "joblib", "cloudpickle"}
CONVERTER = Path("gpt_core/weights/convert.py")  # a command for one's own pickles
PAGES = {"pages", "pages.experiments", "pages.show"}
LONGEST_FILE = {"gpt_core": 200, "pages.frame": 100, "app": 70}
LONGEST_FUNCTION = 55  # lines, from its first decorator to its last line
MOST_PARAMETERS = {"pages.figures": 8}
EXPERIMENT = 72  # lines of an experiment on average, with its own question, code and table
# A chapter takes its widgets from pages/ui/layout.py: what is set in others would be missing in links.
OWN_WIDGETS = {
    *("slider", "select_slider", "toggle", "checkbox", "selectbox", "multiselect", "radio", "segmented_control"),
    *("pills", "text_input", "text_area", "number_input", "date_input", "time_input", "color_picker", "feedback"),
}
OF_TWO_HEIGHTS = {"projections.py"}  # pictures under titles that are not as high as each other
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
        case ("gpt_core", room, _, *_):
            return f"gpt_core.{room}"
        case ("gpt_core", *_):
            return "gpt_core"
        case ("pages", "ui", "components", *_):
            return "pages.ui.components"
        case ("pages", ("frame.py" | "chapters.py" | "settings.py") as file):
            return f"pages.{file[:-3]}"
        case ("pages", file) if file.startswith("show"):
            return "pages.show"
        case ("pages", ("figures" | "services" | "server" | "ui" | "experiments" | "show") as part, *_):
            return f"pages.{part}"
        case _:
            return "pages"


def banned(layer: str) -> set[str]:
    """What a file of this layer must not import of others'."""
    return NOWHERE | FORBIDDEN.get(layer, set()) | (FORBIDDEN["gpt_core"] if layer.startswith("gpt_core") else set())


def imported(tree: ast.AST) -> Iterator[str]:
    """Every module imported, wherever the import stands; `from a import b` counts as `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"importlib.import_module", "__import__"}:
            yield from (str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def wrong_imports(tree: ast.AST, layer: str, path: Path) -> Iterator[str]:
    for module in imported(tree):
        if module == "torch.Tensor" and layer in {"pages.experiments", "pages.show", "pages"}:
            continue  # the name of a type computes nothing
        ours = within(module, {"app", "pages", "gpt_core"})
        if within(module, {"gpt_core.weights.convert"}):
            yield f"imports {module}"  # a command of its own: the server opens no pickle
            continue
        if module.startswith("."):
            yield f"imports {module} relatively"
        elif (ours and not within(module, ALLOWED[layer] | own_folder(path))) or (
            not ours and within(module, banned(layer))
        ):
            yield f"imports {module}"


def own_folder(path: Path) -> set[str]:
    """A page and its experiments share within their chapter, and nothing across chapters."""
    match path.parts:
        case ("pages", "experiments", chapter, _):
            return {f"pages.experiments.{chapter}"}
        case ("pages", file) if file[:2].isdigit():
            return {f"pages.experiments.{file[3:-3]}"}
    return set()


def long_functions(tree: ast.AST, layer: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            length = (node.end_lineno or first) - first + 1
            if length > LONGEST_FUNCTION:
                yield f"{node.name} has {length} lines, more than {LONGEST_FUNCTION}"
            arguments = node.args
            n = len(arguments.posonlyargs + arguments.args + arguments.kwonlyargs)
            if n > MOST_PARAMETERS.get(layer, 100):
                yield f"{node.name} has {n} parameters, more than {MOST_PARAMETERS[layer]}"


def wrong_words(tree: ast.AST, layer: str, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
            yield "uses unsafe_allow_html"
        if isinstance(node, ast.Attribute) and node.attr in OWN_WIDGETS and layer in PAGES:
            yield f"draws a {node.attr} that no link knows"
        loads = isinstance(node, ast.Attribute) and ast.unparse(node) in {"torch.load", "torch.serialization.load"}
        if loads and path != CONVERTER:
            yield "uses torch.load"
        keywords = {ast.unparse(keyword) for keyword in node.keywords} if isinstance(node, ast.Call) else set()
        called = isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
        if called and path == CONVERTER and "weights_only=True" not in keywords:
            yield "loads more than weights"
        if isinstance(node, ast.ImportFrom) and node.module == "torch" and "load" in {a.name for a in node.names}:
            yield "uses torch.load"
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if future and layer.startswith("gpt_core"):
            yield "postpones annotations, which are checked here"


def violations(root: Path) -> list[str]:
    """All that is wrong in a tree, one line each."""
    found, users = [], {topic: set() for topic in ONE_FILE_OF_UI}
    paths = [root / "app.py", *sorted(root.glob("gpt_core/**/*.py")), *sorted(root.glob("pages/**/*.py"))]
    for path in filter(Path.exists, paths):
        name = path.relative_to(root)
        text = path.read_text("utf-8")
        tree, layer = ast.parse(text), layer_of(name)
        problems = [*wrong_imports(tree, layer, name), *wrong_words(tree, layer, name), *long_functions(tree, layer)]
        longest = LONGEST_FILE.get("gpt_core" if layer.startswith("gpt_core") else layer, 10_000)
        if len(text.splitlines()) > longest:
            problems.append(f"has {len(text.splitlines())} lines, more than {longest}")
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


def circles(root: Path) -> list[str]:
    """Files that import each other in a circle, wherever in the file the import stands."""
    files = [root / "app.py", *root.glob("gpt_core/**/*.py"), *root.glob("pages/**/*.py")]
    names = {".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): file for file in files}
    graph = {}
    for name, file in names.items():
        modules = set(imported(ast.parse(file.read_text("utf-8"))))
        wanted = modules | {module.rpartition(".")[0] for module in modules}
        graph[name] = {module for module in wanted if module in names and module != name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_nobody_imports_in_a_circle(tmp_path):
    assert circles(ROOT) == []
    two = {"gpt_core/a.py": "from gpt_core import b", "gpt_core/b.py": "def f():\n    import gpt_core.a"}
    assert set(circles(tree_with(tmp_path, two | {"app.py": ""}))) == {"gpt_core.a", "gpt_core.b"}


def test_experiments_and_what_they_share_stay_small():
    files = [*(ROOT / "pages" / "experiments").rglob("*.py"), *(ROOT / "pages").glob("show*.py")]
    n_lines = sum(len(file.read_text("utf-8").splitlines()) for file in files)
    assert n_lines <= EXPERIMENT * sum(len(row.experiments) for row in CHAPTERS)


CLEAN = {
    "app.py": "from pages.server import preloading\nfrom pages.chapters import CHAPTERS\n",
    "gpt_core/model/gpt.py": "import torch\nfrom gpt_core.model.block import Block\n",
    "gpt_core/training/loop.py": "from gpt_core.measure.text_loss import next_token_loss\n",
    "pages/frame.py": "import streamlit\nfrom pages.ui import choices\n",
    "pages/07_heads.py": "from pages import figures, show\nfrom gpt_core.measure import heads\n",
    "pages/show.py": "from pages.ui.components.chart import chart\nfrom torch import Tensor\n",
    "pages/figures/heatmaps.py": "import plotly.graph_objects as go\nfrom pages.figures.labels import Label\n",
    "pages/ui/session.py": "import streamlit as st\nst.session_state['x'] = 1\nst.query_params.clear()\n",
    "pages/experiments/heads/arcs.py": "from torch import Tensor\nfrom pages.services.reading import Reading\n",
    "pages/experiments/heads/roles.py": "from pages.experiments.heads import kinds\n",
    "pages/services/engine.py": "import torch\nfrom pages.settings import CACHE_MB\n",
}


def tree_with(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


def test_a_clean_tree_passes(tmp_path):
    assert violations(tree_with(tmp_path, CLEAN)) == []


LONG = "def f():\n" + "    1\n" * 55
MANY = "def f(a, b, c, d, *, e, g, h, i, j): ..."


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pages/07_heads.py", "import streamlit as st\nst.slider('x')", "draws a slider that no link knows"),
        ("pages/experiments/heads/x.py", "def f(place):\n    place.toggle('x')", "draws a toggle that no link knows"),
        ("gpt_core/measure/x.py", "import streamlit", "imports streamlit"),
        ("gpt_core/measure/x.py", "def f():\n    from plotly import express", "imports plotly.express"),
        ("gpt_core/measure/x.py", "from pages.ui import chapter", "imports pages.ui.chapter"),
        ("gpt_core/measure/x.py", "from gpt_core.weights import hub", "imports gpt_core.weights.hub"),
        ("gpt_core/measure/x.py", "import transformers.models", "imports transformers.models"),
        ("gpt_core/measure/x.py", "from . import gpt", "imports ..gpt relatively"),
        ("gpt_core/x.py", "import importlib\nimportlib.import_module('streamlit')", "imports streamlit"),
        ("gpt_core/x.py", "from __future__ import annotations", "postpones annotations, which are checked here"),
        (
            "gpt_core/weights/x.py",
            "from __future__ import annotations",
            "postpones annotations, which are checked here",
        ),
        ("gpt_core/weights/x.py", "import pickle", "imports pickle"),
        ("gpt_core/weights/x.py", "import torch\ntorch.load('x')", "uses torch.load"),
        ("gpt_core/weights/x.py", "from torch import load", "uses torch.load"),
        ("gpt_core/weights/convert.py", "import torch\ntorch.load('x')", "loads more than weights"),
        ("gpt_core/x.py", "from gpt_core.weights import convert", "imports gpt_core.weights.convert"),
        ("gpt_core/weights/x.py", "from gpt_core.training import loop", "imports gpt_core.training.loop"),
        ("gpt_core/model/x.py", "from pathlib import Path", "imports pathlib.Path"),
        ("gpt_core/model/x.py", "import huggingface_hub", "imports huggingface_hub"),
        ("gpt_core/model/x.py", "from gpt_core.weights.fast_linear import F", "imports gpt_core.weights.fast_linear.F"),
        ("gpt_core/tokenizer/x.py", "from gpt_core.model import gpt", "imports gpt_core.model.gpt"),
        ("gpt_core/generation/x.py", "from gpt_core.measure import lens", "imports gpt_core.measure.lens"),
        ("gpt_core/examples/x.py", "from gpt_core.measure import lens", "imports gpt_core.measure.lens"),
        ("gpt_core/training/x.py", "from gpt_core.examples import book", "imports gpt_core.examples.book"),
        ("gpt_core/weights/x.py", "\n" * 201, "has 201 lines, more than 200"),
        ("gpt_core/weights/x.py", LONG, "f has 56 lines, more than 55"),
        ("gpt_core/utils.py", "", "is a shelf for anything"),
        ("pages/figures/x.py", "import streamlit as st", "imports streamlit"),
        ("pages/figures/x.py", "import torch", "imports torch"),
        ("pages/figures/x.py", "from gpt_core import GPT", "imports gpt_core.GPT"),
        ("pages/figures/x.py", MANY, "f has 9 parameters, more than 8"),
        ("pages/figures/helpers.py", "", "is a shelf for anything"),
        ("pages/services/x.py", "import streamlit", "imports streamlit"),
        ("pages/services/x.py", "from pages.ui import words", "imports pages.ui.words"),
        ("pages/server/x.py", "from pages import frame", "imports pages.frame"),
        ("pages/ui/x.py", "from pages import frame", "imports pages.frame"),
        ("pages/ui/x.py", "from pages import show", "imports pages.show"),
        ("pages/ui/x.py", "import app", "imports app"),
        ("pages/ui/x.py", "from pages.experiments.heads import arcs", "imports pages.experiments.heads.arcs"),
        ("pages/ui/x.py", "import streamlit as st\nst.markdown('x', unsafe_allow_html=True)", "uses unsafe_allow_html"),
        ("pages/ui/components/x.py", "from gpt_core import GPT", "imports gpt_core.GPT"),
        ("pages/experiments/heads/x.py", "import torch", "imports torch"),
        ("pages/experiments/heads/x.py", "from torch.nn import Module", "imports torch.nn.Module"),
        (
            "pages/experiments/heads/x.py",
            "from pages.experiments.block import sum",
            "imports pages.experiments.block.sum",
        ),
        ("pages/99_x.py", "from torch import nn", "imports torch.nn"),
        ("pages/99_x.py", "import plotly.express", "imports plotly.express"),
        ("pages/99_x.py", "from pages.experiments.heads import arcs", "imports pages.experiments.heads.arcs"),
        ("pages/frame.py", "from gpt_core import GPT", "imports gpt_core.GPT"),
        ("pages/frame.py", "\n" * 101, "has 101 lines, more than 100"),
        ("app.py", "import plotly", "imports plotly"),
        ("app.py", "from pages import frame", "imports pages.frame"),
        ("app.py", "\n" * 71, "has 71 lines, more than 70"),
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
        ("pages/experiments/heads/x.py", "import streamlit as st\n@st.cache_data\ndef f(): ...", "caches"),
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


def titled_pictures_in(function: ast.AST) -> bool:
    """Whether a function puts charts of one height under bold titles, side by side."""
    withs = [node for node in ast.walk(function) if isinstance(node, ast.With)]
    charts = [one for one in withs if any(name in ast.unparse(one) for name in ("show.chart(", "show.attention("))]
    return sum("st.markdown(f'**" in ast.unparse(one) for one in charts) > 0


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=lambda path: path.stem)
def test_pictures_under_titles_stand_level(path):
    """A title of two lines, as French has more often, must not push its picture below its neighbours."""
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef) and titled_pictures_in(function):
            row = ast.unparse(function)
            assert "pictures(" in row or path.name in OF_TWO_HEIGHTS, f"{path.name}: {function.name}"
