"""The page on tokens says what the tokenizer does."""

import json
from pathlib import Path
from typing import get_args

import pytest

from gpt_core import Tokenizer
from gpt_core.examples import book
from gpt_core.tokenizer import bpe_training
from gpt_core.tokenizer.bpe_training import train
from gpt_core.tokenizer.vocabulary import Encoding
from pages.chapters import chapter_of
from pages.figures import visible
from pages.services.shared import engine
from pages.ui import story
from pages.ui.components import chips
from tests.pages.conftest import assert_healthy, explore, plain, words

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "book_examples.json").read_text("utf-8"))["bpe"]


def test_the_table_shows_every_token_with_its_bytes(run):
    app = run("tokens", lang="en", text="café tea")
    table = app.dataframe[0].value
    assert list(table["token"]) == ["c", "af", "é", "␣tea"]
    assert list(table["bytes"]) == ["63", "61 66", "c3 a9", "20 74 65 61"]
    assert list(table["id"]) == Tokenizer().encode("café tea")


def test_the_merges_of_the_word_in_focus_are_replayed(run, monkeypatch):
    rows = []
    monkeypatch.setattr(chips, "draw", lambda drawn, *, key, **_: rows.extend(drawn if key == "merges" else ()))
    app = run("tokens", lang="en", text="the hippopotamus", token=1)
    (word,) = (word for word in Tokenizer().trace("the hippopotamus").words if word.text == " hippopotamus")
    assert f"Merge {len(word.merges)} of {len(word.merges)}" in words(app)
    rows.clear()
    app.slider(f"tokens_step {len(word.merges)}").set_value(2).run()
    assert [row.marked for row in rows] == [(), *((merge.at,) for merge in word.merges[:2])]
    rows.clear()
    app.slider(f"tokens_step {len(word.merges)}").set_value(0).run()
    assert_healthy(app)
    assert "nothing has merged yet" in words(app)
    assert [row.pieces for row in rows] == [["␣", *"hippopotamus"]]


def test_a_word_with_nothing_to_merge_gives_way_to_the_one_with_most():
    chapter = chapter_of("tokens")
    assert chapter
    word_in_focus = story.page_of(chapter).word_in_focus
    traced = Tokenizer().trace("a grandmother.")
    word, focused = word_in_focus(traced, len(traced.ids) - 1)
    assert (word.text, focused) == (" grandmother", False)
    assert word_in_focus(traced, 1) == (word, True)


def test_texts_that_tell_the_vocabularies_apart_are_counted(run):
    app = run("tokens", lang="en", text="a king")
    code = app.segmented_control(key="tokens_sample").set_value(2).run()
    assert_healthy(code)
    text = "for i in range(10):\n    if i % 2 == 0:\n        print(i ** 2)"
    for name in get_args(Encoding):
        assert f"{len(text) / len(Tokenizer(name).encode(text)):.2f} for {name}" in plain(code)


