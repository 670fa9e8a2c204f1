"""The journey's frames: every strip that a scene draws holds the numbers that the trace has at the place it names."""

import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from gpt_core import GPT, GPTConfig, GPTTrace
from gpt_core.measure.heads import strongest_key
from gpt_core.measure.lens import logit_lens
from pages.figures import visible
from pages.services.reading import read, tokenizer
from pages.settings import MAX_TOKENS
from pages.ui import journey, lockstep, words
from pages.ui.components.journey import packed
from tests.pages.conftest import HOSTILE, assert_healthy, plain

TEXT = "Once upon a time there was a little girl who lived in the forest with her grandmother."
LIMIT = 300_000  # bytes of one text's journey


SECOND = "Once upon a time there was a boy who lived in the forest."


def traced(name: str, *texts: str) -> tuple[GPT, list[GPTTrace]]:
    readings = [read(name, text) for text in texts or (TEXT,)]
    return readings[0].model, [reading.trace for reading in readings]


def gpt2_like(*lengths: int) -> tuple[GPT, list[GPTTrace]]:
    """Of GPT-2's size but for its vocabulary, and 32 tokens."""
    model = GPT(GPTConfig(vocab_size=97, context_length=64, emb_dim=768, n_heads=12, n_layers=12)).requires_grad_(
        requires_grad=False
    )
    return model, [model.trace((7 * torch.arange(n) + n) % 97) for n in lengths or (32,)]


MODELS = {
    "storyteller": lambda: traced("storyteller", TEXT, SECOND),
    "induction lab": lambda: traced("induction-lab", TEXT, SECOND),
    "size of GPT-2": lambda: gpt2_like(32, 20),
}


def expected(trace: GPTTrace, place: str, position: int, head: int) -> torch.Tensor:
    """The numbers at a place, by another road: the address is read as Python."""
    tensor = eval("trace." + re.sub(r"blocks\.(\d+)", r"blocks[\1]", place), {"trace": trace})
    if place.endswith("att.context"):
        return tensor.transpose(0, 1).reshape(tensor.shape[1], -1)[position]
    if place.endswith("att.queries"):
        return tensor[head, position]
    if place.endswith("att.weights"):
        return tensor[:, position, : position + 1]
    if place.endswith(("att.keys", "att.values")):
        block = trace.blocks[int(re.findall(r"\d+", place)[0])]
        most = block.att.weights[head, position, : position + 1].sort(descending=True).indices[: journey.MOST_KEYS]
        return tensor[head, most]
    return tensor[position]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("where", ["first", "last"])
def test_every_strip_of_every_scene_of_both_sentences_is_the_own_traces(name, where):
    model, traces = MODELS[name]()
    config = model.config
    places = [0 if where == "first" else len(trace.ids) - 1 for trace in traces]
    layer, head = config.n_layers - 1, config.n_heads - 1
    stations = []
    for trace, position in zip(traces, places, strict=True):
        found = journey.token_way(model, trace, position, layer, head, furthest=max(places))
        strips = {strip.place: strip for strip in found.strips}
        scenes = journey.block_scenes(found, config, [b"x"] * len(trace.ids), position=position, head=head)
        shown = {place for scene in scenes for place in scene.places}
        assert shown <= strips.keys()
        assert {scene.block for scene in scenes if scene.within} == set(found.within)
        for place in shown:
            numbers, strip = expected(trace, place, position, head).double().numpy(), strips[place]
            assert strip.values.shape == numbers.shape, place
            np.testing.assert_allclose(strip.values, numbers, rtol=0, atol=0.51 * strip.unit, err_msg=place)
        stations.append([(scene.kind, scene.block, scene.within) for scene in scenes])
    assert stations[0] == stations[1]  # the same station at the same time


@pytest.mark.parametrize("name", MODELS)
def test_a_text_takes_at_most_300_kilobytes(name):
    model, traces = MODELS[name]()
    for trace in traces:
        position = len(trace.ids) - 1
        found = journey.token_way(model, trace, position, 0, 0)
        scenes = journey.block_scenes(
            found, model.config, [b" grandmother"] * len(trace.ids), position=position, head=0
        )
        captions = sum(len(scene.caption) + 300 for scene in scenes)
        shades = sum(strip.shades.nbytes for strip in found.strips)
        weights = 2 * 12 * sum(len(looks.weights) for looks in found.looks)
        assert captions + shades + weights < LIMIT


def test_a_wrong_number_would_be_found():
    model, (trace,) = traced("storyteller")
    found = journey.token_way(model, trace, 5, 2, 1)
    (strip,) = (one for one in found.strips if one.place == "blocks.2.ff.post")
    assert not np.allclose(strip.values, trace.blocks[2].ff.pre[5].numpy(), rtol=0, atol=0.51 * strip.unit)


