"""Every label and every lesson speaks both languages, and says the same in each."""

import ast
import io
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from gpt_core.weights.catalogue import CATALOGUE
from gpt_core.weights.model_file import OTHER_KINDS
from pages.chapters import CHAPTERS as TABLE
from pages.ui import words as spoken
from pages.ui.glossary import terms
from pages.ui.words import ASSETS, LANGUAGES, bracketed, examples, in_a_cell, lesson, literal, number

ROOT = ASSETS.parent
SOURCES = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
OTHERS = [language for language in LANGUAGES if language != "en"]


def labels(source: str) -> list[str]:
    """What `source` says in `_("…")` or `plural("…", "…", n)`, f-strings included.

    Babel's own extractor does not look into f-strings before Python 3.12.
    """
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    named = [(node.func.id, node.args) for node in calls if isinstance(node.func, ast.Name)]
    said = [part for name, arguments in named for part in arguments[: {"_": 1, "N_": 1, "plural": 2}.get(name, 0)]]
    return [part.value for part in said if isinstance(part, ast.Constant) and isinstance(part.value, str)]


@cache
def translated(language: str) -> dict[str, Message]:
    """The messages of one language by what the code says; a plural is there under both its forms."""
    messages = {}
    for path in sorted((ASSETS / "locale" / language).glob("*.po")):
        for message in read(path):
            if message.id:
                messages |= dict.fromkeys([message.id] if isinstance(message.id, str) else message.id, message)
    return messages


def read(path: Path) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()), abort_invalid=True)


def texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"(?<!{){(\w+)[^{}]*}", text))


def said_well(language: str, label: str) -> bool:
    message = translated(language).get(label)
    return message is not None and not message.fuzzy and all(texts(message))


def test_labels_are_found_in_f_strings_and_plurals_too():
    source = """st.caption(f"**{_('two' ' words')}** {n}"); plural("{n} token", "{n} tokens", n); _(entry.title)"""
    assert sorted(labels(source)) == ["two words", "{n} token", "{n} tokens"]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_label_is_translated(path, language):
    missing = [label for label in labels(path.read_text("utf-8")) if not said_well(language, label)]
    assert not missing


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("model", CATALOGUE.values(), ids=lambda model: model.name)
def test_every_model_says_what_it_is(model, language):
    assert said_well(language, model.title)
    assert said_well(language, model.trained_on)


