"""What is switched off on the page is off in that pass, and in that pass alone."""

import threading

import numpy as np
import pytest
import torch

from gpt_core import GPT, Intervention, Tokenizer, load_model
from gpt_core.measure.difference import next_token_change
from gpt_core.weights.catalogue import CATALOGUE
from pages.figures import visible
from pages.services.engine import Engine
from pages.services.reading import read
from tests.pages.conftest import assert_healthy, chart_numbers, explore, plain, revealed

TEXT = "The old king gave the golden key"


@pytest.fixture(scope="module")
def model():
    return load_model("storyteller")  # random weights at this size hardly change their mind


def moved(model, change: Intervention) -> str:
    ids = torch.tensor(Tokenizer().encode(TEXT))
    with torch.inference_mode():
        share = next_token_change(model.trace(ids), model.trace(ids, change)).moved
    assert share > 0.05
    return f"{100 * share:.1f}% of all probability"


def test_all_attention_is_off_at_first(run, model):
    app = run("what_if", lang="en", text=TEXT, model="storyteller")
    assert_healthy(app)
    assert moved(model, Intervention(attention_off=range(model.config.n_layers))) in plain(app)


def test_other_switches_change_what_they_name(run, model):
    app = run("what_if", lang="en", text=TEXT, model="storyteller")
    app.multiselect(key="what_if_attention").set_value([]).run()
    assert "Nothing is switched off" in plain(app)
    assert "0.0% of all probability changed hands; the first choice is still" in plain(app)
    app.multiselect(key="what_if_shortcuts").set_value([1]).run()
    assert_healthy(app)
    assert moved(model, Intervention(shortcuts_off={(1, 1), (1, 2)})) in plain(app)
    app.multiselect(key="what_if_shortcuts").set_value([]).run()
    app.toggle(key="what_if_positions").set_value(True).run()
    assert moved(model, Intervention(positions_off=True)) in plain(app)


def test_everything_off_at_once_still_draws(run):
    app = run("what_if", lang="fr", text=TEXT, model="random-small")
    for kind in ("feed_forward", "norms", "shortcuts", "mask"):
        app.multiselect(key=f"what_if_{kind}").set_value([-1])
    app.multiselect(key="what_if_heads").set_value([0, 7])
    app.toggle(key="what_if_final").set_value(True).run()
    assert_healthy(app)


@pytest.mark.parametrize(
    ("experiment", "name"), [("each_head", "random-small"), ("each_part", "random-small"), ("patching", "storyteller")]
)
def test_no_request_is_longer_than_one_pass_so_that_other_readers_come_in_between(run, monkeypatch, experiment, name):
    app = run("what_if", lang="en", text=f"{TEXT}, said reader {experiment}", model=name)
    passes, cached, trace = [0], Engine.cached, GPT.trace

    def one_request(self, key, work, **more):
        if threading.current_thread().name.startswith("compute"):
            return cached(self, key, work, **more)  # asked for within another request, which becomes longer by it
        return cached(self, key, lambda: (passes.append(0), work())[1], **more)

    def one_pass(self, *args):
        passes[-1] += 1
        return trace(self, *args)

    monkeypatch.setattr(Engine, "cached", one_request)
    monkeypatch.setattr(GPT, "trace", one_pass)
    explore(app, f"what_if/{experiment}")
    assert_healthy(app)
    assert max(passes) == 1
    assert sum(passes) > 10


def test_the_chart_of_heads_is_what_passes_without_each_of_them_say(run, model):
    app = explore(run("what_if", lang="en", text=TEXT, model="storyteller"), "what_if/each_head", what_if_measure=1)
    ids = torch.tensor(Tokenizer().encode(TEXT))
    n_layers, n_heads = model.config.n_layers, model.config.n_heads
    with torch.inference_mode():
        bits = model.trace(ids).next_logits.log_softmax(dim=-1) / np.log(2)
        best = int(bits.argmax())
        without = [
            [model.trace(ids, Intervention(heads_off={(layer, head)})).next_logits for head in range(n_heads)]
            for layer in range(n_layers)
        ]
    wanted = np.array([[float(one.log_softmax(-1)[best] / np.log(2) - bits[best]) for one in row] for row in without])
    drawn = chart_numbers(app, "what_if_each_head")
    assert drawn == pytest.approx(wanted, abs=1e-4)
    layer, head = np.unravel_index(np.abs(wanted).argmax(), wanted.shape)
    assert f"head {head} of layer {layer} matters most" in plain(app)


def test_both_pictures_of_the_chosen_head_are_those_of_the_two_passes(run, model):
    app = run("what_if", lang="en", text=TEXT, model="storyteller", layer=3, head=2)
    explore(app, "what_if/attention")
    ids = torch.tensor(Tokenizer().encode(TEXT))
    with torch.inference_mode():
        for side, change in enumerate((Intervention(), Intervention(attention_off=range(model.config.n_layers)))):
            weights = model.trace(ids, change).blocks[3].att.weights[2].tril().numpy()
            drawn = np.nan_to_num(chart_numbers(app, f"attention_before_after_{side}"))
            assert drawn == pytest.approx(weights, abs=1e-5)
    assert "Switched off here: the head still computes its weights" in plain(app)
    app.multiselect(key="what_if_attention").set_value([2]).run()
    assert "Switched off here" not in plain(app)


