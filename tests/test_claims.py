"""A sentence draws a conclusion only where the numbers of this text, model and layer say so: checked by other roads."""

import importlib
from itertools import pairwise
from math import exp, log, log2

import numpy as np
import pytest
import torch

from gpt_core.measure import gradients
from gpt_core.measure.heads import spread_over
from gpt_core.weights.snapshots import snapshots
from pages.experiments.anatomy.family import counted
from pages.experiments.layer_norm.through_layers import n_larger
from pages.experiments.shortcuts.growth import times_the_median
from pages.experiments.shortcuts.own_gradients import n_larger_cut
from pages.experiments.shortcuts.stream_gradients import both_gradients
from pages.services.reading import Reading, read
from pages.services.shared import engine
from pages.ui import caveats, history

TEXTS = {
    "one token": "step",
    "equal tokens": "a a a a",
    "prose": "Once upon a time there was a little girl.",
    "French": "Il était une fois une petite fille.",
    "code": "def f(x):\n    return x + 1",
    "emoji": "I ❤️ you 👍🏽",
    "Hindi": "हिन्दी में एक वाक्य",
    "long": " ".join(["The old king gave the golden key to the boy."] * 13),
}
MODELS = ("storyteller", "induction-lab", "random-small")
PAGES = {
    name: importlib.import_module(f"pages.{name}")
    for name in ("00_start", "03_positions", "04_why_attention", "10_shortcuts", "16_learning")
}


@pytest.fixture(params=[(name, text) for name in MODELS for text in TEXTS], ids="-".join)
def reading(request) -> Reading:
    name, text = request.param
    return read(name, TEXTS[text])


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


@pytest.mark.parametrize("name", [name for name in engine.available_models() if name != "random-124m"])
def test_neighbouring_positions_are_alike_only_where_their_rows_are(name):
    reading = read(name, TEXTS["prose"])
    rows = reading.model.embedding.pos_emb.weight.numpy()[:64].astype(np.float64)
    near = np.mean([cosine(one, other) for one, other in pairwise(rows)])
    far = np.mean([cosine(rows[i], rows[j]) for i in range(len(rows)) for j in range(i + 2, len(rows))])
    found = reading.of(PAGES["03_positions"].measured_band)
    assert (found.neighbours, found.others) == pytest.approx((near, far), abs=1e-4)
    said = PAGES["03_positions"].what_the_band_shows(reading)
    assert said.startswith("Neighbouring positions have similar rows") == (near > 0.5 and near - far > 0.1)
    assert said.startswith("Neighbouring positions are no more alike") == (name.startswith("random"))


def test_half_of_the_influence_lies_in_so_many_words_from_the_end(reading):
    weights = reading.trace.blocks[0].att.weights[0, -1].tolist()
    n = next(n for n in range(1, len(weights) + 1) if sum(weights[-n:]) >= 0.5 * sum(weights) - 1e-6)
    assert PAGES["04_why_attention"].half_from_the_end(np.array(weights)) == n


def test_the_grey_line_lies_above_at_so_many_depths(reading):
    if len(reading.ids) < 2:
        return
    whole, cut = (found.gradients.numpy() for found in both_gradients(reading))
    above = [np.abs(without).mean() > np.abs(helped).mean() for helped, without in zip(whole, cut, strict=True)]
    shown = (found.mean_abs.numpy() for found in both_gradients(reading))
    assert n_larger_cut(*shown) == sum(above)


def test_the_loss_without_shortcuts_is_the_surprise_of_such_a_pass(reading):
    """The sentence gives both numbers, and does not say that one of them is worse: it is not for every text."""
    if len(reading.ids) < 2:
        return
    trace = reading.under(gradients.without_shortcuts(reading.card.config.n_layers)).trace
    probs = trace.logits.double().softmax(dim=-1)[:-1].gather(1, trace.ids[1:, None]).flatten()
    assert PAGES["10_shortcuts"].bits_a_token(trace) == pytest.approx(
        np.mean([-log2(max(p, 1e-300)) for p in probs.tolist()]), rel=1e-3
    )


def test_any_other_token_may_come_only_where_none_is_at_0(reading):
    logits = reading.trace.next_logits.double()
    least = exp(float(logits.min() - logits.logsumexp(dim=-1)))
    said = PAGES["00_start"].what_else_may_come(reading.of(PAGES["00_start"].next_probs))
    assert ("Any other" in said) == (least > 1e-45)  # the smallest number of float32, and thus the first that is not 0
    assert ("too unlikely" in said) == (least < 1e-45)


