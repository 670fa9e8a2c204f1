"""What must never break: each kind of text, link and model file, with what the reader sees instead of an error."""

from collections.abc import Iterator

import pytest
import streamlit as st
from babel.numbers import format_decimal

from gpt_core.weights.catalogue import CATALOGUE, MODELS_FOLDER
from gpt_core.weights.model_file import CONFIG_FILE, MODEL_FILE
from pages.server import preloading
from pages.services.engine import SupersededError
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from pages.settings import MAX_TOKENS
from pages.ui import errors
from pages.ui.choices import MOST_CHARACTERS, MOST_COUNTED, clean
from pages.ui.words import catalogue, literal
from tests.pages.conftest import assert_healthy, words

DEFAULT = engine.available_models()[0]
RARE = "ꙮ"  # one letter, three tokens


def notices(app) -> str:
    return " ".join(notice.value for notice in app.info)


def n_shown(app) -> int:
    """How many tokens the page shows: the token slider ends at the last one; with one token there is none."""
    sliders = [slider.max for slider in app.sidebar.slider if slider.key == "token"]
    return sliders[0] + 1 if sliders else 1


def text_of(n_tokens: int) -> str:
    """A text of so many tokens that is not longer than a text may be."""
    letters, rest = divmod(n_tokens, 3)
    text = RARE * letters + "a" * bool(rest) + "." * (rest > 1)
    assert len(tokenizer().encode(text)) == n_tokens
    assert len(text) <= MOST_CHARACTERS
    return text


