"""A chapter as a notebook: the calls of gpt_core that make its numbers, and an assertion for each of them.

What a page shows is noted while it is drawn (`pages/ui/shown.py`). The code comes from `assets/notebooks/<chapter>.py`,
a cell for each step of the page; so what is asserted is the page's own number, and not one of the same lines.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

import nbformat
import numpy as np

from gpt_core.weights.catalogue import CATALOGUE
from pages.chapters import Chapter
from pages.services.reading import Reading
from pages.services.shared import models
from pages.ui.choices import Choices
from pages.ui.shown import MARKS, Drawn, Formula, Grid, Heading, Item, Pieces, Sentence, Taken
from pages.ui.words import ASSETS, Written, _, language, lesson, literal, remembered

JUST_TRAINED = "just-trained"  # the folder in the file as which Learning saves a model
DIGITS = 7  # of a number that is asserted
MOST_NUMBERS = 60  # of a picture that are asserted
OF_PAGE = re.compile(r"\bpage_([a-z]+)\b")  # in the code: a value of the sentence that stands above
MARK = re.compile(r"^# %%(.*)\n", flags=re.MULTILINE)
HELPERS = """\
def close(found, shown):
    return bool(np.allclose(found, shown, rtol=1e-3, atol=1e-5, equal_nan=True))


def same(picture, shown, every=1):
    return close(np.asarray(picture, float).ravel()[::every], shown)


def bars(labels, values):
    names = [f"{i} {label}" for i, label in enumerate(labels)]
    return go.Figure(go.Bar(x=np.asarray(values), y=names, orientation="h"))


def lines(columns, x=None):
    return go.Figure([go.Scatter(x=x, y=column) for column in np.asarray(columns).T])


def heatmap(rows, names=None, columns=None):
    figure = go.Figure(go.Heatmap(z=np.asarray(rows), x=columns, y=names))
    return figure.update_yaxes(autorange="reversed")"""


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook: Markdown, or code."""

    text: str
    is_code: bool = True


@remembered
def template(chapter: str) -> dict[str, str]:
    """The code of a chapter by the step that it belongs to; under "" what all of it needs."""
    source = (ASSETS / "notebooks" / f"{chapter}.py").read_text("utf-8")
    parts = MARK.split(source)
    return {name.strip(): code.strip() for name, code in zip(parts[1::2], parts[2::2], strict=True)}


def cells(chapter: Chapter, reading: Reading | None, chosen: Choices, taken: Taken, link: str) -> list[Cell]:
    """All cells: what the page is about, the text with its trace, and each thing that is shown.

    Raises LookupError where the page shows a number for which there is no code.
    """
    words = lesson(language(), chapter.id)
    made = [
        Cell(f"# {words['title']}\n\n{_said_of(link, reading)}", is_code=False),
        Cell(_setup(reading, chosen, taken.own)),
        Cell(f"{words['happens']}\n\n👀 {words['look']}", is_code=False),
    ]
    code = template(chapter.id)
    if code.get(""):
        made.append(Cell(code[""]))
    return [*made, *_of_items(taken.items, code), *_of_experiment(taken.looked, code)]


def _of_experiment(looked: Sequence[Item], code: Mapping[str, str]) -> Iterator[Cell]:
    """The open experiment, where there is code for all that it shows; else where its numbers are."""
    try:
        yield from list(_of_items(looked, code))
    except LookupError:
        yield Cell(_words_of(looked[0]), is_code=False)
        yield Cell(_("This experiment is not computed here; its numbers are in its table on the page."), is_code=False)


def _said_of(link: str, reading: Reading | None) -> str:
    """What is said above: where the notebook comes from, and what it takes to run it."""
    said = [
        _("The numbers of this page, computed again: {link}").format(link=f"<{link}>"),
        _(
            "It needs this project (`pip install` of its folder) and `plotly`. Each `assert` holds a number of the "
            "page: where nothing stops, all of them are the same, to a thousandth."
        ),
    ]
    if reading and not is_known(reading):
        said.append(
            _(
                "The model is your own: its folder is looked for where the app looks for models. If it lies elsewhere, "
                "write its path into `model_folder`."
            )
        )
    return "\n\n".join(said)


def is_known(reading: Reading) -> bool:
    """Whether `load_model` knows the model by its name, or what it was at a moment of its training."""
    return reading.base in CATALOGUE


def _setup(reading: Reading | None, chosen: Choices, own: Mapping[str, object]) -> str:
    own_model = reading is not None and not is_known(reading)
    lines = [
        *(["import os"] if own_model else []),
        "from math import inf, nan",
        *(["from pathlib import Path"] if own_model else []),
        "",
        "import numpy as np",
        "import plotly.graph_objects as go",
        "import torch",
        "",
    ]
    if reading:
        special = ", special=True" if reading.special else ""
        lines += ["from gpt_core import Tokenizer, load_model"]
        lines += [""] if is_known(reading) else _own_model(reading.name)
        lines += [
            f"# {_('The text, the model and the choices of the page')}",
            f"text = {reading.text!r}",
            *([f"model_name = {reading.name!r}"] if is_known(reading) else []),
            f"layer, head, position, key_position = {chosen.layer}, {chosen.head}, {chosen.token}, {chosen.key}",
        ]
    lines += [f"{name} = {value!r}" for name, value in own.items()]
    if reading:
        lines += [
            "",
            "tokenizer, model = Tokenizer(padded=True), load_model(model_name)",
            f"ids = tokenizer.encode(text{special})[:{len(reading.ids)}]",
            "tokens = [tokenizer.token(id) for id in ids]",
            'names = [f"{i} {tokenizer.decode([id])}" for i, id in enumerate(ids)]',
            "trace = model.trace(torch.tensor(ids))",
            f"assert len(ids) == {len(reading.ids)}",
        ]
    return "\n".join([*lines, "", "", HELPERS])


