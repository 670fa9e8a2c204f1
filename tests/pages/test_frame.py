"""One choice for all chapters: in widgets, in the address, across pages; anything strange in a link is met kindly."""

import os
import subprocess
import sys

import pytest

from gpt_core.weights.catalogue import CATALOGUE
from pages.services.reading import read
from pages.services.shared import engine
from pages.settings import MAX_TOKENS
from pages.ui import link
from pages.ui.choices import MOST_CHARACTERS, clean
from pages.ui.words import lesson
from tests.pages.conftest import ROOT, assert_healthy, words

DEFAULT = engine.available_models()[0]
N_LAYERS = CATALOGUE[DEFAULT].config.n_layers
USUAL = None  # what is shown where a link names nothing


def address(app) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


def test_a_link_brings_every_choice_back(run):
    app = run("heads", lang="fr", text="le chat dort", layer=1, head=2, token=2, key=1)
    assert_healthy(app)
    sliders = {slider.key: slider.value for slider in app.sidebar.slider}
    assert sliders == {"layer": 1, "head": 2, "token": 2, "key": 1}
    assert app.sidebar.text_area[0].value == "le chat dort"
    assert address(app) == {
        "lang": "fr", "text": "le chat dort", "layer": "1", "head": "2", "token": "2", "key": "1", "model": DEFAULT,
    }  # fmt: skip


def test_what_is_chosen_on_one_chapter_is_chosen_on_the_next(run):
    app = run("heads", lang="en", text="one two three")
    app.sidebar.slider(key="layer").set_value(2).run()
    app.switch_page("00_start.py").run()
    app.sidebar.text_area(key="text").set_value("four five").run()
    app.sidebar.slider(key="layer").set_value(3).run()
    app.switch_page("07_heads.py").run()
    assert app.sidebar.slider(key="layer").value == 3
    assert app.sidebar.text_area(key="text").value == "four five"
    assert address(app)["layer"] == "3"


def test_a_browser_that_lags_behind_does_not_bring_back_what_was_chosen_before(run):
    app = run("heads", lang="en", text="one two three", layer=0)
    before = address(app)
    app.sidebar.slider(key="layer").set_value(1).run()
    for name, value in before.items():  # what the address bar said when the head was sent
        app.query_params[name] = value
    app.sidebar.slider(key="head").set_value(2).run()
    assert (address(app)["layer"], address(app)["head"]) == ("1", "2")
    for name, value in before.items():  # and when the text was
        app.query_params[name] = value
    app.sidebar.text_area(key="text").set_value("four five").run()
    assert app.sidebar.text_area(key="text").value == "four five"
    assert (address(app)["token"], address(app)["text"]) == ("1", "four five")


def test_the_first_address_says_everything_so_that_copying_it_is_enough(run):
    app = run("heads")
    assert {"text", "model", "layer", "head", "token", "key", "lang"} <= address(app).keys()


@pytest.mark.parametrize(
    ("parameter", "value", "shown"),
    [
        ("layer", "abc", USUAL),
        ("layer", "-1", 0),
        ("layer", str(N_LAYERS), N_LAYERS - 1),
        ("layer", "9" * 400, USUAL),
        ("layer", "NaN", USUAL),
        ("layer", "1e3", USUAL),
        ("layer", "٣", USUAL),
        ("head", "99", CATALOGUE[DEFAULT].config.n_heads - 1),
        ("token", "99", 2),
        ("key", "-5", 0),
    ],
)
def test_a_number_that_does_not_fit_becomes_the_nearest_and_one_notice_says_so(run, parameter, value, shown):
    app = run("heads", lang="en", text="one two three", **{parameter: value})
    assert not app.exception
    if shown is USUAL:
        shown = run("heads", lang="en", text="one two three").sidebar.slider(key=parameter).value
    assert app.sidebar.slider(key=parameter).value == shown


@pytest.mark.parametrize("parameters", [{"layer": "abc"}, {"layer": "77"}, {"model": "../../etc"}, {"lang": "xx"}])
def test_a_strange_link_is_met_with_one_small_notice(parameters, run):
    app = run("start", **({"lang": "en"} | parameters))
    assert not app.exception
    (name,) = parameters
    assert [name in notice.value for notice in app.info] == [True]