TEXTS = {
    "empty": ("", 1, ""),  # the first page has something to show without
    "one space": (" ", 1, ""),
    "only spaces": ("     ", 5, ""),
    "only line ends": ("\n\n\n", None, ""),
    "a typed end of text is ordinary": ("<|endoftext|>", 7, ""),
    "half a character": ("a\ufffdb", 3, "half a character; it is shown as U+FFFD"),
    "controls": ("\x00\x07\ufeff\u200b", None, ""),
    "a family of emoji": ("👨‍👩‍👧", None, ""),
    "from right to left": ("שלום \u202eabc\u202c", None, ""),
    "one token": ("a", 1, ""),
    "two equal tokens": ("the the", 2, ""),
    "HTML": ("<b>x</b> <script>alert(1)</script> a<br>b <a href='http://example.org'>c</a>", None, ""),
    "Markdown and TeX": ("$x^2$ **b** [x](javascript:x) :red[x] ![](http://example.org)", None, ""),
    "as many characters as may be": ("word " * (MOST_CHARACTERS // 5), MAX_TOKENS, "tokens shown"),
    "one character more": ("word " * (MOST_CHARACTERS // 5) + "x", MAX_TOKENS, "cut after 2,000 characters"),
    "a megabyte of words": ("word " * 200_000, MAX_TOKENS, "cut after 2,000 characters"),
    "a megabyte of one letter": ("a" * 1_000_000, None, "cut after 2,000 characters"),
    **{
        f"{n} tokens": (text_of(n), min(n, MAX_TOKENS), f"First {MAX_TOKENS} of {n:,} tokens" if n > MAX_TOKENS else "")
        for n in (MAX_TOKENS - 1, MAX_TOKENS, MAX_TOKENS + 1, 1_024, 1_025)
    },
}


@pytest.mark.parametrize("how", TEXTS)
def test_any_text_is_read_or_cut_in_words(run, how):
    text, n_tokens, notice = TEXTS[how]
    app = run("start", lang="en", text="hello")
    app.sidebar.text_area(key="text").set_value(text).run()
    assert_healthy(app)
    assert notice in notices(app) if notice else not app.info
    assert n_tokens in (None, n_shown(app))
    assert len(app.sidebar.text_area(key="text").value) <= MOST_CHARACTERS


def test_without_a_text_a_chapter_asks_for_one(run):
    app = run("heads", lang="en", text="hello")
    app.sidebar.text_area(key="text").set_value("").run()
    assert_healthy(app)
    assert "Type a sentence" in notices(app)


def test_a_text_is_cut_before_anything_but_its_tokens_is_computed_from_it(monkeypatch, run):
    lengths = []
    encode = tokenizer().encode
    monkeypatch.setattr(tokenizer(), "encode", lambda text, **kind: lengths.append(len(text)) or encode(text, **kind))
    run("start", lang="en", text="b" * 200_000)
    assert set(lengths) == {MOST_COUNTED, MOST_CHARACTERS}
    assert lengths.count(MOST_COUNTED) == 1


def test_half_a_character_from_a_text_of_ours_is_replaced_too():
    assert clean("a\ud83db")[0] == "a\ufffdb"
    assert clean("a\ud83d\ude00b") == ("a😀b", [])


@pytest.mark.parametrize("n_more", [0, 1])
def test_a_server_that_allows_more_than_the_model_has_positions_stops_at_the_last(monkeypatch, n_more):
    most = CATALOGUE[DEFAULT].config.context_length
    monkeypatch.setattr("pages.services.reading.MAX_TOKENS", 1_024)
    reading = read(DEFAULT, text_of(most + n_more))
    assert len(reading.ids) == most
    assert reading.n_tokens == most + n_more
    assert reading.trace.next_logits.isfinite().all()


@pytest.mark.parametrize("text", ["שלום", "مرحبا 12", "a שלום b"])
def test_a_text_from_right_to_left_does_not_turn_the_sentence_around_it(text):
    assert literal(text).replace("\\", "") == f"\u2068{text}\u2069"
    assert literal("abc") == "abc"


def test_a_part_of_the_page_that_a_newer_edit_overtook_says_nothing(monkeypatch):
    said = []
    monkeypatch.setattr(errors.st, "error", said.append)
    errors.show_error(SupersededError())
    assert said == []
    errors.show_error(ZeroDivisionError())
    assert len(said) == 1


# Links


def test_of_a_parameter_given_twice_the_last_counts(run):
    app = run("heads", lang="en", text="one two three")
    app.query_params["layer"] = ["0", "1"]
    app.run()
    assert_healthy(app)
    assert app.sidebar.slider(key="layer").value == 1


def test_a_hundred_kilobytes_of_link_are_cut_in_words(run):
    app = run("start", lang="en", text="é" * 50_000, colour="x" * 50_000, layer="9" * 10_000)
    assert_healthy(app)
    assert "cut after 2,000 characters" in notices(app)
    assert "“layer”" in notices(app)
    assert sum(len(str(value)) for value in app.query_params.values()) < 2_000


def test_however_much_is_strange_in_a_link_there_is_one_notice(run):
    app = run("start", lang="en", text="one two", layer="abc", head="-1", token="99", key="1e3", model="x", page="gone")
    assert not app.exception
    assert len(app.info) == 1
    for name in ("layer", "head", "token", "key", "model", "page"):
        assert f"“{name}”" in app.info[0].value


def test_the_notice_goes_away_with_the_next_click(run):
    app = run("start", lang="en", text="one two", layer="abc", page="gone")
    assert app.info
    app.sidebar.slider(key="layer").set_value(1).run()
    assert not app.info
    assert "page" not in app.query_params


# The server


def test_no_reader_can_unload_the_model_or_what_was_computed():
    model, trace = engine.model(DEFAULT), read(DEFAULT, "it stays").trace
    st.cache_data.clear()  # what a client's clear_cache does
    st.cache_resource.clear()
    assert engine.model(DEFAULT) is model
    assert read(DEFAULT, "it stays").trace is trace


def test_a_session_is_never_shown(run):
    app = run("heads", lang="en", text="one two")
    assert "session" not in words(app).lower()
    assert "secret" not in repr(Reading(DEFAULT, "a", (1,), 1, session="secret"))


# Model files


@pytest.fixture
def damaged(monkeypatch, tmp_path) -> Iterator[None]:
    """The default model cannot be loaded, as after a download through a proxy that wants a login; the others can."""
    for folder in MODELS_FOLDER.glob("*/"):
        (tmp_path / folder.name).symlink_to(folder)
    (tmp_path / DEFAULT).unlink()
    (tmp_path / DEFAULT).mkdir()
    (tmp_path / DEFAULT / CONFIG_FILE).write_bytes((MODELS_FOLDER / DEFAULT / CONFIG_FILE).read_bytes())
    (tmp_path / DEFAULT / MODEL_FILE).write_text("<html>Please log in</html>", "utf-8")
    monkeypatch.setattr("gpt_core.weights.catalogue.MODELS_FOLDER", tmp_path)
    engine.forget_model(DEFAULT)
    yield
    engine.forget_model(DEFAULT)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_damaged_model_is_refused_by_name_and_another_is_shown(run, damaged, lang):
    app = run("heads", lang=lang, text="one two", model=DEFAULT)
    assert not app.exception
    (error,) = app.error
    said = error.value.replace("\\", "")
    other = CATALOGUE[engine.available_models()[1]]
    wanted = {
        "en": "model.safetensors holds a web page instead of safetensors weights",
        "fr": "model.safetensors contient une page web au lieu de poids safetensors",
    }
    assert wanted[lang] in said
    assert catalogue(lang).gettext(other.title) in said
    assert app.title[0].value.startswith("7 · ")
    assert app.sidebar.slider(key="layer").max == other.config.n_layers - 1


def test_a_damaged_model_does_not_keep_the_server_from_starting(damaged):
    preloading.preload()


@pytest.mark.parametrize(("lang", "more"), [("en", {}), ("fr", {}), ("en", {"present": 1})])
def test_every_chapter_says_honestly_what_its_numbers_come_from(run, lang, more):
    app = run("heads", lang=lang, text="one two", **more)
    card = CATALOGUE[DEFAULT]
    millions = format_decimal(card.parameters / 1e6, format="0.0", locale=lang)
    said = {"en": f"{millions} million parameters", "fr": f"{millions} millions de paramètres"}[lang]
    captions = [
        caption.value.replace("\\", "").replace("\xa0", " ") for caption in (app.main if more else app.sidebar).caption
    ]
    assert any(said in caption and catalogue(lang).gettext(card.trained_on) in caption for caption in captions)
