"""Chapter Positions: what it says is what the model computes."""

from gpt_core import Intervention
from gpt_core.measure import positions
from gpt_core.measure.embedding_space import cosine_table
from pages.experiments.positions import some
from pages.services.reading import Reading, read
from pages.services.shared import engine
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, plain, words

TEXT = "The old king gave the golden key to the boy."


def test_a_table_too_large_for_the_picture_is_thinned_evenly():
    assert some(5, 64).tolist() == [0, 1, 2, 3, 4]
    assert some(256, 64).tolist() == list(range(0, 256, 4))
    assert len(some(1_024, 96)) <= 96


def test_the_lengths_are_those_of_the_chosen_tokens_rows(run):
    app = run("positions", lang="en", text=TEXT, token=3)
    assert_healthy(app)
    start = read(engine.available_models()[0], TEXT).trace.embedding
    said = words(app)
    assert f"has length {number(float(start.token[3].norm()), 2)}".replace(".", "\\.") in said
    assert f"the position’s {number(float(start.position[3].norm()), 2)}".replace(".", "\\.") in said


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


def test_dropping_positions_is_not_taken_for_a_shuffle_that_changes_nothing(run):
    app = run("positions", lang="en", text="king boy key", model="storyteller")
    app.number_input(key="positions_seed").set_value(0)
    app.toggle(key="positions_shuffle_dropped").set_value(True).run()
    assert "0.0% of all probability" in plain(app), "with seed 0 the order stays"
    app.segmented_control(key="experiment positions").set_value(1).run()
    assert "0.0% of all probability" not in plain(app)


def test_positions_can_be_dropped_from_the_running_model(run):
    app = run("positions", lang="en", text=TEXT)
    app.segmented_control(key="experiment positions").set_value(1).run()
    assert_healthy(app)
    reading = read(engine.available_models()[0], TEXT)
    off = reading.changed(Intervention(positions_off=True)).next_logits.softmax(dim=-1)
    on = reading.trace.next_logits.softmax(dim=-1)
    assert number(round(100 * float((on - off).abs().sum() / 2), 1), 1).replace(".", "\\.") in words(app)


def test_every_experiment_draws_for_one_token_and_for_many(run):
    for text in ("a", "the the", TEXT * 12):
        app = run("positions", lang="fr", text=text)
        for place in range(5):
            app.segmented_control(key="experiment positions").set_value(place).run()
            assert_healthy(app)


def test_the_question_is_answered_from_the_table(run):
    app = run("positions", lang="en", text=TEXT, token=4)
    app.session_state["predict positions"] = True
    app.run()
    app.toggle(key="reveal positions").set_value(True).run()
    assert_healthy(app)
    alike = cosine_table(read(engine.available_models()[0], TEXT).trace.embedding.position)[4]
    alike[4] = -2
    assert f"Position 4 is most like position {int(alike.argmax())} of this text" in words(app)


def test_a_seed_of_the_shuffle_out_of_range_becomes_the_nearest(run):
    app = run("positions", lang="en", text="one two three four")
    app.number_input(key="positions_seed").set_value(-1).run()
    assert_healthy(app)
    assert app.number_input(key="positions_seed").value == 0
