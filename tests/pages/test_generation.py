"""The continuation on the page is what `generate` writes, and going back or aside loses nothing."""

import pytest
import torch

from gpt_core import Tokenizer, generate, load_model
from gpt_core.measure.anatomy import generation_multiply_adds
from pages.experiments.generation import kv_cache, random_against_trained
from pages.experiments.generation.continuation import CONTINUATION, Continuation
from pages.services.reading import read
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, words

TEXT = "The old king gave the golden key"
DRAWS, VOCABULARY, BRANCHES, CACHE, RANDOM, NINE_WORDS = (
    f"generation/{id}"
    for id in ("hundred_draws", "whole_vocabulary", "branches", "kv_cache", "random_against_trained", "nine_words")
)


def shown(app) -> tuple[int, ...]:
    return app.session_state[CONTINUATION].path


@pytest.mark.parametrize(("lang", "first", "last"), [("en", "0.05", "1.00"), ("fr", "0,05", "1,00")])
def test_decimals_on_a_slider_are_the_readers(run, lang, first, last):
    slider = run("generation", lang=lang, text=TEXT, model="random-small").select_slider(key="generation_top_p")
    assert (slider.options[0], slider.options[-1], len(slider.options)) == (first, last, 20)
    assert slider.value == 1.0


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_draws_are_those_of_generate_with_the_same_seed(run, lang):
    app = run("generation", lang=lang, text=TEXT, model="random-small")
    app.select_slider(key="generation_temperature").set_value(2.0).run()
    app.select_slider(key="generation_top_k").set_value(0).run()
    app.number_input(key="generation_seed").set_value(7).run()
    app.button(key="generation_draw").click().run()
    app.button(key="generation_ten").click().run()
    assert_healthy(app)
    steps = generate(
        load_model("random-small"), Tokenizer().encode(TEXT), max_new_tokens=11, temperature=2.0, top_k=None, seed=7
    )
    assert shown(app) == tuple(step.id for step in steps)


def test_a_token_is_forced_from_a_list_as_by_a_click_on_its_bar(run):
    app = run("generation", lang="fr", text=TEXT, model="random-small")
    likeliest = read("random-small", TEXT).trace.next_logits.topk(3).indices.tolist()
    for place in (2, 0):
        app.selectbox(key="generation_forced").select_index(place).run()
        assert_healthy(app)
        assert app.selectbox(key="generation_forced").value is None
        assert len(shown(app)) == (1 if place else 2)
    assert shown(app)[0] == likeliest[2]


def test_a_step_back_and_another_token_make_a_branch(run):
    app = run("generation", lang="en", text=TEXT, model="random-small")
    for _ in range(3):
        app.button(key="generation_best").click().run()
    tried = shown(app)
    app.button(key="generation_back").click().run()
    assert shown(app) == tried[:2]
    explore(app, BRANCHES)
    assert_healthy(app)
    app.button(key="generation_branch_0").click().run()
    assert shown(app) == tried
    app.button(key="generation_anew").click().run()
    assert shown(app) == ()


def test_branches_are_kept_by_their_ends():
    tree = Continuation((1,)).at((5,)).at((5, 6)).at((5,)).at((5, 7)).at((5, 7, 8))
    assert tree.ends == ((5, 6), (5, 7, 8))
    assert tree.path == (5, 7, 8)


def test_another_text_begins_anew_and_appending_makes_it_the_text(run):
    app = run("generation", lang="en", text=TEXT, model="random-small")
    app.button(key="generation_best").click().run()
    added = Tokenizer().decode(shown(app))
    app.button(key="generation_append").click().run()
    assert_healthy(app)
    assert app.text_area(key="text").value == TEXT + added
    assert app.button(key="generation_back").disabled


def test_temperature_zero_needs_no_die(run):
    app = run("generation", lang="en", text=TEXT, model="random-small")
    app.select_slider(key="generation_temperature").set_value(0.0).run()
    assert "No die is needed" in words(app)


