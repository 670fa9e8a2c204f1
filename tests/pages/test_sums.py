"""*Work it out*: ten thousand sums, solved on another road from the very words of the question, none of them empty."""

import random
import re
import statistics
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
import pytest

from gpt_core import GPTConfig, Tokenizer
from gpt_core.measure.anatomy import count_parameters
from pages.chapters import CHAPTERS
from pages.services.reading import read
from pages.ui import session, story, sums
from pages.ui.choices import Choices
from pages.ui.sums import Sum, as_number
from tests.pages.conftest import assert_healthy, plain, words

MANY = {"en": 2_500, "fr": 250}  # of each of the four kinds: the numbers are the same, the words are not
TEXT = "The old king gave the golden key to the old king"
NUMBER = re.compile(r"−?\d[\d,.\u202f\u00a0]*\d|−?\d")
PIECES = (b"The", b" old", b" king", b"\xc3", b"7", b" 3.5", b"a*b", b" to")


def read_off(asked: Sum, language: str) -> list[Fraction]:
    """The numbers of a question as a reader has them, exactly; of the text's own tokens none."""
    said = re.sub(r"“[^“”]*”|«[^«»]*»", "", asked.question.replace("\\", ""))
    group, point = (",", ".") if language == "en" else ("\u202f", ",")
    found = NUMBER.findall(re.sub(r"GPT-2", "", said))
    return [Fraction(one.replace(group, "").rstrip(",.").replace(point, ".").replace("−", "-")) for one in found]


def scores(generator: np.random.Generator) -> list[float]:
    return (generator.normal(size=generator.integers(1, 16)) * 10 ** generator.uniform(-1, 1)).tolist()


def softmaxes(language: str) -> Iterator[tuple[Sum, float]]:
    """Solved by numpy from the scores that the question names."""
    generator = np.random.default_rng(1)
    while True:
        row = scores(generator)
        tokens = [PIECES[i % len(PIECES)] for i in range(len(row))]
        asked = sums.softmax_of_three(row, tokens, query=len(row) - 1)
        if asked:
            at0, score0, at1, score1, at2, score2, at = map(float, read_off(asked, language))
            powers = np.exp(np.array([score0, score1, score2]))
            yield asked, float(powers[[at0, at1, at2].index(at)] / powers.sum())


def variances(language: str) -> Iterator[tuple[Sum, float]]:
    """Solved by Python's own statistics, in fractions."""
    generator = np.random.default_rng(2)
    while True:
        vector = generator.normal(size=24) * 10 ** generator.uniform(-3, 3)
        vector[:6] *= generator.integers(0, 2)  # a norm may be given zeros
        asked = sums.variance_of_six(vector.tolist(), b" key")
        if asked:
            yield asked, float(statistics.pvariance(read_off(asked, language)[2:8]))


def merges(_language: str) -> Iterator[tuple[Sum, bytes]]:
    """Solved by looking for the least rank in the vocabulary, over the pieces that the question names."""
    tokenizer, chance = Tokenizer(), random.Random(3)
    known = [
        token.decode() for token in tokenizer.ranks if len(token) > 3 and token.isascii() and token.strip().isalpha()
    ]
    while True:
        text = " " + "".join(chance.sample(known, 2)).replace(" ", "")
        (word,) = tokenizer.trace(text).words
        asked = sums.next_merge(word, tokenizer.ranks.get)
        if asked:
            said = asked.question.replace("\\", "").split(": ")[1]
            pieces = [part.strip(" .").replace("␣", " ") for part in said.split(". ")[0].split("·")]
            assert "".join(pieces) == text
            pairs = [(one + other).encode() for one, other in pairwise(pieces)]
            yield asked, min((pair for pair in pairs if pair in tokenizer.ranks), key=tokenizer.ranks.__getitem__)


def blocks(_language: str) -> Iterator[tuple[Sum, float]]:
    """Solved by what a model with one block more has more."""
    chance = random.Random(4)
    while True:
        heads, of_head = chance.randint(1, 16), chance.randint(1, 128)
        sizes = {"n_heads": heads, "emb_dim": heads * of_head, "qkv_bias": chance.random() < 0.5}
        one, two = (count_parameters(GPTConfig(n_layers=n, **sizes)).total for n in (1, 2))
        yield sums.parameters_of_block(GPTConfig(**sizes)), two - one


