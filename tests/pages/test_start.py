"""The first page: a map with this text's own numbers on it, that leads to the chapters."""

import json
import math

import pytest
import torch

from gpt_core import load_model
from pages import show
from pages.chapters import CHAPTERS as TABLE
from pages.chapters import chapter_of
from pages.experiments.start import pairs
from pages.experiments.start.what_gpt3_read import GPT3_DATA
from pages.figures import visible
from pages.services.reading import Reading, read, tokenizer
from pages.ui import story
from pages.ui.choices import Choices
from pages.ui.components.journey import Arc
from pages.ui.components.road_map import Station
from pages.ui.words import literal, number, percent_or_less
from tests.pages.conftest import HOSTILE, assert_healthy, chart_numbers, explore, plain, revealed, words

MODEL, TEXT = "random-small", "the old king"
CHAPTER = chapter_of("start")
assert CHAPTER
start = story.page_of(CHAPTER)


def choices(reading: Reading | None, **changed: int) -> Choices:
    numbers = {"layer": 0, "head": 0, "token": 0, "key": 0} | changed
    return Choices(reading.text if reading else "", MODEL, **numbers, lang="en", present=False, special=False)


def facts(reading: Reading | None, **changed: int) -> dict[str, Station]:
    lines = start.lines(reading, choices(reading, **changed))
    return {station.title: station for line in lines for station in line.stations}


def test_the_stations_carry_what_the_model_computed():
    reading = read(MODEL, TEXT)
    trace, stations = reading.trace, facts(reading, token=2, layer=1, head=3)
    assert stations["Tokens"].chips == (f"␣king = {reading.ids[2]}",)
    assert stations["Embeddings"].strip == pytest.approx(trace.embedding.token[2, : start.CELLS].tolist(), abs=1e-4)
    weights = trace.blocks[1].att.weights[3, 2]
    most = weights.argsort(descending=True)[:2]
    seen = [f"{visible(reading.tokens[int(key)])} {100 * float(weights[key]):.0f}%" for key in most]
    assert list(stations["Attention"].chips) == seen
    best = load_model(MODEL)(trace.ids)[-1].softmax(-1).topk(3)
    assert [bar.label for bar in stations["Forward pass"].bars] == [
        visible(tokenizer().token(int(id))) for id in best.indices
    ]
    assert [bar.share for bar in stations["Forward pass"].bars] == pytest.approx(best.values.tolist(), abs=1e-5)


def test_the_layer_norm_station_tells_the_variance_that_is_left():
    reading = read(MODEL, TEXT)
    for layer, block in enumerate(reading.trace.blocks):
        before = float(reading.trace.blocks[layer].norm1.variance[2])
        left = float(block.norm1.normalised[2].var(correction=0))
        fact = facts(reading, token=2, layer=layer)["Layer norm"].fact
        assert fact == f"variance {number(before, 3 if before < 1 else 1)} → {left:.4f}"


def test_an_empty_text_leaves_a_map_with_the_model_s_sizes():
    stations = facts(None)
    assert stations["Tokens"].fact == "50,257 pieces to choose from"
    assert stations["Feed-forward"].fact == "192 → 768 → 192"
    assert not any(station.chips or station.strip or station.bars for station in stations.values())