def test_the_search_counts_all_tokens_that_hold_the_part(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(chips, "draw", lambda rows, **_: drawn.extend(rows))
    app = run("tokens", lang="en", text="a king")
    assert_healthy(explore(app, "tokens/search", tokens_search="er"))
    n = sum(b"er" in Tokenizer().token(id) for id in range(Tokenizer().vocab_size))
    assert n > 1_000
    assert f"{n:,} tokens, the 60 shortest" in [row.label for row in drawn]


@pytest.mark.parametrize(
    ("text", "words_said"), [("ab.", "made of 1 byte: 2e."), ("a é", "made of 3 bytes: 20 c3 a9.")]
)
def test_the_bytes_of_the_token_in_focus_are_counted(run, text, words_said):
    assert words_said in plain(run("tokens", lang="en", text=text))


def test_other_merges_than_those_of_the_token_in_focus_are_named(run):
    assert "the merges are those of “␣grandmother”" in plain(run("tokens", lang="en", text="a grandmother.")).replace(
        "*", ""
    )
    assert "the merges are those of" not in words(run("tokens", lang="en", text="a grandmother", token=1))


def test_the_mark_becomes_one_token_where_it_is_treated_as_special(run):
    app = explore(run("tokens", lang="en", text="a <|endoftext|> b"), "tokens/special_tokens")
    assert "falls into pieces" in words(app)
    app.toggle(key="tokens_special").set_value(True).run()
    assert "one token, the last of the vocabulary, 50256" in words(app)


def test_the_book_s_ids_are_ours(run):
    assert REFERENCE["text"] == book.TOKENIZER_TEXT
    app = explore(run("tokens", lang="en", text="Hello"), "tokens/book_example")
    assert app.code[0].value == str(REFERENCE["ids"])


def test_a_typed_end_of_text_is_ordinary_text_and_the_page_says_so(run):
    assert "ordinary text" in words(run("tokens", lang="en", text="a <|endoftext|> b"))
    assert "ordinary text" not in words(run("tokens", lang="en", text="a b"))


def special_row(run, monkeypatch, text, *, asked):
    rows = []
    monkeypatch.setattr(chips, "draw", lambda drawn, *, key, **_: rows.extend(drawn if key == "special_tokens" else ()))
    app = run("tokens", lang="en", text=text)
    assert_healthy(explore(app, "tokens/special_tokens", tokens_special=asked))
    return rows[-1]


@pytest.mark.parametrize(
    ("text", "at"), [("the cat " * 200, 200), ("the cat <|endoftext|>" + " the cat" * 200, 2), ("x <|endoftext|>", 1)]
)
def test_the_mark_is_in_sight_and_what_is_left_out_is_seen_to_be(run, monkeypatch, text, at):
    row = special_row(run, monkeypatch, text, asked=True)
    (marked,) = row.marked
    assert row.pieces[marked] == "<|endoftext|>"
    assert row.notes[marked] == "50256"
    assert sum(piece != "…" for piece in row.pieces) <= 200
    begins, ends = row.pieces[0] == "…", row.pieces[-1] == "…"
    assert (begins, ends) == (text.startswith("the cat the"), "> the" in text)
    ordinary = special_row(run, monkeypatch, text, asked=False)
    assert "endoftext" in "".join(ordinary.pieces)


def test_what_is_typed_into_a_box_is_cut_by_the_server_too(run, monkeypatch):
    rows = []
    monkeypatch.setattr(chips, "draw", lambda drawn, **_: rows.extend(drawn))
    app = run("tokens", lang="en", text="a king")
    assert_healthy(explore(app, "tokens/whole_words", tokens_other="w " * 1_000))
    assert len(next(row for row in rows if row.label == "its words").pieces) == 150
    assert_healthy(explore(app, "tokens/search", tokens_search="e" + "x" * 100_000))
    assert not any(len(str(key)) > 10_000 for key in engine.keys)


def rows_drawn(monkeypatch, key: str) -> list:
    rows: list = []
    monkeypatch.setattr(chips, "draw", lambda drawn, *, key=key, _of=key, **_: rows.extend(drawn if key == _of else ()))
    return rows


def test_a_bpe_is_trained_on_the_readers_text_merge_by_merge(run, monkeypatch):
    rows = rows_drawn(monkeypatch, "trained_bpe")
    text = "hug hug pug hugs"
    app = explore(run("tokens", lang="en", text=text), "tokens/trained_bpe")
    assert_healthy(app)
    merges = train(text, most=60)
    assert merges[0].token == b"ug" and merges[0].count == 4
    assert rows[-1].pieces == [visible(part) for part in bpe_training.encode(text, merges[:3])]
    rows.clear()
    app.slider(key=f"tokens_merges {len(merges)}").set_value(1).run()
    assert rows[-1].pieces == ["h", "ug", "␣", "h", "ug", "␣", "p", "ug", "␣", "h", "ug", "s"]
    assert "stood side by side 4 times and become “**ug**”" in plain(app)
    assert "are 12 tokens now" in plain(app)


def test_a_text_without_pairs_teaches_no_merge(run):
    app = explore(run("tokens", lang="fr", text="abc"), "tokens/trained_bpe")
    assert_healthy(app)
    assert "rien à apprendre" in plain(app)


def test_the_vocabulary_of_the_text_is_listed_with_its_ids(run, monkeypatch):
    rows = rows_drawn(monkeypatch, "whole_words")
    explore(run("tokens", lang="en", text="the cat sat on the mat"), "tokens/whole_words")
    assert rows[0].pieces == ["cat", "mat", "on", "sat", "the", "<|endoftext|>", "<|unk|>"]
    assert rows[0].notes == [str(id) for id in range(7)]