def test_a_larger_model_is_shown_from_within_in_the_chosen_block_only(monkeypatch):
    monkeypatch.setattr(journey, "MOST_BYTES", 1_000)
    model, (trace,) = traced("storyteller")
    found = journey.token_way(model, trace, 3, 2, 0)
    assert found.within == (2,)
    places = {strip.place for strip in found.strips}
    assert "blocks.2.ff.pre" in places and "blocks.1.ff.pre" not in places
    assert "blocks.1.resid_mid" in places


def test_two_sentences_have_the_same_stations_also_where_only_one_of_them_would_fit_whole(monkeypatch):
    readings = [read("storyteller", "the old king"), read("storyteller", TEXT)]
    travellers = lockstep.together(readings, 2)
    alone = [journey.token_way(one.model, one.trace, at, 1, 0) for one, at in travellers]
    sizes = [sum(strip.shades.nbytes for strip in found.strips) for found in alone]
    monkeypatch.setattr(journey, "MOST_BYTES", sum(sizes) // 2 + 1)
    found = [journey.token_way(one.model, one.trace, at, 1, 0) for one, at in travellers]
    assert len(found[0].within) > len(found[1].within) == 1
    both = [journey.token_way(one.model, one.trace, at, 1, 0, furthest=17) for one, at in travellers]
    assert both[0].within == both[1].within == (1,)


def test_shades_keep_every_number_to_half_a_unit():
    numbers = torch.tensor([-3.0, 0.0, 0.011, 3.0, float("nan"), float("inf")])
    strip = journey.shaded("here", numbers)
    assert strip.values[:4] == pytest.approx([-3.0, 0.0, 0.0, 3.0], abs=3.01 / 254)
    assert strip.values[4:].tolist() == [0.0, 0.0]
    assert journey.shaded("nowhere", torch.zeros(4)).values.tolist() == [0.0] * 4


def sent(app: AppTest) -> tuple[dict[str, Any], bytes]:
    """What the stage was sent: its header and all shades."""
    (one,) = (one.proto for one in app.get("bidi_component") if one.proto.component_name == "glassbox_journey")
    length = int.from_bytes(one.bytes[:4], "little")
    return json.loads(one.bytes[4 : 4 + length]), one.bytes[4 + length :]


def message(app: AppTest) -> tuple[dict[str, Any], bytes]:
    """The header of the only sentence, and the shades."""
    header, shades = sent(app)
    (own,) = header["sentences"]
    return own, shades


def test_the_message_says_where_each_strip_lies(run):
    app = run("start", lang="en", text=TEXT, layer=3, head=2, token=8)
    assert_healthy(app)
    header, shades = message(app)
    trace = read("storyteller", TEXT).trace
    assert header["tokens"][8] == "␣girl" and header["position"] == 8
    at = 0
    for place, shape, unit, _largest in header["strips"]:
        n = int(np.prod(shape))
        if place == "blocks.3.resid_mid":
            sent = np.frombuffer(shades[at : at + n], np.int8) * unit
            np.testing.assert_allclose(sent, trace.blocks[3].resid_mid[8].numpy(), rtol=0, atol=0.51 * unit)
        at += n
    assert at == len(shades)


def test_captions_say_the_traces_numbers(run):
    header, _ = message(run("start", lang="en", text=TEXT, layer=4, head=4))
    trace = read("storyteller", TEXT).trace
    captions = {(scene["kind"], scene["block"]): scene["caption"] for scene in header["scenes"]}
    last = len(trace.ids) - 1
    weights = trace.blocks[4].att.weights[4]
    key = strongest_key(weights, last)
    token = tokenizer().token(int(trace.ids[key])).decode().strip()
    assert token in captions["query", 4] and f"{100 * float(weights[last, key]):.0f}" in captions["query", 4]
    muted = float((trace.blocks[4].ff.pre[last] < 0).double().mean())
    assert f"{100 * muted:.0f}" in captions["muted", 4]
    best = trace.next_logits.softmax(-1).max()
    assert f"{100 * float(best):.1f}".replace(".", "\\.") in captions["vocabulary", -1]


ROUNDS = "the texts and the model of a journey, and the tokens that have joined them since"


def test_a_token_joins_and_the_next_round_follows_it(run):
    app = run("start", lang="en", text=TEXT)
    before = message(app)[0]
    prompt = tuple(before["ids"])
    best = int(read("storyteller", TEXT).trace.next_logits.argmax())
    app.session_state[ROUNDS] = ((("storyteller", prompt),), ((best,),))
    app.run()
    assert_healthy(app)
    header = message(app)[0]
    assert header["ids"] == [*prompt, best] and header["position"] == len(prompt)
    app.sidebar.text_area(key="text").set_value("Another text").run()
    assert message(app)[0]["ids"] == list(tokenizer().encode("Another text"))


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_travels(run, text):
    app = run("start", lang="fr", text=text)
    assert_healthy(app)
    header, _ = message(app)
    assert len(header["tokens"]) == len(header["ids"])
    assert not re.search(r"(?<!\\)[<$]", "".join(scene["caption"] for scene in header["scenes"]))


def test_what_one_model_has_chosen_does_not_go_on_in_another(run):
    app = run("start", lang="en", text=TEXT)
    prompt = tuple(message(app)[0]["ids"])
    app.session_state[ROUNDS] = ((("storyteller", prompt),), ((262,) * 60,))
    app.run()
    assert len(message(app)[0]["ids"]) == len(prompt) + 60
    app.sidebar.selectbox(key="model").set_value("induction-lab").run()  # which sees 64 tokens at once
    assert_healthy(app)
    assert tuple(message(app)[0]["ids"]) == prompt


def test_the_header_may_hold_half_a_character():
    assert packed({"tokens": ["\ud800"]}, ())


# Two sentences in lockstep.


@pytest.mark.parametrize("token", [5, None])
def test_two_sentences_travel_each_with_its_own_numbers(run, token):
    app = run("start", lang="en", text=TEXT, start_second=SECOND, **({} if token is None else {"token": token}))
    assert_healthy(app)
    header, shades = sent(app)
    at = 0
    for text, own in zip((TEXT, SECOND), header["sentences"], strict=True):
        trace = read("storyteller", text).trace
        position = len(trace.ids) - 1 if token is None else token
        assert own["ids"] == trace.ids.tolist() and own["position"] == position
        best = trace.logits[position].softmax(-1).topk(journey.LIKELIEST)
        assert [p for _name, p, _percent in own["next"]] == pytest.approx(best.values.tolist(), rel=1e-4)
        lens = [guesses[0][1] for guesses in own["guesses"]]
        assert len(lens) == len(trace.blocks) + 1 and lens[-1] == pytest.approx(float(best.values[0]), rel=1e-4)
        for place, shape, unit, _largest in own["strips"]:
            n = int(np.prod(shape))
            if place == f"blocks.{own['layer']}.ff.post":
                numbers = trace.blocks[own["layer"]].ff.post[position].numpy()
                own_shades = np.frombuffer(shades[at : at + n], np.int8)
                np.testing.assert_allclose(own_shades * unit, numbers, rtol=0, atol=0.51 * unit)
            at += n
    assert at == len(shades)
    stations = [[(one["kind"], one["block"], one["within"]) for one in own["scenes"]] for own in header["sentences"]]
    assert stations[0] == stations[1]
    assert (stations[0][-1][0] == "joined") == (token is None)


def test_without_a_second_sentence_one_travels_and_nothing_differs(run):
    header, _ = sent(run("start", lang="en", text=TEXT))
    assert len(header["sentences"]) == 1 and header["differs"] == []


def told(first: str, second: str, position: int, language: str = "en") -> list[str]:
    """What is said of two sentences at the end, without Markdown."""
    travellers = lockstep.together([read("storyteller", first), read("storyteller", second)], position)
    ways = lockstep.ways(travellers, layer=4, head=4)
    with words.speaking(language):
        found = lockstep.differences(travellers, ways, layer=4, head=4)
    return [re.sub(r"\\(.)|\*\*", r"\1", sentence) for sentence in found]


def test_what_differs_at_the_end_is_what_the_two_traces_say():
    readings = [read("storyteller", text) for text in (TEXT, SECOND)]
    probs = [reading.trace.next_logits.softmax(-1) for reading in readings]
    best = [f"“{visible(tokenizer().token(int(one.argmax())))}”, {float(one.max()):.1%}" for one in probs]
    end, guesses, places, looks = told(TEXT, SECOND, 17)
    assert end == f"The first sentence would go on with {best[0]}, the second with {best[1]}."
    lens = [logit_lens(reading.model, reading.trace.residual_stream[:, -1]).argmax(-1) for reading in readings]
    apart = (lens[0] != lens[1]).tolist().index(True)
    assert guesses == f"Their first guesses are the same at first and differ after block {apart - 1}."
    assert "first has 4 more tokens to look back at, and the row of position 17, not 13" in places
    weights = [reading.trace.blocks[4].att.weights[4, -1] for reading in readings]
    seen = [visible(reading.tokens[int(row.argmax())]) for reading, row in zip(readings, weights, strict=True)]
    assert looks == (
        f"Layer 4, head 4: the first looks at “{seen[0]}” most, with {float(weights[0].max()):.0%}, the second at "
        f"“{seen[1]}”, with {float(weights[1].max()):.0%}."
    )


def test_one_token_more_is_one_more_to_look_back_at():
    sentences = told("the old king", "the very old king", 2)
    assert any("second has 1 more token to look back at, and the row of position 3, not 2" in one for one in sentences)


@pytest.mark.parametrize(("language", "same"), [("en", "are the same tokens"), ("fr", "ont les mêmes tokens")])
def test_equal_sentences_are_said_to_be_equal(language, same):
    (sentence,) = told(TEXT, TEXT, 17, language)
    assert same in sentence


def test_a_shared_beginning_has_the_same_numbers_as_is_said():
    """What comes later changes nothing before it."""
    (sentence,) = told(TEXT, SECOND, 5)
    assert sentence.startswith("Up to this token both sentences are the same")
    first, second = (read("storyteller", text).trace.residual_stream[:, 5] for text in (TEXT, SECOND))
    # processors add up rows of another number of tokens in another order; the largest numbers set the scale
    torch.testing.assert_close(first, second, rtol=0, atol=1e-6 * float(first.abs().max()))
    assert len(told(TEXT, SECOND, 12)) > 1


def test_the_last_token_goes_with_the_last_and_any_other_with_the_one_at_its_place():
    short, long = read("storyteller", "the old king"), read("storyteller", "the old king gave the key")
    assert [one.position for one in lockstep.together([short, long], 2)] == [2, 5]
    assert [one.position for one in lockstep.together([long, short], 5)] == [5, 2]
    assert [one.position for one in lockstep.together([long, short], 1)] == [1, 1]
    assert [one.position for one in lockstep.together([long, short], 4)] == [4, 2]
    travellers = lockstep.together([short, long], 1)
    for clicked, first in enumerate(lockstep.steered(travellers)[1]):
        if first >= 0:
            assert lockstep.together([short, long], first)[1].position == clicked
    assert lockstep.steered(travellers) == [[0, 1, 2], [0, 1, -1, -1, -1, 2]]


def test_a_token_joins_each_of_the_two(run):
    app = run("start", lang="en", text=TEXT, start_second=SECOND)
    prompts = tuple(tuple(own["ids"]) for own in sent(app)[0]["sentences"])
    best = [int(read("storyteller", text).trace.next_logits.argmax()) for text in (TEXT, SECOND)]
    app.session_state[ROUNDS] = (
        tuple(("storyteller", prompt) for prompt in prompts),
        ((best[0],), (best[1],)),
    )
    app.run()
    assert_healthy(app)
    for own, prompt, id in zip(sent(app)[0]["sentences"], prompts, best, strict=True):
        assert own["ids"] == [*prompt, id] and own["position"] == len(prompt)
    app.text_input(key="start_second").set_value("Another").run()
    assert [own["ids"] for own in sent(app)[0]["sentences"]] == [list(prompts[0]), list(tokenizer().encode("Another"))]


def test_a_second_sentence_that_is_too_long_is_cut_as_other_texts_are(run):
    app = run("start", lang="en", text="the king", start_second="a" * 401)
    assert "“start_second”" in " ".join(one.value for one in app.info)
    assert len(sent(app)[0]["sentences"]) == 1
    app.text_input(key="start_second").set_value("é@#" * 200).run()
    assert_healthy(app)
    assert len(app.text_input(key="start_second").value) == 400
    own = sent(app)[0]["sentences"][1]
    most = min(MAX_TOKENS, read("storyteller", "a").model.config.context_length)
    assert len(own["ids"]) == most
    n_tokens = len(tokenizer().encode(("é@#" * 200)[:400]))
    assert f"First {most} of {n_tokens} tokens shown" in plain(app)


@pytest.mark.parametrize("text", HOSTILE[:4])
def test_any_second_sentence_travels(run, text):
    app = run("start", lang="fr", text="le roi", start_second=text)
    assert_healthy(app)
    header, _ = sent(app)
    said = "".join(scene["caption"] for own in header["sentences"] for scene in own["scenes"])
    assert not re.search(r"(?<!\\)[<$]", said + "".join(header["differs"]))


def test_tokens_that_the_model_never_met_are_told_of_a_second_sentence_too(run):
    assert "never met" not in plain(run("start", lang="en", text="the king", start_second="the queen"))
    app = run("start", lang="en", text="the king", start_second="the king smartphone")
    assert "never met" in " ".join(one.value for one in app.caption)
    assert "never met" not in " ".join(one.value for one in app.warning)