def _own_model(name: str) -> list[str]:
    """Lines that find the folder of a reader's own model where the app does, or say what is to be done."""
    own = models.own.get(name)
    folder = own.found[0].relative_to(own.found[1]).as_posix() if own and own.found else JUST_TRAINED
    missing = _(
        "{folder} is in none of these: {places}. Write the path of your model’s folder into model_folder above."
    )
    return [
        "from gpt_core.weights.catalogue import MODELS_FOLDER",
        "",
        f"model_folder = {folder!r}  # {_('or its whole path')}",
        'places = [*os.environ.get("GLASSBOX_MODELS", "").split(os.pathsep), str(MODELS_FOLDER), "."]',
        "found = [Path(place, model_folder) for place in places if place and Path(place, model_folder).is_dir()]",
        "if not found:",
        f"    missing = {missing!r}",
        '    raise FileNotFoundError(missing.format(folder=model_folder, places=", ".join(places)))',
        "model_name = found[0]",
        "",
    ]


def _of_items(items: Sequence[Item], code: Mapping[str, str]) -> Iterator[Cell]:
    """Of each thing that is shown: its words, its code where that was not the last, and its assertions."""
    last, n_said = "", {}
    for item in items:
        is_said = isinstance(item, Sentence) and item.kind != "plain"
        n_said[item.step] = n_said.get(item.step, 0) + is_said
        behind = item.key if isinstance(item, Drawn) else str(n_said[item.step])
        name = next((one for one in (f"{item.step} {behind}", item.step) if one in code), "")
        if not name and needs_code(item):
            raise LookupError(f"no code for what {item.step} shows: {item}")
        yield Cell(_words_of(item), is_code=False)
        values = item.values if isinstance(item, Sentence) else {}
        if name and (needs_code(item) or (isinstance(item, Sentence) and item.kind in MARKS)):
            if name != last:
                yield Cell(_with_values(code[name], values))
            last = name
            if asserted := list(_assertions(item, code[name])):
                yield Cell("\n".join([f"# {_('As the page shows it')}", *asserted]))


def _with_values(code: str, values: Mapping[str, object]) -> str:
    """The code, with what the sentence above it says where it asks for that."""
    return OF_PAGE.sub(lambda found: repr(values[found[1]]), code)


def _words_of(item: Item) -> str:
    match item:
        case Drawn():
            return f"*{literal(f'{item.alt} {item.content}')}*"
        case Pieces():
            return f"*{literal(item.label)}*"
        case Heading():
            return f"## {item.text}"
        case Sentence():
            return MARKS.get(item.kind, "") + item.text
        case Formula():
            return f"$${item.tex}$$"
        case Grid():
            return item.frame.to_html(index=False)


def said_numbers(item: Item) -> dict[str, Any]:
    """What a sentence or a formula says that a computer can hold its own result against, by name."""
    if not isinstance(item, Sentence | Formula):
        return {}
    values = {name: value.value if isinstance(value, Written) else value for name, value in item.values.items()}
    if isinstance(item, Sentence) and item.kind != "sum":
        specs = {name: spec for _text, name, spec, _conversion in Formatter().parse(item.said) if name}
        values = {name: value for name, value in values.items() if name in specs and specs[name] != "tiny"}
    return {name: value for name, value in values.items() if not isinstance(value, str)}


def needs_code(item: Item) -> bool:
    """Whether it shows numbers."""
    return not item.numbers().select_dtypes("number").empty if isinstance(item, Drawn) else bool(said_numbers(item))


def _assertions(item: Item, code: str) -> Iterator[str]:
    if isinstance(item, Drawn):
        numbers = item.numbers().select_dtypes("number").to_numpy(np.float64).ravel()
        every = max(1, math.ceil(len(numbers) / MOST_NUMBERS))
        listed = ", ".join(_number(value) for value in numbers[::every].tolist())
        if every > 1:
            yield f"# {_('one number in {n}').format(n=every)}"
        yield f"assert same(picture, [{listed}]{f', every={every}' if every > 1 else ''})"
    for name, value in said_numbers(item).items():
        found = f"{name}_" if re.search(rf"\b{name}_\b", code) else name
        if isinstance(value, float | list):
            written = f"[{', '.join(map(_number, value))}]" if isinstance(value, list) else _number(value)
            yield f"assert close({found}, {written})"
        else:
            yield f"assert {found} == {value!r}"


def _number(value: float) -> str:
    return f"{value:.{DIGITS}g}"


def written(made: Sequence[Cell]) -> bytes:
    """The cells as an .ipynb file."""
    book = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python"}})
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    make = {True: nbformat.v4.new_code_cell, False: nbformat.v4.new_markdown_cell}
    # Their place names them, and no chance: the same page makes the same file.
    book.cells = [make[cell.is_code](cell.text, id=f"cell-{i}") for i, cell in enumerate(made)]
    nbformat.validate(book)
    return nbformat.writes(book).encode()
