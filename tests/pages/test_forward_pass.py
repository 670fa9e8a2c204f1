"""The forward pass on the page is the model's own."""

from dataclasses import replace
from importlib import import_module
from math import log

import numpy as np
import pytest
import torch

from gpt_core import Tokenizer, load_model
from gpt_core.measure.lens import contributions, logit_lens, stations
from gpt_core.measure.prediction import predicted
from gpt_core.measure.whole_words import likeliest_words
from pages.experiments.forward_pass import two_predictions
from pages.experiments.forward_pass.two_predictions import MOST_LETTERS
from pages.figures import visible
from pages.services.reading import read
from pages.ui.words import number
from tests.pages.conftest import assert_healthy, chart_numbers, drawn, explore, plain, revealed, words

TEXT = "The old king gave the golden key"
VOCABULARY, HERE, EVERYWHERE, SURPRISE, LOGIT, TWO, BOOK = (
    f"forward_pass/{id}"
    for id in (
        *("whole_vocabulary", "lens_here", "lens_everywhere", "surprise"),
        *("contributions", "two_predictions", "book_example"),
    )
)


@pytest.fixture(scope="module")
def trace():
    model = load_model("random-small")
    with torch.inference_mode():
        return model.trace(torch.tensor(Tokenizer().encode(TEXT)))


def test_the_favourite_and_its_share_are_the_models(run, trace):
    app = run("forward_pass", lang="en", text=TEXT, model="random-small")
    assert_healthy(app)
    favourite = int(trace.next_logits.argmax())
    assert app.selectbox(key="forward_candidate").value == 0
    said = words(app).replace("\\", "")
    assert f"After “**{visible(Tokenizer().token(trace.ids[-1].item()))}**”" in said
    assert f"the candidate “**{visible(Tokenizer().token(favourite))}**”" in said
    assert f"{100 * trace.probs[-1, favourite]:.1f}%: rank 1 of 50,257" in said


@pytest.mark.parametrize(("lang", "opened", "closed"), [("en", "“", "”"), ("fr", "«\u202f", "\u202f»")])
def test_a_token_that_is_a_comma_stands_in_the_languages_quotation_marks(run, lang, opened, closed):
    app = run("forward_pass", lang=lang, text="The old king, the boy", model="random-small", token=3)
    assert f"{opened}**,**{closed}" in words(app).replace("\\", "")


@pytest.mark.parametrize(("highest", "subtracted"), [(10.976, "10.976"), (-2.5, "(−2.500)")])
def test_only_a_negative_logit_is_subtracted_in_brackets(trace, highest, subtracted):
    page = import_module("pages.13_forward_pass")
    here = replace(predicted(trace.next_logits), highest=highest)
    assert f" - {subtracted}}}" in page.worked_formula(here, 0)


def test_following_the_texts_own_next_token_shows_its_rank(run, trace):
    app = run("forward_pass", lang="en", text=TEXT, model="random-small", token=2)
    own = int(trace.ids[3])
    rank = 1 + int((trace.probs[2] > trace.probs[2, own]).sum())
    assert rank > 12, "the text's next token should be outside the top here"
    app.selectbox(key="forward_candidate").set_value(12).run()
    assert_healthy(app)
    assert f"rank {rank:,} of 50,257" in words(app).replace("\\", "")


def test_the_bars_are_the_likeliest_tokens_and_what_all_others_share(run, trace):
    app = run("forward_pass", lang="en", text=TEXT, model="random-small")
    probs = trace.next_logits.double().softmax(dim=-1).sort(descending=True).values
    assert chart_numbers(app, "forward_bars", "x") == pytest.approx(
        [*probs[:12].tolist(), float(probs[12:].sum())], abs=1e-6
    )


def test_the_ranks_through_depth_end_at_the_rank_that_is_told(run, trace):
    app = run("forward_pass", lang="en", text=TEXT, model="random-small")
    app.selectbox(key="forward_candidate").set_value(4).run()
    fifth = trace.next_logits.argsort(descending=True)[4]
    logits = logit_lens(load_model("random-small"), stations(trace)[:, -1])
    ranks = 1 + (logits > logits[:, fifth, None]).sum(dim=-1)
    assert chart_numbers(app, "forward_ranks", "y").tolist() == ranks.tolist()
    assert f": rank {ranks[-1]} of 50,257" in plain(app)
    assert ranks[-1] == 5


