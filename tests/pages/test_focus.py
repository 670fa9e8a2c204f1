"""What a new text shows: its last token, or the example's own, and the layer and head where that looks back."""

import json

import pytest
import torch

from gpt_core import Tokenizer, load_model
from gpt_core.weights.catalogue import CATALOGUE, name_at, steps_of
from pages.chapters import CHAPTERS
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from pages.ui import history
from pages.ui.words import examples
from tests.pages.conftest import assert_healthy, explore, plain, said

DEFAULT = engine.available_models()[0]
CONFIG = CATALOGUE[DEFAULT].config
TALE = "The old king gave the golden key to the boy"
CHOSEN = "Layer and head are chosen for this text"


def shown(app) -> dict[str, int]:
    return {slider.key: slider.value for slider in app.sidebar.slider}


def clearest(reading: Reading, query: int) -> tuple[int, int]:
    """By another road than the app's: one head after the other, of the layers that every moment of the model has."""
    steps = steps_of(reading.name)
    throughout = min((len(load_model(name_at(reading.name, step)).blocks) for step in steps), default=None)
    found = {}
    for layer, block in enumerate(reading.trace.blocks[:throughout]):
        for head, weights in enumerate(block.att.weights):
            places = [key for key in range(1, query - 1) if key not in reading.rowless]
            found[layer, head] = max(float(weights[query, key]) for key in places)
    return max(found, key=found.__getitem__)


@pytest.mark.parametrize("text", [TALE, "le petit chat mange la souris dans la cuisine", "日本 the king and the queen"])
def test_a_link_with_a_text_only_shows_its_last_token_and_the_head_that_looks_back_most(run, text):
    app, reading = run("heads", lang="en", text=text), read(DEFAULT, text)
    last = len(reading.ids) - 1
    layer, head = clearest(reading, last)
    key = int(reading.trace.blocks[layer].att.weights[head, last, :last].argmax())
    assert shown(app) == {"layer": layer, "head": head, "token": last, "key": key}
    assert CHOSEN in plain(app)


def test_a_typed_text_moves_the_focus_to_its_last_token_and_its_clearest_head(run):
    app = run("heads", lang="en", text="one two three four", layer=0, head=0, token=1, key=0)
    assert CHOSEN not in plain(app)
    app.sidebar.text_area(key="text").set_value(TALE).run()
    reading = read(DEFAULT, TALE)
    last = len(reading.ids) - 1
    assert shown(app)["token"] == last == int(said(app, "token"))
    assert (shown(app)["layer"], shown(app)["head"]) == clearest(reading, last) != (0, 0)


def test_what_the_reader_picks_stays_while_the_text_does(run):
    app = run("heads", lang="en", text=TALE)
    wanted = (int(said(app, "layer")) + 1) % 4  # as many layers as the other model has
    app.sidebar.slider(key="layer").set_value(wanted).run()
    assert CHOSEN not in plain(app)
    app.sidebar.slider(key="token").set_value(4).run()
    app.sidebar.selectbox(key="model").set_value("random-small").run()
    app.switch_page("00_start.py").run()
    assert (shown(app)["layer"], shown(app)["token"]) == (wanted, 4)
    app.sidebar.text_area(key="text").set_value(f"{TALE}.").run()
    assert shown(app)["token"] == len(read(DEFAULT, f"{TALE}.").ids) - 1


def test_a_token_that_is_chosen_moves_neither_layer_nor_head(run):
    app = run("heads", lang="en", text=TALE)
    before = shown(app)
    app.sidebar.slider(key="token").set_value(4).run()
    after = shown(app)
    assert (after["layer"], after["head"], after["token"]) == (before["layer"], before["head"], 4)


def test_another_model_finds_a_head_of_its_own(run):
    app = run("heads", lang="en", text=TALE)
    app.sidebar.selectbox(key="model").set_value("random-small").run()
    reading = read("random-small", TALE)
    assert (shown(app)["layer"], shown(app)["head"]) == clearest(reading, len(reading.ids) - 1)


@pytest.mark.parametrize("named", [{"layer": 2}, {"head": 3}, {"token": 5}, {"layer": 1, "head": 2, "token": 3}])
def test_what_a_link_names_stays_and_the_rest_is_found_for_it(run, named):
    app, reading = run("heads", lang="en", text=TALE, **named), read(DEFAULT, TALE)
    query = named.get("token", len(reading.ids) - 1)
    weights = torch.stack([block.att.weights[:, query, 1 : query - 1].amax(dim=-1) for block in reading.trace.blocks])
    layers = [named["layer"]] if "layer" in named else range(CONFIG.n_layers)
    heads = [named["head"]] if "head" in named else range(CONFIG.n_heads)
    best = max(((layer, head) for layer in layers for head in heads), key=lambda at: float(weights[at]))
    assert shown(app) | {"key": 0} == {"layer": best[0], "head": best[1], "token": query, "key": 0}


@pytest.mark.parametrize("text", ["a", "one two"])
def test_a_text_that_looks_back_at_nothing_shows_the_first_layer_and_head(run, text):
    app = run("heads", lang="en", text=text)
    assert_healthy(app)
    assert (said(app, "layer"), said(app, "head")) == ("0", "0")
    assert int(said(app, "token")) == len(read(DEFAULT, text).ids) - 1
    assert CHOSEN not in plain(app)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_example_shows_the_token_it_names_or_its_last(run, lang):
    app = run("heads", lang=lang, text="one two three", layer=0, head=0, token=1, key=0)
    for at, example in enumerate(examples(lang)):
        app.sidebar.radio(key="example").set_value(at).run()
        reading = read(DEFAULT, example["text"])
        query = example.get("token", len(reading.ids) - 1)
        assert said(app, "text") == example["text"]
        assert shown(app)["token"] == query
        assert (shown(app)["layer"], shown(app)["head"]) == clearest(reading, query)


