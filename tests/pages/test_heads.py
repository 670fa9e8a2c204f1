"""Chapter 7, Heads: what the page says is what the heads did."""

import re

import numpy as np
import pytest

from gpt_core.examples import book
from gpt_core.measure import heads, lens
from pages.figures import visible
from pages.services.reading import read, tokenizer
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import alt, assert_healthy, explore, plain, words

TEXT = "The old king gave the golden key to the boy. The old king"
ROLES, ARCS, COMPARE, LOGIT = (f"heads/{id}" for id in ("roles", "arcs", "compare", "contributions"))


@pytest.fixture
def reading():
    return read(engine.available_models()[0], TEXT)


def test_the_sentence_gives_the_weight_of_the_chosen_cell(run, reading):
    app = run("heads", lang="en", text=TEXT, layer=3, head=1, token=5, key=3)
    weight = float(reading.trace.blocks[3].att.weights[1, 5, 3])
    assert f"{number(100 * weight, 1)}% of its attention" in plain(app)
    own = float(reading.trace.blocks[3].att.weights[1, 5, 5])
    assert f"and {number(100 * own, 1)}% to itself" in plain(app)
    app.slider(key="key").set_value(5).run()
    assert f"keeps {number(100 * own, 1)}% of its attention for itself" in plain(app)
    app.slider(key="key").set_value(6).run()
    assert "which comes later: masked" in plain(app)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_what_the_picture_of_all_heads_says_is_the_largest_weight_on_another_token(run, reading, lang):
    app = run("heads", text=TEXT, lang=lang)
    weights = reading.of(heads.all_weights).numpy()
    most, place = 0.0, (0, 0, 0, 0)
    for layer, head, query, key in np.ndindex(*weights.shape):
        if key < query and weights[layer, head, query, key] > most:
            most, place = float(weights[layer, head, query, key]), (layer, head, query, key)
    layer, head, query, key = place
    said = alt(app, "all_heads")
    tokens = [visible(reading.tokens[i]) for i in (query, key)]
    assert re.search(f"(layer|couche) {layer}, (head|tête) {head}, .*{tokens[0]}.* → .*{tokens[1]}", said), said
    share = re.search(r"(\d+)[.,](\d)\s?%", said)
    assert share
    assert float(f"{share[1]}.{share[2]}") == pytest.approx(100 * most, abs=0.05)


def test_the_button_of_a_kind_shows_its_best_head(run, reading):
    app = explore(run("heads", lang="en", text=TEXT), ROLES)
    scores = heads.head_scores(heads.all_weights(reading.trace), reading.trace.ids)
    strongest = heads.strongest(scores.previous_token)
    assert strongest
    layer, head = strongest
    button = app.button(key="show_previous")
    best = float(scores.previous_token.max())
    assert button.label == f"Layer {layer}, head {head}: {best:.2f}"
    button.click().run()
    assert (app.slider(key="layer").value, app.slider(key="head").value) == (layer, head)


def test_the_lab_is_offered_for_the_kinds_of_head_it_has_and_no_others(run):
    text = " ".join(["one dog saw two cats run up a tree and hide"] * 2)  # long enough for 1 / T to be no score
    app = explore(run("heads", lang="en", text=text, model="random-small"), ROLES)
    (offer,) = [button for button in app.button if "Induction lab" in button.label]
    assert offer.label.startswith("previous token, induction: look at")
    assert "first token, same token: clear in GPT-2" in plain(app)
    offer.click().run()
    assert app.selectbox(key="model").value == "induction-lab"


def test_a_text_without_repetition_says_so_and_can_be_said_twice(run):
    app = explore(run("heads", lang="en", text="One two three four"), ROLES)
    assert "No token of this text occurs twice" in words(app)
    app.toggle(key="heads_twice").set_value(True).run()
    assert_healthy(app)
    assert "No token of this text occurs twice" not in words(app)


def test_the_parts_add_up_to_the_logit_that_is_named(run, reading):
    app = explore(run("heads", lang="en", text=TEXT, token=4), LOGIT)
    trace = reading.trace
    logits = trace.out_head(trace.final_norm.out[4])
    parts = lens.contributions(reading.model, trace, token=int(logits.argmax()), position=4)
    assert f"All parts add up to {float(parts.total):.3f}; the model’s logit is {float(logits.max()):.3f}" in plain(app)
    before = plain(app)
    app.selectbox(key="heads_logit").set_value(5).run()  # the token that really follows
    assert_healthy(app)
    assert f"the model’s logit is {float(logits[reading.ids[5]]):.3f}" in plain(app) != before