def test_the_lens_names_what_each_station_would_say(run, trace):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), HERE)
    probs = logit_lens(load_model("random-small"), stations(trace)[:, -1]).softmax(dim=-1).max(dim=-1)
    assert chart_numbers(app, "forward_lens_here", "x") == pytest.approx(probs.values.numpy(), abs=1e-6)
    names = drawn(app)["forward_lens_here"]["data"][0]["customdata"]
    last = visible(Tokenizer().token(int(probs.indices[-1])))
    assert len(names) == 1 + 2 * len(trace.blocks)
    assert str(names[-1]).endswith(f"→ {last}")


def test_the_parts_on_the_page_sum_to_the_candidates_logit(run, trace):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), LOGIT)
    favourite = int(trace.next_logits.argmax())
    total = float(contributions(load_model("random-small"), trace, token=favourite).total)
    assert f"sum to the logit, {total:,.3f}" in plain(app)


def test_the_parts_are_drawn_layer_by_layer(run, trace):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), LOGIT)
    parts = contributions(load_model("random-small"), trace, token=int(trace.next_logits.argmax()))
    table = chart_numbers(app, "forward_parts")
    assert table[:, :-2] == pytest.approx(parts.heads.numpy(), abs=1e-5)
    assert table[:, -2:].sum() == pytest.approx(float(parts.attention_bias.sum() + parts.feed_forward.sum()), abs=1e-4)


def test_the_page_says_how_many_tokens_share_half(run, trace):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), VOCABULARY)
    so_far = trace.next_logits.double().softmax(dim=-1).sort(descending=True).values.cumsum(dim=-1)
    half, most = (1 + int((so_far < share).sum()) for share in (0.5, 0.9))
    assert f"tokens that have half of all: {half:,}; that have nine tenths: {most:,}." in plain(app)


def test_the_worked_table_is_written_in_the_readers_language(run, trace):
    app = run("forward_pass", lang="fr", text=TEXT, model="random-small")
    favourite = trace.next_logits.max().item()
    assert f"{favourite:.4f}".replace(".", ",") in app.table[0].value["logit"].iloc[0]
    assert "0,0000" in app.table[0].value["logit − le plus grand"].iloc[0]


def test_the_other_text_is_the_second_half_of_this_one(run):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), TWO)
    assert app.text_input(key="forward_other_text").value == "gave the golden key"


def test_the_lens_shows_the_tokens_up_to_the_one_in_focus(run):
    text = " ".join(["one two three four"] * 8)
    for token, at in ((31, 9), (20, 9), (3, 3)):
        app = explore(run("forward_pass", lang="en", text=text, model="random-small", token=token), EVERYWHERE)
        assert_healthy(app)
        lens = drawn(app)["forward_lens"]
        assert lens["layout"]["meta"]["selected"][1] == at
        assert len(lens["data"][0]["meta"]["columns"]) == 10


def test_the_difference_of_two_texts_is_drawn(run, trace):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), TWO)
    app.text_input(key="forward_other_text").set_value(TEXT).run()
    assert_healthy(app)
    assert "0.0% of all probability changed hands" in plain(app)
    app.text_input(key="forward_other_text").set_value("The old king").run()
    before, after = (chart_numbers(app, "next_token_before_after", "x", trace=run) for run in (0, 1))
    assert chart_numbers(app, "forward_difference", "x") == pytest.approx(after - before, abs=1e-6)


def test_the_books_model_is_loaded_only_when_asked_for(run):
    app = explore(run("forward_pass", lang="en", text="Hello, I am", model="random-small"), BOOK)
    assert app.button(key="forward_book").label.startswith("Read it with the book’s model")
    assert app.selectbox(key="model").value == "random-small"


def test_the_answer_names_the_token_that_surprised_most_and_what_was_expected(run, trace):
    app = revealed(run("forward_pass", lang="en", text=TEXT, model="random-small"), "forward_pass")
    logs = trace.logits[:-1].double().log_softmax(dim=-1)
    bits = -logs.gather(-1, trace.ids[1:, None])[:, 0] / np.log(2)
    place = int(bits.argmax())
    tokens = [visible(Tokenizer().token(int(id))) for id in (trace.ids[place + 1], logs[place].argmax())]
    assert f"“**{tokens[0]}**”, number {place + 1}: {float(bits[place]):.1f} bits" in plain(app)
    assert f"had expected “**{tokens[1]}**”" in plain(app)