def test_an_example_picked_again_shows_its_own_focus_again(run):
    app = run("heads", lang="en")
    before = shown(app)
    app.sidebar.slider(key="token").set_value(2).run()
    app.sidebar.slider(key="layer").set_value(0).run()
    app.sidebar.radio(key="example").set_value(0).run()
    assert shown(app) == before


def test_the_list_of_examples_closes_when_one_is_picked(run):
    def lists(app) -> list[str]:
        found = (one.proto for one in app.sidebar.get("popover"))
        return [one.id for one in found if one.popover.label == "Examples"]

    app = run("heads", lang="en")
    before = lists(app)
    app.sidebar.slider(key="token").set_value(0).run()
    assert lists(app) == before
    app.sidebar.radio(key="example").set_value(1).run()
    assert len(lists(app)) == 1
    assert lists(app) != before  # a new one, which is closed


MARKED = "the king.<|endoftext|>The queen"
SPECIAL = tokenizer().end_of_text


def ribbon(app) -> list[int]:
    """The ids of the tokens that the ribbon shows."""
    (found,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "glassbox_ribbon"]
    return json.loads(found.json)["ids"]


def test_a_typed_end_of_text_mark_is_ordinary_until_the_reader_says_otherwise(run):
    app = run("heads", lang="en", text="the king")
    assert not [toggle for toggle in app.sidebar.toggle if toggle.key == "special"]
    app.sidebar.text_area(key="text").set_value(MARKED).run()
    assert ribbon(app) == tokenizer().encode(MARKED)
    app.sidebar.toggle(key="special").set_value(True).run()
    assert ribbon(app) == tokenizer().encode(MARKED, special=True)
    assert SPECIAL in ribbon(app)
    assert app.sidebar.slider(key="token").value == len(ribbon(app)) - 1
    assert said(app, "special") == "1"
    app.sidebar.toggle(key="special").set_value(False).run()
    assert SPECIAL not in ribbon(app)
    assert "special" not in app.query_params
    app.sidebar.toggle(key="special").set_value(True).run()
    app.sidebar.text_area(key="text").set_value("the king").run()
    app.sidebar.text_area(key="text").set_value(MARKED).run()
    assert SPECIAL not in ribbon(app)  # a new mark is ordinary again


@pytest.mark.parametrize(
    ("chapter", "text"),
    [
        *((row.id, MARKED) for row in CHAPTERS if row.text != "unused"),
        *((chapter, "<|endoftext|>") for chapter in ("start", "tokens", "embeddings", "forward_pass")),
        ("heads", "<|endoftext|><|endoftext|>"),
    ],
)
def test_every_chapter_reads_the_special_token_that_a_link_asks_for(run, chapter, text):
    app = run(chapter, lang="fr", text=text, special=1)
    assert_healthy(app)
    assert ribbon(app) == tokenizer().encode(text, special=True)


@pytest.mark.parametrize(
    ("look", "widgets"),
    [
        ("heads/compare", {"heads_compare": 1}),
        ("heads/compare", {"heads_compare": 2}),
        ("heads/roles", {"heads_twice": True}),
        ("forward_pass/two_predictions", {"forward_other_text": f"{MARKED} and"}),
        ("generation/random_against_trained", {"model": "random-small"}),  # beside it a trained one reads the text
    ],
)
def test_experiments_that_read_another_text_read_the_special_token_in_it_too(run, look, widgets, monkeypatch):
    seen = []
    monkeypatch.setattr(engine, "cached", recording(engine.cached, seen))
    chapter, _, id = look.partition("/")
    address = {"model": widgets["model"]} if "model" in widgets else {}
    app = run(chapter, lang="en", text=MARKED, special=1, **address)
    seen.clear()
    widgets = {key: value for key, value in widgets.items() if key != "model"}
    assert_healthy(explore(app, f"{chapter}/{id}", **widgets))
    asked = [key for key in seen if key[0] == "ids"]
    read_again = [(text, special) for _kind, text, special, *_ in asked if "<|endoftext|>" in text]
    assert len(read_again) > 1
    assert all(special for _text, special in read_again)


def test_a_moment_of_training_reads_the_special_token_too():
    reading = read(DEFAULT, MARKED, special=True)
    assert history.read_at(history.finished(), reading).special


def test_all_three_vocabularies_have_the_special_token(run):
    app = explore(run("tokens", lang="en", text=MARKED, special=1), "tokens/encodings")
    sent = "".join(one.proto.json for one in app.get("bidi_component"))
    for name in ("gpt2", "cl100k_base", "o200k_base"):
        assert f"{name}: {len(Tokenizer(name).encode(MARKED, special=True))} tokens" in sent


def recording(cached, seen):
    """The engine's `cached`, which notes the keys that it is asked for."""

    def note(key, work, **settings):
        seen.append(key)
        return cached(key, work, **settings)

    return note


def test_a_mark_alone_has_no_bytes_that_merge(run):
    told = plain(run("tokens", lang="en", text="<|endoftext|>", special=1))
    assert "is one special token: nothing merges in it" in told
    assert "No two bytes of this text merge" not in told