@pytest.mark.parametrize("text", [*HOSTILE, ""])
def test_any_text_gets_a_map_of_the_same_stations(text):
    reading = read(MODEL, text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")) if text else None
    assert facts(reading).keys() == facts(None).keys()


def test_every_chapter_is_on_the_map():
    reading = read(MODEL, TEXT)
    lines = start.lines(reading, choices(reading))
    there = {chapter for line in lines for station in line.stations for chapter in station.chapters}
    assert {row.id for row in TABLE} - {"start"} <= there


def test_the_likeliest_word_is_told_and_the_ten_likeliest_are_drawn(run):
    best = read(MODEL, TEXT).trace.next_logits.softmax(-1).topk(10)
    app = run("start", lang="en", model=MODEL, text=TEXT)
    assert f"puts “**{literal(visible(tokenizer().token(int(best.indices[0]))))}**” first" in words(app)
    assert chart_numbers(revealed(app, "start"), "next_words", "x") == pytest.approx(best.values.numpy(), abs=1e-6)


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_a_pair_from_each_stage_has_this_model_s_own_numbers(run, lang):
    app = explore(run("start", lang=lang, model=MODEL, text=TEXT), "start/pairs", start_pair="translate")
    assert_healthy(app)
    asked, answer = {
        "en": ("Translate into French: the cat sleeps.", "le chat dort."),
        "fr": ("Traduis en anglais\u202f: le chat dort.", "the cat sleeps."),
    }[lang]
    prompt = tokenizer().encode(f"### Instruction:\n{asked}\n\n### Response:\n")
    ids = torch.tensor([*prompt, *tokenizer().encode(answer)])
    log_probs = load_model(MODEL)(ids)[len(prompt) - 1 : -1].double().log_softmax(-1)
    bits = -float(log_probs.gather(-1, ids[len(prompt) :, None]).mean()) / math.log(2)
    assert {"en": f"by {bits:.2f} bits", "fr": f"est {bits:.2f}".replace(".", ",")}[lang] in plain(app)
    assert {"en": "blind guess: 15.62", "fr": "choix à l’aveugle\u202f: 15,62"}[lang] in plain(app)  # the log of 50,257
    own = list(prompt)
    for _token in range(pairs.GOES_ON):
        own.append(int(load_model(MODEL)(torch.tensor(own))[-1].argmax()))
    assert visible(show.readable(own[len(prompt) :]).encode(), longest=200) in plain(app)


def test_the_sum_behind_an_arc_is_the_trace_s(monkeypatch):
    said = []
    monkeypatch.setattr(start, "filled", lambda sentence, **values: said.append((sentence, values)) or "")
    reading, (layer, head, query, key) = read("storyteller", "The old king gave the golden key"), (2, 1, 5, 2)
    start.tell_sum(reading, Arc(layer, key), query, head)
    (_sentence, values), att = said[0], reading.trace.blocks[layer].att
    assert values["score"] == pytest.approx(float(att.queries[head, query] @ att.keys[head, key]), rel=1e-4)
    assert values["scaled"] == pytest.approx(values["score"] / math.sqrt(values["d"]), rel=1e-4)
    assert values["weight"] == pytest.approx(values["above"] / values["below"], rel=1e-4)
    assert values["weight"] == float(att.weights[head, query, key])
    products = att.queries[head, query].double() * att.keys[head, key].double()
    assert (
        values["terms"].count("×") == 3
        and number(float(att.queries[head, query][products.abs().argmax()]), 2) in (values["terms"])
    )


def test_what_is_classified_is_answered_by_no_token_of_this_model(run):
    app = explore(run("start", lang="en", model=MODEL, text=TEXT), "start/pairs", start_pair="spam")
    assert_healthy(app)
    assert "no token" in words(app) and "bits a token" not in plain(app)


def test_the_answer_s_pieces_are_marked_in_what_the_browser_is_sent(run):
    app = explore(run("start", lang="en", model=MODEL, text=TEXT), "start/pairs", start_pair="code")
    sent = next(one.proto for one in app.get("bidi_component") if one.proto.component_name == "glassbox_chips")
    asked, answer = json.loads(sent.json)["rows"]
    assert not asked["marked"]
    assert "".join(asked["pieces"][:3]) == "###␣Instruction:" and "".join(answer["pieces"]) == "sum(range(1,␣11))"
    assert answer["marked"] == list(range(len(answer["pieces"]))) and len(answer["pieces"]) > 1


def test_the_pair_that_is_expected_least_is_told_as_such(monkeypatch):
    said = []
    monkeypatch.setattr(pairs, "tell", lambda _sentence, **values: said.append(values))
    reading = read(MODEL, TEXT)
    pairs.answer(reading, choices(reading))
    bits = {}
    for pair in pairs.pairs(reading).values():
        if pair.answer:
            ids = torch.tensor([*pair.asked, *pair.answer])
            log_probs = load_model(MODEL)(ids)[len(pair.asked) - 1 : -1].double().log_softmax(-1)
            bits[pair.name] = -float(log_probs.gather(-1, ids[len(pair.asked) :, None]).mean()) / math.log(2)
    ranked = sorted(bits, key=bits.__getitem__)
    (told,) = said
    assert (told["least"], told["most"]) == (ranked[0], ranked[-1]) and len(ranked) == 4
    assert (told["few"], told["many"]) == pytest.approx((bits[ranked[0]], bits[ranked[-1]]), rel=1e-4)


def test_each_pair_is_made_of_a_prompt_and_an_answer():
    found = pairs.pairs(read(MODEL, TEXT))
    assert list(found) == ["raw", "translate", "summarise", "code", "spam", "ham"]
    assert found["raw"].asked + found["raw"].answer == read(MODEL, TEXT).ids
    assert {pair.stage: bool(pair.answer) for pair in found.values()} == {
        "raw": True, "instruction": True, "classification": False,
    }  # fmt: skip
    assert "raw" not in pairs.pairs(None)


@pytest.mark.parametrize("experiment", ["two_stages", "pairs", "what_gpt3_read", "uses"])
def test_every_experiment_draws_without_a_text(run, experiment):
    assert_healthy(explore(run("start", lang="fr", text=""), f"start/{experiment}"))


def test_gpt3_read_what_the_paper_says(run):
    assert sum(tokens for tokens, _share in GPT3_DATA.values()) == 499
    app = explore(run("start", lang="en", text=TEXT), "start/what_gpt3_read")
    table = app.table[0].value
    assert dict(table["billion tokens"]) == {
        "CommonCrawl": 410, "WebText2": 19, "Books1": 12, "Books2": 55, "Wikipedia": 3,
    }  # fmt: skip
    assert list(table["of what was read"]) == ["60%", "22%", "8%", "8%", "3%"]


@pytest.mark.parametrize(
    ("p", "digits", "words"), [(0.1234, 1, "12.3%"), (0.0004, 1, "< 0.1%"), (0.51, 0, "51%"), (0.004, 0, "< 1%")]
)
def test_a_small_chance_is_not_told_as_none(p, digits, words):
    assert percent_or_less(p, digits) == words