def test_the_last_token_s_stream_after_the_last_block_carries_all_of_the_difference(run):
    app = run("what_if", lang="en", text=TEXT, model="storyteller", token=3)
    explore(app, "what_if/patching", what_if_word="young")
    shares = chart_numbers(app, "what_if_patching")
    n_layers = CATALOGUE["storyteller"].config.n_layers
    assert shares.shape == (n_layers, len(Tokenizer().encode(TEXT)) - 3)
    assert shares[0] == pytest.approx([1] + [0] * (shares.shape[1] - 1), abs=1e-3)  # before the first block: one token
    assert abs(shares[-1, 0]) < abs(shares[-1, -1])  # before the last: mostly where the prediction is made


def test_patching_the_changed_token_moves_all_the_way_or_says_that_nothing_moves(run):
    app = run("what_if", lang="en", text=TEXT, model="random-small", token=5)
    explore(app, "what_if/patching")
    app.text_input(key="what_if_word").set_value("silver").run()
    assert_healthy(app)
    assert "␣golden" in plain(app)
    assert "␣silver" in plain(app)


def test_the_part_that_matters_most_is_the_one_whose_absence_changes_most(run, model):
    app = run("what_if", lang="en", text=TEXT, model="storyteller")
    explore(app, "what_if/each_part")
    ids = torch.tensor(Tokenizer().encode(TEXT))
    layers = range(model.config.n_layers)
    with torch.inference_mode():
        logits = model.trace(ids).next_logits
        best = int(logits.argmax())
        changes = {
            (part, layer): float(model.trace(ids, without([layer])).next_logits[best] - logits[best])
            for part, without in (
                ("attention", lambda off: Intervention(attention_off=off)),
                ("feed-forward", lambda off: Intervention(feed_forward_off=off)),
            )
            for layer in layers
        }
    part, layer = max(changes, key=lambda one: abs(changes[one]))
    assert f"the stream, {part} of layer {layer} matters most for" in plain(app)
    assert f"without it, −{-changes[part, layer]:.2f}." in plain(app)


def test_the_answer_weighs_attention_against_the_feed_forwards(run, model):
    app = revealed(run("what_if", lang="en", text=TEXT, model="storyteller"), "what_if")
    layers = range(model.config.n_layers)
    without = Intervention(feed_forward_off=layers)
    attention, feed_forward = (moved(model, one)[:-19] for one in (Intervention(attention_off=layers), without))
    assert f"Without attention {attention} of all" in plain(app)
    assert f"without feed-forward {feed_forward}." in plain(app)
    with torch.inference_mode():
        best = int(model.trace(torch.tensor(Tokenizer().encode(TEXT)), without).next_logits.argmax())
    assert f"says “**{visible(Tokenizer().token(best))}**” first" in plain(app)


def test_a_word_that_is_far_too_long_is_cut_by_the_server_too(run, monkeypatch):
    encode, lengths = Tokenizer.encode, []
    monkeypatch.setattr(Tokenizer, "encode", lambda self, text: lengths.append(len(text)) or encode(self, text))
    app = run("what_if", lang="en", text=TEXT, model="random-small", token=5)
    explore(app, "what_if/patching")
    app.text_input(key="what_if_word").set_value("silver" + "x" * 100_000).run()
    assert_healthy(app)
    assert "␣silver" in plain(app)
    assert max(lengths) <= len(TEXT)


def test_what_is_switched_off_is_still_so_when_its_reader_comes_back(run):
    app = run("what_if", lang="en", text=TEXT, model="storyteller")
    app.toggle(key="what_if_positions").set_value(True).run()
    app.multiselect(key="what_if_attention").set_value([]).run()
    app.multiselect(key="what_if_mask").set_value([2]).run()
    before = plain(app)
    app.switch_page("00_start.py").run()
    app.switch_page("15_what_if.py").run()
    assert app.toggle(key="what_if_positions").value is True
    assert app.multiselect(key="what_if_attention").value == []
    assert app.multiselect(key="what_if_mask").value == [2]
    changed = "of all probability changed hands"
    assert [line for line in plain(app).splitlines() if changed in line] == [
        line for line in before.splitlines() if changed in line
    ]


def test_the_dial_shows_each_candidate_from_none_of_the_head_to_twice(run):
    app = explore(run("what_if", lang="en", text=TEXT, layer=2, head=1), "what_if/dial", what_if_dial=2.0)
    assert_healthy(app)
    reading = read("storyteller", TEXT)
    best = int(reading.trace.next_logits.argmax())
    line = chart_numbers(app, "dial", "y")
    for at, change in (
        (0, Intervention(heads_off={(2, 1)})),
        (4, Intervention()),
        (8, Intervention(heads_times={(2, 1, 2.0)})),
    ):
        probs = reading.under(change).trace.next_logits.softmax(dim=-1)
        assert line[at] == pytest.approx(float(probs[best]), rel=1e-5)
