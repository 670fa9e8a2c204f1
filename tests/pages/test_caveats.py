"""Tokens that a model never met in training are told of on every chapter, and marked in the ribbon."""

import json
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from gpt_core import Tokenizer, load_model
from gpt_core.weights.catalogue import MODELS_FOLDER
from gpt_core.weights.model_file import MODEL_FILE, read_tensors
from gpt_core.weights.packing import USED
from pages.chapters import CHAPTERS
from pages.services.reading import read
from pages.ui import caveats
from tests.pages.conftest import assert_healthy, chart_numbers, explore, plain, revealed

MIXED = "The smartphone of the king"  # Storyteller never met " smartphone"
JAPANESE = "日本語のテキスト"
SHARING = {"model": "storyteller", "moment": 2_500}  # rare tokens share one vector there
EARLIER = "storyteller@2500"
LEARNT = "The old king gave the golden key"
TEXTS = [MIXED, JAPANESE, LEARNT, "a a a a", "def f(x): return x+1", "I ❤️ you 👍🏽", "हिन्दी में एक वाक्य"]


def ribbon(app: AppTest) -> dict[str, Any]:
    (sent,) = [one.proto for one in app.get("bidi_component") if one.proto.component_name == "glassbox_ribbon"]
    return json.loads(sent.json)


def without_a_row(name: str, text: str) -> list[int]:
    """By another road: a token's row is its own if no other of the vocabulary has the same."""
    table, ids = load_model(name).embedding.tok_emb.weight, Tokenizer().encode(text)
    return [place for place, id in enumerate(ids) if int((table == table[id]).all(dim=-1).sum()) > 1]


@pytest.mark.parametrize("text", TEXTS)
def test_a_moment_keeps_no_row_of_a_token_if_others_have_its_very_row(text):
    reading = read(EARLIER, text)
    assert list(reading.unmet) == list(reading.rowless) == without_a_row(EARLIER, text)
    assert bool(caveats.unmet(reading)) == bool(reading.unmet)


@pytest.mark.parametrize("text", TEXTS)
def test_a_token_that_the_finished_model_never_met_has_a_row_that_is_told_to_be_computed(text):
    reading = read("storyteller", text)
    used = read_tensors(MODELS_FOLDER / "storyteller" / MODEL_FILE)[0][USED].tolist()
    assert list(reading.unmet) == [place for place, id in enumerate(reading.ids) if id not in used]
    assert reading.rowless == () == tuple(without_a_row("storyteller", text))
    told = " ".join(caveats.unmet(reading))
    assert bool(told) == ("computed from those of the two tokens" in told) == bool(reading.unmet)
    assert ("its vector" in told) == (len({reading.ids[place] for place in reading.unmet}) == 1)


@pytest.mark.parametrize("text", TEXTS)
def test_a_random_model_has_a_row_for_every_token(text):
    assert read("random-small", text).unmet == ()
    assert caveats.unmet(read("random-small", text)) == []


@pytest.mark.parametrize("name", ["storyteller", EARLIER, "induction-lab"])
@pytest.mark.parametrize("text", TEXTS)
def test_tokens_are_said_to_share_one_vector_where_they_do(name, text):
    reading = read(name, text)
    rows = load_model(name).embedding.tok_emb.weight[[reading.ids[place] for place in reading.unmet]]
    different = {reading.ids[place] for place in reading.unmet}
    said = " ".join(caveats.unmet(reading))
    one = len(different) > 1 and len(torch.unique(rows, dim=0)) == 1
    assert ("they share one vector" in said) == one
    assert ("only their positions" in said) == (one and len(reading.unmet) == len(reading.ids))


@pytest.mark.parametrize("chapter", [row.id for row in CHAPTERS])
def test_every_chapter_says_which_tokens_the_model_never_met(run, chapter):
    app = run(chapter, lang="fr", text=MIXED, model="storyteller")
    assert_healthy(app)
    said = plain(app).replace("\u202f", " ")
    assert "ce modèle n’a jamais vu 1 des 5 tokens de ce texte : « **␣smartphone** »" in said


def test_the_ribbon_marks_them(run):
    app = run("heads", lang="en", text=MIXED, model="storyteller")
    assert ribbon(app)["unmet"] == [1]
    assert ribbon(app)["mark"] == "never met in training"
    app.sidebar.text_area(key="text").set_value(LEARNT).run()
    assert ribbon(app)["unmet"] == []
    assert not app.warning


@pytest.mark.parametrize("text", [JAPANESE, "a smartphone GitHub"])
def test_tokens_that_share_a_vector_are_not_called_most_alike(run, text):
    app = revealed(run("embeddings", lang="en", text=text, **SHARING), "embeddings")
    assert "cosine 1.000" not in plain(app)
    assert "there is nothing to compare" in plain(app)


def test_tokens_that_share_a_vector_are_left_out_of_what_heads_do(run):
    text = f"{LEARNT} {JAPANESE}"
    app = explore(run("heads", lang="en", text=text, **SHARING), "heads/roles")
    assert_healthy(app)
    reading = read(EARLIER, text)
    weights = reading.trace.blocks[0].att.weights[4]
    met = [place for place in range(1, len(reading.ids)) if not {place, place - 1} & set(reading.unmet)]
    wanted = sum(float(weights[place, place - 1]) for place in met) / len(met)
    assert chart_numbers(app, "score_previous")[0, 4] == pytest.approx(wanted, rel=1e-5)
    assert "left out of these means" in plain(app)


def test_where_all_tokens_share_a_vector_no_head_is_said_to_do_anything(run):
    app = explore(run("heads", lang="en", text=JAPANESE, **SHARING), "heads/roles")
    assert_healthy(app)
    assert not [button for button in app.button if button.key and button.key.startswith("show_")]
    assert plain(app).count("Too few tokens of this text have rows of their own") >= 2


@pytest.mark.parametrize("chapter", ["start", "shortcuts", "forward_pass", "generation", "learning"])
def test_where_the_random_model_repeats_itself_it_is_said_why(run, chapter):
    app = run(chapter, lang="en", text="Your journey starts with one step", model="random-small")
    assert_healthy(app)
    assert "so “**␣step**” has 100.0% to come again" in plain(app)
    assert "numbers 50 times smaller (0.02)" in plain(app)
    app.sidebar.selectbox(key="model").set_value("storyteller").run()
    assert "to come again" not in plain(app)


def test_two_tokens_with_one_vector_leak_nothing_and_the_page_says_so(run):
    app = explore(
        run("causal_mask", lang="en", text="The king of GitHub", **SHARING),
        "causal_mask/mask_off",
        causal_mask_word=" smartphone",
    )
    assert_healthy(app)
    assert "one and the same vector: nothing changes" in plain(app)
    app = explore(app, "causal_mask/mask_off", causal_mask_word=" queen")
    assert "Without it, 3 of 3 earlier outputs notice." in plain(app)


def test_one_token_is_told_of_as_one(run):
    """Beside the counts: nothing that only a longer text has."""
    app = run("self_attention", lang="en", text="a")
    assert "The only token can look at itself alone" in plain(app)
    app = revealed(run("causal_mask", lang="fr", text="a"), "causal_mask")
    assert "1 token fait 1 case, dont 0 est interdite" in plain(app)
    app = revealed(run("layer_norm", lang="en", text="a"), "layer_norm")
    assert "“**a**”: " in plain(app)