def reasons() -> list[str]:
    """What `gpt_core` may say of a model's files: templates of WeightsError and Remark, but for a command's own."""
    found = list(OTHER_KINDS.values())
    paths = {*(ROOT / "gpt_core").rglob("*.py"), *(ROOT / "pages" / "services").rglob("*.py")}
    for path in sorted(paths - {ROOT / "gpt_core" / "weights" / "convert.py"}):
        calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
        for call in (call for call in calls if ast.unparse(call.func) in {"WeightsError", "Remark"}):
            assert isinstance(call.args[0], ast.Constant) or ast.unparse(call.args[0]) == "reason", ast.unparse(call)
            if isinstance(call.args[0], ast.Constant):
                found.append(str(call.args[0].value))
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_reason_to_refuse_a_model_is_translated(language):
    assert len(reasons()) > 15
    assert [reason for reason in reasons() if not said_well(language, reason)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_label_has_one_translation_wherever_it_is_said(language):
    """The files of a language are one catalogue, so the name of a file would decide between two translations."""
    found = defaultdict(set)
    for path in (ASSETS / "locale" / language).glob("*.po"):
        for message in read(path):
            for label in [message.id] if isinstance(message.id, str) else message.id:
                found[label].add(tuple(texts(message)))
    assert {label: said for label, said in found.items() if label and len(said) > 1} == {}


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_is_translated_that_nobody_says(language):
    said = {label for path in SOURCES for label in labels(path.read_text("utf-8"))}
    said |= {words for model in CATALOGUE.values() for words in (model.title, model.trained_on, model.licence)}
    assert sorted(translated(language).keys() - said - set(reasons())) == []


def test_french_has_no_plain_or_wide_space_before_its_high_signs():
    lessons = [path.read_text("utf-8") for path in (ASSETS / "lessons" / "fr").glob("*.md")]
    labels = [text for message in translated("fr").values() for text in texts(message)]
    said = "\n".join([*lessons, *labels, *(text for term in terms() for text in (term.term["fr"], term.means["fr"]))])
    assert re.findall(r".{9}[ \u00a0][:;?!%»]|«[ \u00a0].{9}", said) == []


@pytest.mark.parametrize("path", sorted((ASSETS / "locale").rglob("*.po")), ids=lambda path: path.name)
def test_a_translation_fills_in_the_same_values(path):
    for message in read(path):
        if message.id:
            sources = [message.id] if isinstance(message.id, str) else list(message.id)
            wanted = placeholders(sources[-1])
            assert [placeholders(text) for text in texts(message)] == [wanted] * len(texts(message)), message.id


@pytest.mark.parametrize("chapter", [row.id for row in TABLE])
def test_a_lesson_has_the_same_parts_in_every_language(chapter):
    lessons = {language: lesson(language, chapter) for language in LANGUAGES}
    for language in OTHERS:
        assert lessons[language].keys() == lessons["en"].keys()
        for part, text in lessons["en"].items():
            assert lessons[language][part], (language, part)
            assert placeholders(lessons[language][part]) == placeholders(text), (language, part)


@pytest.mark.parametrize("chapter", [row.id for row in TABLE])
def test_a_lesson_is_translated_and_not_copied(chapter):
    parts = {language: lesson(language, chapter) for language in LANGUAGES}
    assert all(parts["en"][part] != parts[language][part] for language in OTHERS for part in ("happens", "look"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_lesson_is_without_its_chapter(language):
    written = {path.stem for path in (ASSETS / "lessons" / language).glob("*.md")}
    assert written == {row.id for row in TABLE}


@pytest.mark.parametrize("language", OTHERS)
def test_examples_are_as_many_in_every_language(language):
    assert len(examples(language)) == len(examples("en"))
    assert all(example["text"] and example["purpose"] for example in examples(language))


def test_what_has_more_digits_than_a_reader_counts_is_written_in_powers_of_ten():
    assert [number(n, 1) for n in (9e14, 1e15, -1e304)] == ["900,000,000,000,000.0", "1.0·10¹⁵", "−1.0·10³⁰⁴"]


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.123, "12.3%"), (0.0005, "0.050%"), (0.0004, "0.040%"), (2.04e-5, "0.0020%"), (-2e-5, "−0.0020%"),
     (1.01e-6, "0.00010%"), (0.99e-6, "9.9·10⁻⁵%"), (0.0, "0.0%"), (1e-5, "0.0010%"), (9.96e-5, "0.0100%")],
)  # fmt: skip
def test_a_small_share_reads_as_a_share_and_not_as_nothing(share, written):
    assert spoken.percent(share) == written


def test_a_negative_number_has_a_minus_sign_and_no_hyphen():
    assert [number(-1234), number(-0.5, 2), number(-3e-8, 2)] == ["−1,234", "−0.50", "−3.0·10⁻⁸"]


@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("en", ["0", "1,234.5", "−0.0123", "12", "−3.0·10⁻⁸", "nan"]),
        ("fr", ["0", "1\u202f234,5", "−0,0123", "12", "−3,0·10⁻⁸", "nan"]),
    ],
)
def test_a_cell_of_a_table_has_four_decimals_at_most(monkeypatch, code, written):
    monkeypatch.setattr(spoken, "language", lambda: code)
    assert [in_a_cell(value) for value in (0.0, 1234.5, -0.01234, 12.0, -3e-8, float("nan"))] == written


def test_a_negative_number_behind_a_sign_stands_in_brackets():
    assert [bracketed(-0.169, 4), bracketed(0.5, 1), bracketed(0, 1)] == ["(−0.1690)", "0.5", "0.0"]


def test_a_number_is_not_torn_from_its_unit_by_what_keeps_markdown_away():
    assert literal("50\u202f257 tokens, 66,4\u202f%") == "50\u202f257 tokens\\, 66\\,4\u202f\\%"
    assert literal(" one\n\n two\u2028three\t") == "one two three"