@pytest.mark.parametrize(("parameter", "values"), [("layer", ["1", "2"]), ("text", ["one", "two"])])
def test_of_a_parameter_given_twice_the_last_is_taken_and_one_notice_says_so(parameter, values, run):
    app = run("start", **({"lang": "en", "text": "hello"} | {parameter: values, "colour": ["blue", "red"]}))
    assert not app.exception
    assert address(app)[parameter] == values[-1]
    assert [parameter in notice.value for notice in app.info] == [True]
    assert "colour" not in app.info[0].value


def test_unknown_parameters_from_an_older_version_are_ignored(run):
    app = run("start", lang="en", text="hello", colour="blue")
    assert not app.exception
    assert "colour" not in address(app)


def test_a_model_can_not_be_named_by_path_or_repository(run):
    for name in ("/tmp/model", "openai-community/gpt2", "gpt2/../gpt2", "Random weights, small"):
        app = run("start", lang="en", model=name)
        assert not app.exception
        assert app.sidebar.selectbox(key="model").value == DEFAULT


def test_a_long_text_is_cut_and_the_reader_is_told(run):
    app = run("start", lang="en", text="word " * 2_000)
    assert not app.exception
    notices = " ".join(notice.value for notice in app.info)
    assert "The text of 10,000 characters is cut after 2,000 characters" in notices
    assert f"First {MAX_TOKENS} of 2,001 tokens" in notices  # of the whole text, with the space at its end
    assert len(app.sidebar.text_area(key="text").value) == MOST_CHARACTERS
    app.sidebar.slider(key="layer").set_value(1).run()  # the box holds less now, which is as true as before
    assert "The text of 10,000 characters" in " ".join(notice.value for notice in app.info)
    app.sidebar.text_area(key="text").set_value("word").run()
    assert not app.info


def test_of_a_very_long_text_the_beginning_is_counted(run):
    app = run("start", lang="en", text="word " * 50_000)
    notices = " ".join(notice.value for notice in app.info)
    assert "The text of 250,000 characters" in notices
    assert f"First {MAX_TOKENS} of more than 20,001 tokens" in notices


def test_a_text_has_room_for_as_many_tokens_as_the_server_may_show():
    """In a process of its own, for the server's settings are read once."""
    code = (
        "from pages.services.reading import read; from pages.ui.choices import clean;"
        "print(len(read('gpt2', clean(' elephants' * 2_000)[0]).ids))"
    )
    command, settings = [sys.executable, "-c", code], os.environ | {"GLASSBOX_MAX_TOKENS": "1024"}
    found = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=True)
    assert found.stdout.split()[-1] == "1024"


@pytest.mark.parametrize("extra", [-1, 0, 1])
def test_texts_at_the_limit_are_read_and_over_it_the_first_tokens_are_shown(run, extra):
    app = run("heads", lang="en", text="a" + " a" * (MAX_TOKENS - 1 + extra))
    assert_healthy(app)
    assert any("tokens shown" in notice.value for notice in app.info) == (extra > 0)
    assert app.sidebar.slider(key="token").max == min(MAX_TOKENS, MAX_TOKENS + extra) - 1


def test_a_text_too_long_for_a_link_is_left_out_of_it_in_words(run):
    app = run("heads", lang="en", text="é" * 600)
    assert "text" not in address(app)
    assert "too long to share" in words(app)
    assert sum(len(name) + len(value) for name, value in address(app).items()) < link.LONGEST


def test_the_text_is_kept_when_it_is_too_long_for_the_address(run):
    app = run("heads", lang="en", text="hello")
    app.sidebar.text_area(key="text").set_value("é" * 600).run()
    app.switch_page("00_start.py").run()
    assert app.sidebar.text_area(key="text").value == "é" * 600


def test_half_a_character_is_replaced_and_the_reader_is_told():
    text, notices = clean("a\ud800b")
    assert text == "a\ufffdb"
    assert "U+FFFD" in notices[0]


def test_picking_an_example_puts_its_text_into_the_box(run):
    app = run("heads", lang="fr", text="hello")
    app.sidebar.radio(key="example").set_value(3).run()
    assert app.sidebar.text_area(key="text").value == "le chat le chat le chat le"
    assert address(app)["text"] == "le chat le chat le chat le"
    assert app.sidebar.radio(key="example").value is None


