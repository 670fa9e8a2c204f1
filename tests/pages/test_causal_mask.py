"""Chapter Causal mask: what it says is what the model computes, and what the book prints."""

import json
import re
from pathlib import Path

from gpt_core import Intervention
from gpt_core.measure.difference import logit_change
from pages.services.reading import Reading, read, tokenizer
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, explore, plain, words

TEXT = "The old king gave the golden key to the boy."
BOOK = json.loads((Path(__file__).parent.parent / "reference" / "book_examples.json").read_text("utf-8"))["causal_mask"]


def test_the_chosen_cell_is_told_with_its_score_and_weight(run):
    app = run("causal_mask", lang="en", text=TEXT, layer=1, head=2, token=5, key=3)
    assert_healthy(app)
    att = read(engine.available_models()[0], TEXT).trace.blocks[1].att
    score, weight = float(att.scaled[2, 5, 3]), float(att.weights[2, 5, 3])
    said = words(app).replace("\\", "")
    assert f"the score {number(score, 2)} stays and becomes a weight of {number(weight, 4)}." in said


def test_a_later_key_is_told_to_be_masked(run):
    app = run("causal_mask", lang="en", text=TEXT, token=3, key=5)
    assert_healthy(app)
    assert "becomes minus infinity" in words(app)


def test_with_the_mask_earlier_outputs_change_by_exactly_nothing_and_without_it_they_do(run):
    app = run("causal_mask", lang="en", text=TEXT)
    app.number_input(key=f"causal_mask_place {len(tokenizer().encode(TEXT))}").set_value(4)
    app.text_input(key="causal_mask_word").set_value(" wolf").run()
    assert_healthy(app)
    reading = read(engine.available_models()[0], TEXT)
    new = tokenizer().encode(" wolf")[0]
    other = Reading(reading.name, TEXT, (*reading.ids[:4], new, *reading.ids[5:]), reading.n_tokens)
    unmasked = Intervention(mask_off=range(reading.card.config.n_layers))
    leaked = float(logit_change(reading.under(unmasked).trace, other.under(unmasked).trace)[:4].max())
    assert leaked > 0
    said = f"the outputs before token 4 change by exactly 0; without it, by up to {number(leaked, 3)}."
    assert said in plain(app)


def test_the_same_token_or_nothing_in_its_place_is_met_with_a_word(run):
    app = run("causal_mask", lang="en", text=TEXT)
    app.text_input(key="causal_mask_word").set_value("").run()
    assert_healthy(app)
    assert any("nothing changes" in element.value for element in app.info)


def test_dropout_with_rate_zero_changes_nothing(run):
    app = run("causal_mask", lang="en", text=TEXT)
    explore(app, "causal_mask/dropout")
    assert_healthy(app)
    app.select_slider(key="causal_mask_rate").set_value(0.0).run()
    assert_healthy(app)
    assert re.search(r"at most (0|\d\.\d·10⁻[⁶⁷⁸⁹]) off", plain(app))


def test_padding_at_the_end_is_hidden_by_the_causal_mask_already(run):
    app = run("causal_mask", lang="en", text=TEXT)
    explore(app, "causal_mask/padding_mask")
    assert "padding adds 0" in words(app)
    app.toggle(key="causal_mask_in_front").set_value(True).run()
    assert_healthy(app)
    assert "padding adds 8" in words(app)  # four words that would see two padding tokens


def test_the_books_example_has_the_books_numbers(run):
    app = run("causal_mask", lang="en", text=TEXT)
    explore(app, "causal_mask/book_example")
    assert_healthy(app)
    said = words(app).replace("\\", "")
    assert " · ".join(f"{weight:.4f}" for weight in BOOK["weights_before_mask_row_2"]) in said
    assert "0.5517 · 0.4483 · 0.0000" in said


def test_the_question_is_answered_by_counting(run):
    app = run("causal_mask", lang="en", text=TEXT)
    app.session_state["predict causal_mask"] = True
    app.run()
    app.toggle(key="reveal causal_mask").set_value(True).run()
    n = len(read(engine.available_models()[0], TEXT).ids)
    assert f"of which {n * (n - 1) // 2} are forbidden" in words(app)


def test_a_token_that_is_not_in_the_text_becomes_the_last(run):
    app = run("causal_mask", lang="en", text="one two three")
    box = app.number_input(key="causal_mask_place 3")
    assert box.value == 2
    box.set_value(3).run()
    assert_healthy(app)
    assert app.number_input(key="causal_mask_place 3").value == 2
    assert "3 is not between 1 and 2: 2 is taken." in words(app)


def test_a_seed_of_dropout_out_of_range_becomes_the_nearest(run):
    app = run("causal_mask", lang="en", text=TEXT)
    explore(app, "causal_mask/dropout")
    app.number_input(key="causal_mask_seed").set_value(10_000).run()
    assert_healthy(app)
    assert app.number_input(key="causal_mask_seed").value == 9_999