def test_only_what_a_cut_removed_is_told_as_cut(run):
    app = run("generation", lang="en", text=TEXT, model="random-small")
    app.select_slider(key="generation_top_k").set_value(0).run()
    app.select_slider(key="generation_temperature").set_value(0.0).run()
    said = plain(app).replace("**", "")
    assert "No token is cut: the die chooses among 1 of 50,257" in said
    assert "50,256 of 50,257 are at 0 without any cut" in said
    app.session_state["data generation"] = True
    app.run()
    assert set(app.dataframe[0].value["cut by"]) == {""}
    app.select_slider(key="generation_temperature").set_value(1.0).run()
    with torch.inference_mode():
        probs = load_model("random-small").trace(torch.tensor(Tokenizer().encode(TEXT))).next_logits.softmax(dim=-1)
    n_vanished = int((probs == 0).sum())
    assert n_vanished > 0
    assert f"No token is cut: the die chooses among {50_257 - n_vanished:,} of 50,257" in plain(app).replace("**", "")
    assert f"At 0 without any cut: {n_vanished:,} of 50,257" in plain(app).replace("**", "")
    app.select_slider(key="generation_top_k").set_value(1).run()
    assert f"The cuts remove {50_256 - n_vanished:,} of 50,257 tokens" in plain(app).replace("**", "")


def test_draws_spread_too_thin_are_not_said_to_fall_on_one_token(run):
    app = run("generation", lang="en", text=TEXT, model="storyteller")
    app.select_slider(key="generation_temperature").set_value(2.0).run()
    app.select_slider(key="generation_top_k").set_value(0).run()
    explore(app, DRAWS)
    assert "spread too thin to compare: no token is expected 5 times" in plain(app).replace("**", "")
    app.select_slider(key="generation_temperature").set_value(0.0).run()
    assert "Nearly all draws fall on one token" in plain(app)


def test_a_full_context_leaves_the_cache_nothing_to_save(run):
    app = explore(run("generation", lang="en", text=" the cat" * 40, model="induction-lab"), CACHE)
    said = plain(app).replace("**", "")
    assert "with the cache as without it. It saves nothing here." in said
    assert "This model sees 64 tokens at once. From step 2 on the text is longer" in said
    # 2 vectors of 128 numbers of 4 bytes, in 2 layers, for 64 tokens
    assert "the cache holds keys and values of 64 tokens: 131 kB" in said


def test_the_cache_holds_all_tokens_but_the_last_that_was_drawn(run):
    text = "The old king gave the golden key to the boy."
    app = explore(run("generation", lang="en", text=text, model="induction-lab"), CACHE)
    reading = read("induction-lab", text)
    steps = list(generate(reading.model, reading.ids, max_new_tokens=kv_cache.COUNTED))
    held = reading.model.trace(torch.tensor([*reading.ids, *(step.id for step in steps[:-1])])).kv_cache
    n_tokens, size = held[0].keys.shape[-2], sum(part.nbytes for layer in held for part in layer)
    assert f"keys and values of {n_tokens} tokens: {round(size / 1000)} kB" in plain(app).replace("**", "")
    app = explore(run("generation", lang="en", text=TEXT, model="induction-lab"), CACHE)
    assert "times fewer" in plain(app)
    assert "This model sees" not in plain(app)


def test_steps_are_measured_only_when_asked_for(run):
    app = explore(run("generation", lang="fr", text=TEXT, model="induction-lab"), CACHE)
    assert "generation_milliseconds" not in drawn(app)
    app.toggle(key="generation_measure").set_value(True).run()
    assert_healthy(app)
    for line in (0, 1):
        assert len(milliseconds := chart_numbers(app, "generation_milliseconds", "y", trace=line)) == 8
        assert (milliseconds > 0).all()