def test_a_head_differs_from_itself_by_nothing_and_from_another_text_by_something(run):
    app = explore(run("heads", lang="en", text=TEXT, layer=1, head=2), COMPARE)
    app.selectbox(key=f"heads_head {engine.available_models()[0]}").set_value(2).run()
    assert "They are equal: each query looks at the same tokens in both." in words(app)
    explore(app, COMPARE, heads_compare=1)
    assert "on average 0.0%" not in plain(app)


def test_two_models_of_different_depth_are_compared(run):
    app = explore(run("heads", lang="en", text="Hello there", layer=1), COMPARE, heads_compare=2)
    assert_healthy(app)
    assert "They differ most for the query" in words(app)


def test_texts_of_different_length_are_cut_and_it_is_said(run):
    app = explore(run("heads", lang="en", text=TEXT), COMPARE, heads_compare=1)
    app.text_input(key="heads_text").set_value("The old king").run()
    assert "Compared over 3 tokens from the beginning" in words(app)
    app.text_input(key="heads_text").set_value("").run()
    assert_healthy(app)


def test_the_shapes_are_the_models_own(run, reading):
    app = explore(run("heads", lang="en", text=TEXT), "heads/split")
    n_heads, n_tokens, head_dim = reading.trace.blocks[0].att.context.shape
    assert f"`[{n_tokens}, {n_heads * head_dim}]` → `[{n_heads}, {n_tokens}, {head_dim}]`" in words(app)


def test_heads_write_what_the_layer_writes(tiny, ids):
    block, att = tiny.blocks[1], tiny.trace(ids).blocks[1].att
    together = heads.head_outputs(block.att, att.context).sum(dim=0) + block.att.out_proj.bias
    assert (together - att.out).abs().max() < 1e-5


def test_the_books_two_heads_give_the_books_numbers():
    printed = [
        [0.3190, 0.4858],
        [0.2943, 0.3897],
        [0.2856, 0.3593],
        [0.2693, 0.3873],
        [0.2639, 0.3928],
        [0.2575, 0.4028],
    ]
    found = book.multi_head_attention()
    assert found.out.tolist() == [pytest.approx(row, abs=5.1e-5) for row in printed]
    assert found.weights.sum(dim=-1).tolist() == [pytest.approx([1] * 6)] * 2


def test_the_question_is_answered_with_the_mean_of_all_heads(run, reading):
    app = run("heads", lang="en", text=TEXT, layer=2, token=6)
    app.session_state["predict heads"] = True
    app.run()
    app.toggle(key="reveal heads").set_value(True).run()
    mean = reading.trace.blocks[2].att.weights[:, 6].mean(dim=0)
    assert f"token {int(mean.argmax())}" in words(app).replace("\\", "")


def test_the_other_text_follows_this_one_until_the_reader_types_one(run):
    app = explore(run("heads", lang="en", text="one two three"), COMPARE, heads_compare=1)
    assert app.text_input(key="heads_text").value == "three two one"
    app.sidebar.text_area(key="text").set_value("four five").run()
    assert app.text_input(key="heads_text").value == "five four"
    app.text_input(key="heads_text").set_value("six").run()
    app.sidebar.text_area(key="text").set_value("seven eight").run()
    assert app.text_input(key="heads_text").value == "six"
    app.text_input(key="heads_text").set_value("").run()
    app.switch_page("00_start.py").run()
    app.switch_page("07_heads.py").run()
    assert app.text_input(key="heads_text").value == ""


def test_a_text_said_twice_that_does_not_fit_is_not_told_to_be_said_twice(run):
    tokens = [tokenizer().token(id) for id in range(1_000, 2_000)]
    text = b"".join([token for token in tokens if token[:1] == b" " and token[1:].isalpha()][:128]).decode()
    app = explore(run("heads", lang="en", text=text), ROLES, heads_twice=True)
    assert_healthy(app)
    said = plain(app).replace("*", "")
    assert "are read, and too little of the second copy is among them" in said
    assert "Measure on the text said twice." not in said


def test_one_word_said_twice_repeats_no_token_and_the_page_knows_why(run):
    app = explore(run("heads", lang="en", text="a"), ROLES, heads_twice=True)
    assert "Even said twice, no token comes back" in plain(app)
    assert "Measure on the text said twice." not in plain(app)


def test_what_is_equal_is_said_to_be_equal(run):
    app = explore(run("heads", lang="en", text="a"), COMPARE)
    assert "They are equal: with one token to compare" in plain(app)
    assert "They differ most" not in plain(app)