KINDS = {"softmax": softmaxes, "variance": variances, "merge": merges, "block": blocks}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_ten_thousand_sums_are_solved_on_another_road(kind, language):
    with session.aside({"lang": language}):
        for asked, solution in islice(KINDS[kind](language), MANY[language]):
            typed = solution.decode() if isinstance(solution, bytes) else f"{solution:.9f}".rstrip("0").rstrip(".")
            typed = typed.replace(".", ",") if language == "fr" else typed
            assert asked.accepts(typed), (asked, solution)
            assert_worth_solving(asked)


def assert_worth_solving(asked: Sum) -> None:
    """No sum can be answered by a guess, by a number of the question, or by its first hint."""
    assert len(set(asked.hints)) == 3 and all(asked.hints)
    if isinstance(asked.answer, bytes):
        assert len(asked.answer) > 1
        return
    assert not asked.accepts("0") and asked.answer > 5 * asked.tolerance
    assert asked.tolerance != 0.01 or not (asked.accepts("1") or asked.accepts("0.333"))  # of a share
    assert not asked.accepts(str(asked.answer + 1.5 * asked.tolerance + (not asked.tolerance)))


@pytest.mark.parametrize(
    ("typed", "whole", "found"),
    [
        *(("0.25", False, 0.25), ("0,25", False, 0.25), (" 25 %", False, 0.25), ("25\u202f%", False, 0.25)),
        *(("−1,5", False, -1.5), ("1 234,5", False, 1234.5), ("1.234,5", False, 1234.5), ("1,234.5", False, 1234.5)),
        *(("442\u202f368", True, 442368.0), ("442,368", True, 442368.0), ("442’368", True, 442368.0)),
        *(("", False, None), ("x", False, None), ("1e5", False, None), ("--1", False, None), ("٣", False, None)),
        *(("inf", False, None), ("nan", False, None), ("9" * 60, False, float("9" * 60)), ("%", False, None)),
    ],
)
def test_an_answer_is_read_as_it_is_written_in_either_language(typed, whole, found):
    assert as_number(typed, whole=whole) == (None if found is None else pytest.approx(found))


@pytest.mark.parametrize("chapter", ["tokens", "self_attention", "layer_norm", "anatomy"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_reader_types_takes_three_hints_and_is_right(run, chapter, language):
    app = run(chapter, lang=language, text=TEXT, layer=2, head=1, token=7, key=3)
    app.session_state[f"sum {chapter}"] = True
    app.run()
    (box,) = [one for one in app.text_input if str(one.key).startswith("sum of ")]
    seen = len(app.info)
    app.text_input(key=box.key).set_value("??").run()
    assert len(app.info) == seen + 1
    for n in range(3):
        assert plain(app).count("💡") == n
        (hint,) = [button for button in app.button if str(button.key).startswith("hint for ")]
        hint.click().run()
    assert plain(app).count("💡") == 3
    assert not [button for button in app.button if str(button.key).startswith("hint for ")]
    asked = sum_of(chapter, language)
    assert asked.question in words(app) and all(hint in words(app) for hint in asked.hints)
    right = asked.answer.decode() if isinstance(asked.answer, bytes) else str(asked.answer)
    app.text_input(key=box.key).set_value(right if language == "en" else right.replace(".", ",")).run()
    assert {"en": "Right.", "fr": "Juste."}[language] in plain(app)
    assert_healthy(app)


def sum_of(chapter: str, language: str) -> Sum:
    """What a page asks."""
    (row,) = [row for row in CHAPTERS if row.id == chapter]
    chosen = Choices(TEXT, "storyteller", 2, 1, 7, 3, language, present=False)
    with session.aside({"lang": language}):
        asked = story.page_of(row).exercise(read("storyteller", TEXT), chosen)
    assert asked
    return asked


def test_a_text_without_a_sum_says_so(run):
    app = run("self_attention", lang="fr", text="a")
    app.session_state["sum self_attention"] = True
    app.run()
    assert_healthy(app)
    assert "prenez-en un autre" in plain(app)
