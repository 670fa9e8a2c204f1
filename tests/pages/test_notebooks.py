"""*Take it along*: each chapter's notebook runs by gpt_core alone, and stops where a number of the page is another.

All chapters run in one kernel, one after the other, each in an emptied namespace: a kernel for each would take minutes.
"""

import ast
import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import copysign
from pathlib import Path

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from gpt_core import GPTConfig, save_model
from gpt_core.weights.catalogue import name_at, steps_of
from pages.chapters import CHAPTERS, Chapter
from pages.services.reading import read, tokenizer
from pages.services.shared import models
from pages.ui import aside, notebook, shown, story
from pages.ui.choices import Choices
from pages.ui.components.journey import Arc
from pages.ui.components.journey import Cell as Place
from pages.ui.notebook import Cell
from tests.conftest import random_gpt
from tests.pages.conftest import HOSTILE, assert_healthy, explore, words

ROOT = Path(__file__).parent.parent.parent
TEXT = "The old king gave the golden key to the old king"
IDS = [row.id for row in CHAPTERS]
LINK = "https://example.org/heads?text=a_b"
Books = dict[str, list[Cell]]


def with_code(row: Chapter) -> tuple[str, ...]:
    """The experiments of a chapter for which there is code."""
    steps = {" ".join(name.split(" ")[:2]) for name in notebook.template(row.id)}
    return tuple(id for id in row.experiments if f"look {id}" in steps)


def notebooks(language: str, text: str = TEXT, model: str = "storyteller", only: str = "", **kept: object) -> Books:
    """The cells of all chapters, as a reader of this language takes them along; `kept` is what their session holds.

    A reader has one experiment open; here all that have code are taken along together.
    """
    rows = [row for row in CHAPTERS if only in ("", row.id)]
    reading = read(model, text)
    last, config = len(reading.ids) - 1, reading.card.config
    layer, head = min(2, config.n_layers - 1), min(1, config.n_heads - 1)
    chosen = Choices(text, model, layer, head, min(7, last), min(3, last), language, present=False)

    def cells(row: Chapter) -> list[Cell]:
        return notebook.cells(row, reading, chosen, story.taken(row, reading, chosen, with_code(row)), LINK)

    def make() -> Books:
        return {row.id: cells(row) for row in rows}

    return aside.drawn(make, {"lang": language, **kept})


@pytest.fixture(scope="module")
def english() -> Books:
    return notebooks("en")


@pytest.fixture(scope="module")
def french() -> Books:
    return notebooks("fr")


def code_of(cells: Sequence[Cell]) -> list[str]:
    return [cell.text for cell in cells if cell.is_code]


def test_the_notebook_of_every_chapter_runs_in_a_kernel(english):
    emptied = [[cells[0], Cell(f"%reset -f\n{cells[1].text}"), *cells[2:]] for cells in english.values()]
    written = notebook.written([cell for cells in emptied for cell in cells])
    book = nbformat.reads(written.decode(), as_version=4)
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    ran = [cell for cell in book.cells if cell.cell_type == "code"]
    assert len(ran) > 150 and all(cell.execution_count for cell in ran)
    shown = [output for cell in ran for output in cell.outputs]
    assert not [output for output in shown if output.output_type == "error"]
    assert sum("application/vnd.plotly.v1+json" in output.get("data", {}) for output in shown) >= 25


@pytest.mark.parametrize("chapter", IDS)
def test_what_runs_in_english_is_what_runs_in_french(english, french, chapter):
    """So that one kernel stands for both: only what is said differs, never what is computed."""
    for one, other in zip(english[chapter], french[chapter], strict=True):
        if one.is_code:
            assert ast.dump(ast.parse(one.text)) == ast.dump(ast.parse(other.text))
        else:
            is_name = len(one.text.removeprefix("## ").split()) == 1  # “induction” is so called in both
            assert one.text != other.text or one.text.startswith("$$") or is_name
    assert "As the page shows it" not in "".join(code_of(french[chapter]))