def test_a_random_model_is_told_apart_from_a_blind_guess_only_where_it_is(reading):
    """All others are less likely than one in the vocabulary: their surprise is above a blind guess's."""
    logits = reading.trace.next_logits.double()
    surprise = (logits.logsumexp(dim=-1) - logits) / log(2)
    others = torch.cat([surprise[: reading.ids[-1]], surprise[reading.ids[-1] + 1 :]])
    worse = reading.card.random and float(others.min()) > log2(len(surprise))
    told = caveats.untrained(reading)
    assert (told is not None) == worse
    if told:
        assert told[1]["chance"] == pytest.approx(2 ** -float(surprise[reading.ids[-1]]), abs=1e-6)
        assert told[1]["size"] == pytest.approx(1, abs=0.01), "torch draws embeddings with deviation 1"


def test_norms_find_larger_numbers_than_the_norm_before_so_many_times(reading):
    trace = reading.trace
    streams = [stream for block in trace.blocks for stream in (block.resid_pre, block.resid_mid)]
    last = [stream[-1].double() for stream in (*streams, trace.blocks[-1].resid_post)]
    variances = [float((vector - vector.mean()).square().mean()) for vector in last]
    shown = [norm.variance[-1, 0] for block in trace.blocks for norm in (block.norm1, block.norm2)]
    shown.append(trace.final_norm.variance[-1, 0])
    assert n_larger(np.array([float(one) for one in shown])) == sum(a < b for a, b in pairwise(variances))


def test_no_token_of_the_bundled_models_is_by_far_the_longest(reading):
    """As the lessons on the stream and the layer norm say; in OpenAI's GPT-2 one is many times as long."""
    lengths = reading.trace.residual_stream.norm(dim=-1).numpy()
    longest = np.unravel_index(lengths.argmax(), lengths.shape)[0]
    ordered = sorted(lengths[longest].tolist())
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    assert times_the_median(lengths) == pytest.approx(ordered[-1] / middle, rel=1e-5)
    assert all(max(row) < 4 * np.median(row) for row in lengths), "nor at any other depth"


def test_a_query_spreads_over_as_many_tokens_as_its_entropy_says(reading):
    for block in reading.trace.blocks[:1]:
        for weights in block.att.weights[:, -1]:
            entropy = -sum(weight * log(weight) for weight in weights.tolist() if weight)
            assert spread_over(weights) == pytest.approx(exp(entropy), rel=1e-4)


def test_after_a_norm_the_variance_is_a_little_under_1(reading):
    """As the lesson says, of any model: 0 and almost 1."""
    for block in reading.trace.blocks:
        variances = block.norm1.normalised.double().var(dim=-1, correction=0)
        assert bool((variances > 0.99).all() and (variances < 1 + 1e-5).all())


@pytest.mark.parametrize(
    ("english", "french", "easier"),
    [(4.29, 3.24, True), (10.194, 10.195, False), (10.196, 10.194, True), (3, 4, False)],
)
def test_french_is_easier_where_its_loss_is_lower_as_it_is_written(english, french, easier):
    said = PAGES["16_learning"].which_is_easier(english, french)
    assert said.startswith("A French token is easier") == easier == (f"{french:.2f}" < f"{english:.2f}")


def test_the_curve_falls_steeply_and_then_slowly():
    """As the lesson says: from one kept snapshot to the next the loss falls, and less for each token read."""
    kept = [snapshot for snapshot in snapshots() if snapshot.kept]
    for code in ("en", "fr"):
        falls = [
            (one.held_out[code] - other.held_out[code]) / (other.tokens - one.tokens) for one, other in pairwise(kept)
        ]
        assert all(fall > 0 for fall in falls)
        assert all(first > then for first, then in pairwise(falls))


def test_per_character_the_story_model_is_always_weaker_in_french():
    for snapshot in snapshots():
        per_character = {code: snapshot.held_out[code] / history.CHARACTERS[code] for code in ("en", "fr")}
        assert per_character["fr"] > per_character["en"]


@pytest.mark.parametrize("name", engine.available_models())
def test_the_larger_the_model_the_smaller_the_token_table_s_share(name):
    counts = sorted(counted(Reading(name, "a", (64,), 1)).values(), key=lambda count: count.total)
    shares = [count.token_embedding / count.total for count in counts]
    assert shares == sorted(shares, reverse=True)
    largest = counts[-1]
    blocks = largest.attention + largest.feed_forward + largest.norms
    assert blocks > 0.98 * largest.total
    assert largest.feed_forward > blocks / 2
