"""What is kept for all readers: known by all that it was made of, never another's, never more than it may hold."""

import itertools
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages import figures
from pages.figures import Axis, Cells, Masked, Picture, Scale
from pages.figures.kept import Kept, UnknownError, fingerprint, kept, n_bytes
from pages.ui import told, words

VALUES = np.array([[0.5, 0.25], [1.0, 2.0]], np.float32)
TOKENS = Axis([b"the", b" cat"], "query", "query")


@dataclass(frozen=True)
class One:
    value: object


@dataclass(frozen=True)
class Other:
    value: object


DIFFERENT = [
    *(None, True, 1, 1.0, "1", b"1", "", b"", 0, -0.0, 0.0, float("nan"), float("inf"), "None", "'1'", "1;1"),
    *(
        [],
        (),
        [[]],
        [1, "2"],
        ["1", 2],
        [1, 2],
        [12],
        ["1", "2"],
        ["1;'2'"],
        (1, 2),
        [[1], [2]],
        [[1, 2]],
        [[1, 2], []],
    ),
    *({}, {"a": 1}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, [("a", 1)]),
    *(np.array([1, 2]), np.array([1.0, 2.0]), np.array([1, 2], np.float32), np.array([[1, 2]]), np.array([[1], [2]])),
    *(np.array([True, False]), np.array([1, 0]), np.float32(1), np.array(["a"]), np.array([2, 1]), np.zeros((0, 2))),
    *(One(1), Other(1), One("1"), One(One(1)), [One(1)], told.plain, told.share, "café", "cafe\u0301", "\ud800"),
]


def test_what_differs_is_told_apart():
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert fingerprint(one) != fingerprint(other), (one, other)


def test_arguments_do_not_run_into_each_other():
    assert fingerprint("a", "b") != fingerprint("ab") != fingerprint(["a", "b"])
    assert fingerprint([1], [2, 3]) != fingerprint([1, 2], [3]) != fingerprint([[1], [2, 3]])


@given(st.recursive(st.none() | st.integers() | st.text() | st.binary(), lambda inner: st.lists(inner, max_size=4)))
def test_the_same_again_has_the_same_fingerprint(value):
    again = [*value] if isinstance(value, list) else value
    assert fingerprint(value) == fingerprint(again)


@pytest.mark.parametrize(
    "part", [lambda x: x, object(), {1, 2}, partial(int), np.array([None]), One(object()), [object()]]
)
def test_what_cannot_be_told_apart_is_made_for_each(part):
    with pytest.raises(UnknownError):
        fingerprint(part)
    made = []

    @kept
    def make(what: object) -> int:
        made.append(what)
        return len(made)

    assert (make(part), make(part)) == (1, 2)


def heat(
    values: Any = VALUES, rows: Axis = TOKENS, columns: Axis = TOKENS, scale: Any = "probability", **more: Any
) -> Picture:
    return figures.heatmap(values, rows, columns, scale=scale, **more)


def test_readers_of_the_same_get_one_picture_and_of_something_else_another():
    again = Axis([*TOKENS.labels], TOKENS.title, TOKENS.meaning)
    assert heat() is heat(VALUES.copy(), again, again) is heat(np.asfortranarray(VALUES))
    other = VALUES.copy()
    other[1, 1] = np.nextafter(other[1, 1], np.float32(3))
    pictures = [
        heat(),
        heat(other),
        heat(VALUES.astype(np.float64)),
        heat(rows=replace(TOKENS, title="Anfrage")),
        heat(rows=Axis(["the", " cat"], "query", "query")),
        heat(scale="sequential"),
        heat(scale=Scale("probability", limit=0.9)),
        heat(masked=Masked(VALUES > 1)),
        heat(masked=Masked(VALUES > 1, "later")),
        heat(selected=(0, 1)),
        heat(selected=(1, 0)),
        heat(cells=Cells(".2f")),
        heat(square=True),
    ]
    assert len({id(picture) for picture in pictures}) == len(pictures)


def test_what_the_browser_gets_is_what_would_be_made_anew():
    picture = heat()
    assert picture.json() == figures.heatmap.__wrapped__(VALUES, TOKENS, TOKENS, scale="probability").to_json(
        validate=False
    )


def test_a_kept_picture_cannot_be_changed_but_a_copy_can():
    values = VALUES + 7
    first = heat(values)
    copy = first.own()
    copy.update_yaxes(tickvals=[0])
    assert '"tickvals":[0]' in copy.json()
    assert '"tickvals":[0]' not in heat(values).json()
    assert copy.numbers().equals(first.numbers())
    first.update_yaxes(tickvals=[0])
    with pytest.raises(RuntimeError, match="own"):
        heat(values).json()


def test_a_table_made_later_has_the_numbers_of_its_picture_and_holds_no_others():
    whole = np.ones((1000, 2, 2), np.float32)
    picture = heat(whole[3], scale="sequential")
    whole[:] = 9
    assert (picture.numbers().iloc[:, 1:].to_numpy() == 1).all()
    other = Kept(10**6)
    other.of(same, (whole[3],), {})
    assert other.bytes_held < 2_000, "not the whole that it is a slice of"


def same(values: np.ndarray) -> np.ndarray:
    return values


def text_of(n: int) -> str:
    return "x" * n


def test_no_more_is_kept_than_may_be_and_what_was_asked_for_last_stays():
    few = Kept(10_000)
    for n in range(2_000, 2_020):
        assert few.of(text_of, (n,), {}) == "x" * n
        assert few.bytes_held <= 10_000
    misses = few.misses
    assert few.of(text_of, (2_019,), {}) == "x" * 2_019
    assert few.misses == misses
    few.of(text_of, (2_000,), {})
    assert few.misses == misses + 1
    assert few.of(text_of, (20_000,), {}) == "x" * 20_000, "too much to be kept is made all the same"
    assert few.bytes_held <= 10_000


def test_one_that_fails_is_not_kept_and_fails_again():
    for _turn in range(2):
        with pytest.raises(ValueError, match="do not fit"):
            heat(rows=Axis(["one"]))


def test_bytes_are_those_of_arrays_and_texts():
    assert n_bytes({"a": [np.zeros(1000), "x" * 500], "b": One(np.zeros(10))}) == pytest.approx(8580, rel=0.1)


def test_words_are_kept_by_language():
    said = {}
    for lang in ("en", "fr", "en"):
        with words.speaking(lang):
            said.setdefault(lang, told.of_cells(VALUES, ["a", "b"], ["c", "d"]))
            assert said[lang] == told.of_cells.__wrapped__(VALUES, ["a", "b"], ["c", "d"])
    assert said["en"].startswith("Largest: b → d, 2.00")
    assert "2,00" in said["fr"]