def other_values(line: str) -> Iterator[str]:
    """An assertion with its value on the page changed by a little more than is allowed."""
    tree = ast.parse(line).body[0]
    assert isinstance(tree, ast.Assert)
    place = tree.test.args if isinstance(tree.test, ast.Call) else tree.test.comparators  # type: ignore[attr-defined]
    value = ast.literal_eval(ast.unparse(place[-1]).replace("nan", "1e99").replace("inf", "1e99"))
    for changed in [value] if not isinstance(value, list) else [value[0], value[-1]]:
        wrong = changed + b"?" if isinstance(changed, bytes) else changed * 1.01 + copysign(0.01, changed)
        new = (
            wrong
            if not isinstance(value, list)
            else [wrong, *value[1:]]
            if changed == value[0]
            else [*value[:-1], wrong]
        )
        place[-1] = ast.parse(repr(new)).body[0].value  # type: ignore[attr-defined]
        yield ast.unparse(tree)


@pytest.mark.parametrize("chapter", IDS)
def test_every_assertion_fails_for_another_number(english, chapter):
    names: dict[str, object] = {"__name__": "notebook"}
    tried = 0
    for code in code_of(english[chapter]):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "notebook", "exec"), names)
        for line in code.splitlines() if code.startswith("# As the page shows it") else []:
            for wrong in other_values(line) if line.startswith("assert") else []:
                tried += 1
                with pytest.raises(AssertionError):
                    exec(compile(wrong, "notebook", "exec"), names)
    assert tried


def execute(cells: Sequence[Cell]) -> None:
    """The code of a notebook in this very process."""
    names: dict[str, object] = {"__name__": "notebook"}
    for code in code_of(cells):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(code, "notebook", "exec"), names)


STRANGE = f"{HOSTILE[0]} {HOSTILE[4]} '''\"\"\"\\n"
SET = {"layer_norm_which": "final", "what_if_positions": True, "forward_candidate": 2, "heads_twice": True}
SET |= {"layer_norm_measure": "mean", "layer_norm_skip": 1, "positions_shuffle_dropped": True, "tokens_sample": 4}
SET |= {"shortcuts_cut induction-lab": 1, "causal_mask_word": " cat", "learning_length": 2, "embeddings_row": 5}
OTHERS = {"one token": {"text": "a"}, "all else": {"text": STRANGE, "model": "induction-lab", **SET}}


@pytest.mark.parametrize("case", OTHERS)
def test_another_page_has_another_notebook_that_runs(case):
    for chapter, cells in notebooks("fr", **OTHERS[case]).items():
        execute(cells)
        notebook.written(cells)
        assert chapter == "glossary" or repr(OTHERS[case].get("text", TEXT)) in cells[1].text


@pytest.mark.parametrize("at", [0, -1], ids=["the first", "the last"])
def test_the_notebooks_of_a_moment_of_training_load_that_very_snapshot(at):
    step = list(steps_of("storyteller"))[at]
    name = name_at("storyteller", step)
    met, kept = models.tokens_met("storyteller"), models.tokens_met(name)
    assert met is not None and kept is not None
    without_row = tokenizer().decode([min({*met.tolist()} - {*kept.tolist()})])
    text = f"The old king gave the golden key{without_row} to the old king"  # the token in focus
    for cells in notebooks("fr" if at else "en", text, name).values():
        execute(cells)
        assert f"model_name = 'storyteller@{step}'" in cells[1].text


@pytest.mark.parametrize("joined", [0, 2])
def test_a_cell_of_the_journey_is_in_the_notebook(joined):
    """Which a reader has clicked: of a token of the text, or of one that the model has put behind it."""
    row, reading = CHAPTERS[0], read("storyteller", TEXT)
    chosen = Choices(TEXT, "storyteller", 2, 1, 7, 3, "en", present=False)
    ids = list(reading.ids)
    for _round in range(joined):
        ids.append(int(reading.model.trace(torch.tensor(ids)).next_logits.argmax()))
    with shown.noted() as items:
        shown.begin("follow")
        where = Place("blocks.1.att.context", 5), len(ids) - 1
        story.page_of(row).tell_number(replace(reading, ids=tuple(ids)), *where)
    cells = notebook.cells(row, reading, chosen, shown.Taken(items, {}), LINK)
    assert "assert close(value, " in cells[-1].text
    execute(cells)