def test_the_operations_drawn_are_those_counted(run):
    app = explore(run("generation", lang="en", text=TEXT, model="induction-lab"), CACHE)
    config, n_prompt = load_model("induction-lab").config, len(Tokenizer().encode(TEXT))
    for line, use_cache in enumerate((True, False)):
        counted = generation_multiply_adds(config, n_prompt, 20, use_cache=use_cache)
        assert chart_numbers(app, "generation_operations", "y", trace=line) == pytest.approx(counted)


def test_the_bars_are_what_generate_draws_from(run):
    app = run("generation", lang="en", text=TEXT, model="storyteller")
    step = next(generate(load_model("storyteller"), Tokenizer().encode(TEXT), temperature=0.8, top_k=5))
    likeliest = step.probs.argsort(descending=True)[:9]
    for trace, probs in enumerate((step.sampling_probs, step.probs)):  # the bar that is drawn next comes last
        found = sorted(chart_numbers(app, "generation_bars", "x", trace=trace))
        assert found == pytest.approx(probs[likeliest].sort().values.tolist(), abs=1e-6)


def test_a_hundred_draws_are_counted(run):
    app = explore(run("generation", lang="en", text=TEXT, model="storyteller"), DRAWS)
    counts, expected = (chart_numbers(app, "generation_hundred", "x", trace=line) for line in (0, 1))
    assert counts.sum() == 100
    assert expected.sum() == pytest.approx(100, abs=1e-3)


def test_both_kinds_of_weights_write_what_generate_writes(run):
    app = explore(run("generation", lang="en", text=TEXT, model="random-small"), RANDOM, generation_temperature=0.0)
    steps = generate(load_model("random-small"), Tokenizer().encode(TEXT), max_new_tokens=random_against_trained.STORY)
    assert f"… {Tokenizer().decode([step.id for step in steps]).strip()}" in plain(app)


def test_the_tail_of_the_vocabulary_is_told_as_it_is(run):
    app = explore(run("generation", lang="en", text=TEXT, model="random-small"), VOCABULARY)
    with torch.inference_mode():
        logits = load_model("random-small").trace(torch.tensor(Tokenizer().encode(TEXT))).next_logits
    tail = logits.softmax(dim=-1).sort(descending=True).values[10_000:].double()
    assert f"one of the {len(tail):,} tokens from rank 10,001 on would come in {100 * float(tail.sum()):.1f}%" in plain(
        app
    )
    assert "With your settings: 0.0%" in plain(app)


def test_the_text_above_the_chart_stays_short_and_the_whole_stands_below(run):
    app = run("generation", lang="en", text=TEXT, model="random-small")
    for _ in range(4):
        app.button(key="generation_ten").click().run()
    written = [told.value.replace("\\", "") for told in app.markdown]
    decode = Tokenizer().decode
    assert f"… **{decode(shown(app)[-30:]).strip()}**" in written
    assert f"{TEXT} ➤ **{decode(shown(app)).strip()}**" in written


def test_the_books_thousand_draws(run):
    app = explore(run("generation", lang="fr", text=TEXT, model="random-small"), NINE_WORDS)
    assert_healthy(app)
    assert "73 × closer, 582 × forward, 2 × inches, 343 × toward" in plain(app)


def test_a_seed_out_of_range_becomes_the_nearest_and_a_line_says_so_in_the_readers_language(run):
    app = run("generation", lang="fr", text=TEXT, model="random-small")
    box = app.number_input(key="generation_seed")
    assert box.value == 123
    box.set_value(12_345).run()
    said = "12\u202f345 n’est pas entre 0 et 9\u202f999\u202f: 9\u202f999 est pris à la place."
    assert app.number_input(key="generation_seed").value == 9_999
    assert said in words(app)
    app.button(key="generation_best").click().run()
    assert said not in words(app)
    app.number_input(key="generation_seed").set_value(-3).run()
    assert app.number_input(key="generation_seed").value == 0
    assert_healthy(app)
