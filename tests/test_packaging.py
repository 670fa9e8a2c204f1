"""It installs: a wheel with everything in it, used from an empty environment far from the checkout."""

import ast
import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.notebook import notebook_lines

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy of what a checkout holds, so that nothing is left beside it."""
    copy = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    files = listed.stdout.split("\n") if listed.returncode == 0 else []
    for name in [name for name in files if name.startswith(("gpt_core/", "assets/models/")) or "/" not in name]:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).symlink_to(ROOT / name)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir"]
    subprocess.run([*command, str(copy / "out"), str(copy)], check=True, capture_output=True, text=True)
    (built,) = (copy / "out").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """An interpreter that has the wheel, and of the other packages only what its metadata asks for.

    Those lie where the tests have them: installing torch once more would take minutes and tell nothing new.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "venv", with_pip=False)
    library = Path(sysconfig.get_path("purelib", vars={"base": str(home / "venv")}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(library)
    (library / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home / "venv" / "bin" / "python"


def run(python: Path, code: str, cwd: Path) -> str:
    isolated = [str(python), "-W", "error", "-c", code]
    found = subprocess.run(isolated, cwd=cwd, env={"HF_HUB_OFFLINE": "1"}, capture_output=True, text=True)
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.parametrize("readme", ["README.md", "gpt_core/README.md"])
def test_the_readmes_notebook_lines_run_from_the_wheel_outside_the_checkout(python, readme, tmp_path):
    code, said = notebook_lines(ROOT / readme)
    where = "\nimport gpt_core; print(gpt_core.__file__)"
    *printed, file = run(python, code + where, tmp_path).splitlines()
    assert printed == said
    assert Path(file).is_relative_to(python.parent.parent)


def test_the_wheel_has_every_module_the_vocabularies_and_the_bundled_models(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gpt_core").rglob("*.py")}
    assert modules <= inside
    assert {"gpt_core/py.typed", "gpt_core/README.md"} <= inside
    assert sum(name.startswith("gpt_core/tokenizer/ranks/") for name in inside) == 3
    models = ROOT / "assets" / "models"
    weights = {path.relative_to(models).as_posix() for path in models.rglob("*.safetensors") if tracked(path)}
    assert {f"gpt_core/bundled/{name}" for name in weights} <= inside
    assert not [name for name in inside if name.startswith(("pages/", "tests/", "assets/"))]


def tracked(path: Path) -> bool:
    """Models that a reader put beside the bundled ones are their own."""
    return path.relative_to(ROOT / "assets" / "models").parts[0] in {"storyteller", "induction-lab"}


def test_it_says_what_it_imports_and_nothing_else():
    """Names of packages on the index, by the modules that gpt_core imports."""
    wanted = {re.split(r"[<>=!~]", line)[0].lower().replace("_", "-") for line in PROJECT["project"]["dependencies"]}
    modules = set()
    for path in (ROOT / "gpt_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
    others = modules - set(sys.stdlib_module_names) - {"gpt_core"}
    of_module = packages_distributions()
    assert {of_module[name][0].lower().replace("_", "-") for name in others} == wanted


def test_the_versions_agree_wherever_they_are_given():
    import gpt_core

    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert (cited := re.search(r"^version: (.+)$", citation, re.MULTILINE))
    assert (changed := re.search(r"^## (\d+\.\d+\.\d+)", changes, re.MULTILINE))
    assert cited[1].strip('"') == changed[1] == gpt_core.__version__


@pytest.mark.parametrize(("extra", "file"), [("app", "requirements.txt"), ("dev", "requirements-dev.txt")])
def test_what_an_extra_asks_for_is_pinned_for_the_app_and_the_tests(extra, file):
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / file).read_text("utf-8"), re.MULTILINE))
    asked = {re.split(r"[<>=!~]", line)[0] for line in PROJECT["project"]["optional-dependencies"][extra]}
    assert asked <= pinned


def test_importing_it_changes_no_setting_of_another_library_and_opens_no_connection():
    code = (
        "import socket, torch\n"
        "from huggingface_hub import constants\n"
        "def refuse(*_): raise AssertionError('a connection')\n"
        "socket.socket.connect = socket.create_connection = refuse\n"
        "state = lambda: ({n: getattr(constants, n) for n in dir(constants) if n.isupper()}, torch.get_num_threads(),\n"
        "    torch.get_default_dtype(), torch.is_grad_enabled(), torch.backends.mkldnn.matmul.fp32_precision)\n"
        "before = repr(state())\n"
        "import gpt_core, pkgutil, importlib\n"
        "for found in pkgutil.walk_packages(gpt_core.__path__, 'gpt_core.'):\n"
        "    if not found.name.endswith('__main__'): importlib.import_module(found.name)\n"
        "assert repr(state()) == before\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "2"})


def test_its_public_types_are_complete():
    """What an editor tells those who use `gpt_core`: pyright's own count."""
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pyright", "--verifytypes", "gpt_core", "--ignoreexternal", "--outputjson"]
    found = subprocess.run(command, cwd=ROOT, env=os.environ | here, capture_output=True, text=True)
    report = json.loads(found.stdout)["typeCompleteness"]
    missing = [symbol["name"] for symbol in report["symbols"] if symbol["isExported"] and not symbol["isTypeKnown"]]
    assert report["completenessScore"] >= 0.98, missing
    assert report["missingFunctionDocStringCount"] == 0
