"""Chapter Positions: what it says is what the model computes."""

import numpy as np
import pytest

from gpt_core import Intervention
from gpt_core.measure import positions
from gpt_core.measure.embedding_space import cosine_table
from pages.experiments.positions.position_tables import evenly_spaced
from pages.services.reading import Reading, read
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, chart_numbers, explore, plain, revealed, words

TEXT = "The old king gave the golden key to the boy."


def test_a_table_too_large_for_the_picture_is_thinned_evenly():
    assert evenly_spaced(5, 64).tolist() == [0, 1, 2, 3, 4]
    assert evenly_spaced(256, 64).tolist() == list(range(0, 256, 4))
    assert len(evenly_spaced(1_024, 96)) <= 96


def test_the_lengths_are_those_of_the_chosen_tokens_rows(run):
    app = run("positions", lang="en", text=TEXT, token=3)
    assert_healthy(app)
    start = read(engine.available_models()[0], TEXT).trace.embedding
    said = words(app)
    assert f"has length {number(float(start.token[3].norm()), 2)}".replace(".", "\\.") in said
    assert f"the position’s {number(float(start.position[3].norm()), 2)}".replace(".", "\\.") in said


def test_the_three_rows_are_the_tokens_vector_its_positions_and_their_sum(run):
    app = run("positions", lang="en", text=TEXT, token=3)
    embedding = read(engine.available_models()[0], TEXT).model.embedding
    token, position, total = chart_numbers(app, "positions_sum")
    id = read(engine.available_models()[0], TEXT).ids[3]
    np.testing.assert_allclose(token, embedding.tok_emb.weight[id, : len(token)].detach(), rtol=1e-6)
    np.testing.assert_allclose(position, embedding.pos_emb.weight[3, : len(token)].detach(), rtol=1e-6)
    np.testing.assert_allclose(token + position, total, rtol=1e-5, atol=1e-6)


def test_the_sinusoids_are_those_of_the_first_transformer(run):
    app = explore(run("positions", lang="en", text=TEXT), "positions/sinusoids")
    table = chart_numbers(app, "positions_sinusoids")
    assert table[0, 0] == 0  # sin 0
    np.testing.assert_allclose(table[:, 0], np.sin(np.arange(len(table))), atol=1e-5)
    alike = chart_numbers(app, "positions_sinusoids_alike")
    np.testing.assert_allclose(np.diagonal(alike), 1, atol=1e-5)
    np.testing.assert_allclose(alike[1, 0], alike[40, 39], atol=1e-5)


def test_the_distance_bias_lowers_far_scores_and_shares_the_weight_out_again(run):
    app = explore(
        run("positions", lang="en", text=TEXT, layer=1, head=2), "positions/distance_bias", positions_slope=1.5
    )
    assert chart_numbers(app, "positions_bias")[5, 2] == pytest.approx(-3 * 1.5)
    att = read(engine.available_models()[0], TEXT).trace.blocks[1].att
    powers = np.exp(att.scaled[2, 5, :6].numpy() - 1.5 * np.arange(5, -1, -1))
    np.testing.assert_allclose(chart_numbers(app, "positions_biased")[5, :6], powers / powers.sum(), rtol=1e-4)


def test_turned_by_nothing_the_score_is_the_product_and_the_line_begins_there(run):
    app = explore(run("positions", lang="en", text=TEXT, layer=1, head=2, token=5, key=3), "positions/rotation")
    att = read(engine.available_models()[0], TEXT).trace.blocks[1].att
    even = att.queries.shape[-1] // 2 * 2
    score = float(att.queries[2, 5, :even] @ att.keys[2, 3, :even])
    everywhere, line = chart_numbers(app, "positions_rotated"), chart_numbers(app, "positions_rotated_line", "y")
    np.testing.assert_allclose(np.diagonal(everywhere), score, rtol=1e-4, atol=1e-5)
    assert line[0] == pytest.approx(score, rel=1e-4)
    np.testing.assert_allclose(line, everywhere[-1, ::-1], rtol=1e-5)


def test_shuffling_says_the_new_order_and_what_it_does_to_the_prediction(run):
    app = run("positions", lang="en", text=TEXT)
    app.number_input(key="positions_seed").set_value(5).run()
    assert_healthy(app)
    reading = read(engine.available_models()[0], TEXT)
    mixed = Reading(reading.name, TEXT, positions.shuffled(reading.ids, 5), reading.n_tokens)
    first, second = (one.trace.next_logits.softmax(dim=-1) for one in (reading, mixed))
    assert f"{number(round(100 * float((first - second).abs().sum() / 2), 1), 1)}".replace(".", "\\.") in words(app)


def test_without_positions_the_first_layer_cannot_tell_two_orders_apart(run):
    app = run("positions", lang="fr", text=TEXT)
    app.toggle(key="positions_shuffle_dropped").set_value(True).run()
    assert_healthy(app)
    assert any("pour tout ordre" in element.value for element in app.success)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("ids", [(1, 2, 3), (1, 1, 2, 9), (4, 4, 4, 5, 9), tuple(range(20))])
def test_what_is_called_shuffled_is_in_another_order(ids, seed):
    mixed = positions.shuffled(ids, seed)
    assert mixed != ids
    assert (sorted(mixed), mixed[-1]) == (sorted(ids), ids[-1])


@pytest.mark.parametrize("text", ["a a a a", "king key", "a"])
def test_where_there_is_no_other_order_the_page_says_so(run, text):
    ids = read("storyteller", text).ids
    app = run("positions", lang="fr", text=text)
    assert ("Il n’y a pas d’autre ordre" in words(app)) == (len(set(ids[:-1])) < 2)
    assert_healthy(app)
    for seed in range(5):
        app.number_input(key="positions_seed").set_value(seed).run()
        assert_healthy(app)


def test_dropping_positions_is_not_taken_for_a_shuffle(run):
    app = run("positions", lang="en", text="king boy key", model="storyteller")
    app.toggle(key="positions_shuffle_dropped").set_value(True).run()
    shuffled = plain(app)
    assert "0.0% of all probability" not in plain(explore(app, "positions/drop"))
    assert "Shuffled: " in shuffled


def test_positions_can_be_dropped_from_the_running_model(run):
    app = run("positions", lang="en", text=TEXT)
    explore(app, "positions/drop")
    assert_healthy(app)
    reading = read(engine.available_models()[0], TEXT)
    off = reading.under(Intervention(positions_off=True)).trace.next_logits.softmax(dim=-1)
    on = reading.trace.next_logits.softmax(dim=-1)
    assert number(round(100 * float((on - off).abs().sum() / 2), 1), 1).replace(".", "\\.") in words(app)


def test_the_question_is_answered_from_the_table(run):
    app = run("positions", lang="en", text=TEXT, token=4)
    revealed(app, "positions")
    alike = cosine_table(read(engine.available_models()[0], TEXT).trace.embedding.position)[4]
    alike[4] = -2
    assert f"Position 4 is most like position {int(alike.argmax())} of this text" in words(app)


def test_a_seed_of_the_shuffle_out_of_range_becomes_the_nearest(run):
    app = run("positions", lang="en", text="one two three four")
    app.number_input(key="positions_seed").set_value(-1).run()
    assert_healthy(app)
    assert app.number_input(key="positions_seed").value == 0