@pytest.fixture
def own_model(tmp_path, monkeypatch):
    """A reader's own model in a folder of GLASSBOX_MODELS."""
    config = GPTConfig(50_304, context_length=16, emb_dim=8, n_heads=2, n_layers=1, qkv_bias=False, tied_head=False)
    save_model(random_gpt(config), tmp_path / "class" / "mine")
    monkeypatch.setattr(models, "_roots", (tmp_path,))
    models.look_again()
    yield tmp_path
    monkeypatch.undo()
    models.look_again()


def test_the_notebooks_of_one_s_own_model_find_its_folder_where_the_app_does(own_model, monkeypatch):
    monkeypatch.setenv("GLASSBOX_MODELS", str(own_model))
    books = notebooks("fr", model="yours:mine")
    for cells in books.values():
        execute(cells)
    assert "model_folder = 'class/mine'" in books["heads"][1].text


def test_where_the_folder_is_not_found_the_notebook_says_which_line_to_fill_in(own_model, monkeypatch):
    monkeypatch.delenv("GLASSBOX_MODELS", raising=False)
    (cells,) = notebooks("fr", model="yours:mine", only="heads").values()
    with pytest.raises(FileNotFoundError, match=r"class/mine n’est dans aucun de ces dossiers.*dans model_folder"):
        execute(cells)
    filled_in = cells[1].text.replace(
        "model_folder = 'class/mine'", f"model_folder = {str(own_model / 'class/mine')!r}"
    )
    execute([cells[0], Cell(filled_in), *cells[2:]])


@pytest.mark.parametrize("row", [row for row in CHAPTERS if row.experiments], ids=lambda row: row.id)
def test_the_experiment_that_is_open_at_first_has_code_if_it_has_numbers(row):
    words_alone = {"start"}
    assert row.experiments[0] in with_code(row) or row.id in words_alone


@pytest.mark.parametrize(("look", "is_computed"), [("arcs", True), ("compare", False)])
def test_a_notebook_holds_the_open_experiment_or_says_that_it_is_not_computed(run, monkeypatch, look, is_computed):
    made: list[list[Cell]] = []
    cells = notebook.cells
    monkeypatch.setattr(notebook, "cells", lambda *page: made.append(cells(*page)) or made[-1])
    app = explore(run("heads", lang="fr", text=TEXT), f"heads/{look}", **{"take heads": True})
    assert_healthy(app)
    texts = [cell.text for cell in made[-1]]
    assert texts.count("## Arcs") == is_computed and texts.count("## Comparer") == (not is_computed)
    assert any(text.startswith("Cette expérience n’est pas calculée ici") for text in texts) != is_computed
    assert f"look={look}" in texts[0].replace("\\", "")
    execute(made[-1])


def test_the_sum_behind_an_arc_leaves_the_notebook_as_it_is():
    row, reading = CHAPTERS[0], read("storyteller", TEXT)
    with shown.noted() as items:
        shown.begin("follow")
        story.page_of(row).tell_sum(reading, Arc(1, 2), 5, 0)
    assert items == []


def test_a_number_without_code_is_an_error(monkeypatch):
    monkeypatch.setattr(notebook, "template", lambda _chapter: {})
    with pytest.raises(LookupError, match="no code for what"):
        notebooks("en")


def test_the_same_page_makes_the_same_file(english):
    written = notebook.written(english["heads"])
    assert written == notebook.written(list(english["heads"]))
    assert f"<{LINK}>" in english["heads"][0].text


def test_a_chapter_offers_its_notebook_when_it_is_opened(run):
    app = run("heads", lang="fr", text=TEXT)
    assert not app.get("download_button")
    app.session_state["take heads"] = True
    app.run()
    assert_healthy(app)
    assert app.get("download_button")[0].proto.label == "Notebook (.ipynb)"
    assert "Le code qui calcule les nombres" in words(app)


def test_nothing_is_taken_along_from_a_wall_or_without_a_text(run):
    for app in (run("heads", lang="en", text=TEXT, present=True), run("heads", lang="en", text="")):
        assert not [fold for fold in app.expander if fold.label == "Take it along"]