def strongest_of(app) -> int:
    layer, head, token = (app.sidebar.slider(key=name).value for name in ("layer", "head", "token"))
    reading = read(DEFAULT, app.sidebar.text_area(key="text").value)
    return int(reading.trace.blocks[layer].att.weights[head, token, :token].argmax())


def test_the_first_key_is_the_one_the_query_looks_at_most_until_the_reader_picks_another(run):
    app = run("heads", lang="en", text="The old king gave the golden key to the boy.", layer=1, head=2, token=8)
    suggested = [app.sidebar.slider(key="key").value]
    assert suggested == [strongest_of(app)]
    for token in range(1, 8):
        app.sidebar.slider(key="token").set_value(token).run()
        suggested.append(app.sidebar.slider(key="key").value)
        assert suggested[-1] == strongest_of(app)
    assert len(set(suggested)) > 1
    picked = suggested[-1] + 1
    app.sidebar.slider(key="key").set_value(picked).run()
    app.sidebar.slider(key="token").set_value(9).run()
    app.sidebar.slider(key="head").set_value(1).run()
    assert app.sidebar.slider(key="key").value == picked == int(address(app)["key"])


def test_a_key_that_a_link_names_stays_whatever_the_head_looks_at(run):
    at = {"lang": "en", "text": "one two three four five six", "token": 5}
    key = run("heads", layer=1, head=2, **at).sidebar.slider(key="key").value
    app = run("heads", layer=1, head=2, key=key, **at)
    for head in range(CATALOGUE[DEFAULT].config.n_heads):
        app.sidebar.slider(key="head").set_value(head).run()
        assert app.sidebar.slider(key="key").value == key


def test_a_new_example_is_shown_with_a_key_of_its_own(run):
    app = run("heads", lang="fr", text="un deux trois quatre cinq", token=4, key=4)
    app.sidebar.radio(key="example").set_value(3).run()
    assert app.sidebar.slider(key="key").value == strongest_of(app) != 4


def test_changing_the_language_changes_the_words_and_nothing_else(run):
    app = run("heads", lang="en", text="one two", layer=1)
    before = address(app)
    app.sidebar.segmented_control(key="lang").set_value("fr").run()
    assert address(app) == before | {"lang": "fr"}
    assert app.title[0].value == f"7 · {lesson('fr', 'heads')['title']}"


def test_in_presenter_mode_what_to_look_for_has_the_whole_width(run):
    happens, look = lesson("en", "heads")["happens"], lesson("en", "heads")["look"]
    assert happens in words(run("heads", lang="en"))
    presented = run("heads", lang="en", present=1)
    assert_healthy(presented)
    assert look in words(presented)
    assert happens not in words(presented)


def test_an_emptied_text_is_in_the_address_and_stays_empty(run):
    app = run("heads", lang="en", text="one two three")
    app.sidebar.text_area(key="text").set_value("").run()
    assert address(app)["text"] == ""
    again = run("heads", **address(app))
    assert again.sidebar.text_area(key="text").value == ""


def test_what_is_chosen_within_a_chapter_is_still_so_when_its_reader_comes_back(run):
    app = run("heads", lang="en", text="one two three four")
    app.segmented_control(key="look heads").set_value("contributions").run()  # which tokens' logits the heads raise
    app.selectbox(key="heads_logit").set_value(2).run()
    app.switch_page("14_generation.py").run()
    app.select_slider(key="generation_temperature").set_value(1.7).run()
    app.select_slider(key="generation_top_k").set_value(20).run()
    app.number_input(key="generation_seed").set_value(7).run()
    app.switch_page("07_heads.py").run()
    assert app.segmented_control(key="look heads").value == "contributions"
    assert app.selectbox(key="heads_logit").value == 2
    app.sidebar.segmented_control(key="lang").set_value("fr").run()
    assert app.segmented_control(key="look heads").value == "contributions"
    app.switch_page("14_generation.py").run()
    assert_healthy(app)
    assert app.select_slider(key="generation_temperature").value == 1.7
    assert app.select_slider(key="generation_top_k").value == 20
    assert app.number_input(key="generation_seed").value == 7