def test_a_text_of_one_token_has_no_surprise(run):
    assert "nothing came before it" in plain(revealed(run("forward_pass", lang="en", text="a"), "forward_pass"))


def test_the_other_text_follows_this_one_until_the_reader_types_one(run):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), TWO)
    app.sidebar.text_area(key="text").set_value("one two three four").run()
    assert app.text_input(key="forward_other_text").value == "three four"
    app.text_input(key="forward_other_text").set_value("six").run()
    app.sidebar.text_area(key="text").set_value(TEXT).run()
    assert app.text_input(key="forward_other_text").value == "six"


@pytest.mark.parametrize(("token", "n_highlighted"), [(0, 0), (1, 1)])
def test_no_bar_is_highlighted_for_the_first_token_whose_surprise_nobody_knows(run, token, n_highlighted):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small", token=token), SURPRISE)
    (bars,) = drawn(app)["forward_surprise"]["data"]
    assert len(set(bars["marker"]["color"])) == 1 + n_highlighted


def test_the_surprise_of_each_token_is_drawn_and_told(run, trace):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), SURPRISE)
    logs = trace.logits[:-1].double().log_softmax(dim=-1).gather(-1, trace.ids[1:, None])[:, 0]
    bits = (-logs / np.log(2)).numpy()
    assert chart_numbers(app, "forward_surprise", "y") == pytest.approx(bits, abs=1e-4)
    assert f"On average {bits.mean():.2f} bits a token; blind guessing among 50,257 tokens costs 15.62" in plain(app)


def test_another_text_that_is_too_long_is_cut_by_the_server_too(run, monkeypatch):
    app = explore(run("forward_pass", lang="en", text=TEXT, model="random-small"), TWO)
    texts = []
    monkeypatch.setattr(
        two_predictions, "read", lambda name, text, **more: texts.append(text) or read(name, text, **more)
    )
    app.text_input(key="forward_other_text").set_value("ab " * 1_000).run()
    assert_healthy(app)
    assert [len(text) for text in texts] == [MOST_LETTERS]


STORY = "The old king gave the golden key to the boy."


def test_any_typed_token_is_followed_to_the_rank_that_the_model_gives_it(run):
    app = explore(run("forward_pass", lang="en", text=STORY, token=4), "forward_pass/followed", forward_typed=" dog")
    assert_healthy(app)
    (id,) = Tokenizer().encode(" dog")
    probs = read("storyteller", STORY).trace.logits_at(4).softmax(dim=-1)
    rank = 1 + int((probs > probs[id]).sum())
    assert chart_numbers(app, "forward_followed", "y")[-1] == rank
    assert chart_numbers(app, "forward_followed_probs", "x")[-1] == pytest.approx(float(probs[id]), rel=1e-3)
    assert f"{number(rank)} at the end" in plain(app)


def test_whole_words_have_the_product_of_their_pieces(run):
    text = "The hippo"
    app = explore(run("forward_pass", lang="en", text=text), "forward_pass/word_candidates")
    assert_healthy(app)
    reading = read("storyteller", text)
    found = likeliest_words(reading.model, reading.trace, Tokenizer().token, n=6, among=12)
    assert chart_numbers(app, "word_candidates", "x") == pytest.approx([word.probability for word in found], rel=1e-4)
    assert app.session_state["model"] == "storyteller"


def test_what_mattered_is_what_the_text_without_it_says(run):
    app = explore(run("forward_pass", lang="en", text=STORY), "forward_pass/mattered")
    assert_healthy(app)
    reading = read("storyteller", STORY)
    best = int(reading.trace.next_logits.argmax())
    shorter = torch.tensor([*reading.ids[:2], *reading.ids[3:]])
    whole, rest = (reading.model.trace(ids).next_logits.log_softmax(-1)[best] for ids in (reading.trace.ids, shorter))
    assert chart_numbers(app, "mattered", "y")[2] == pytest.approx(float(whole - rest) / log(2), abs=1e-3)


def test_of_one_token_no_word_is_left_out(run):
    app = explore(run("forward_pass", lang="fr", text="a"), "forward_pass/mattered")
    assert_healthy(app)
    assert "rien à lire" in plain(app)
