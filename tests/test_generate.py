"""Choosing the next token: cuts as transformers makes them, draws as chance has it, a cache that changes nothing."""

from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gpt_core import GPT, Intervention, Patch, generate
from gpt_core.generation.sampling import apply_temperature, renormalise_over, top_k_top_p_mask

NOTHING_YET: Any = torch.empty(1, 0, dtype=torch.long)  # the cuts take the ids so far, and do not look at them
TEMPERATURES = st.floats(0.05, 5.0)


def random_logits(seed: int, size: int = 50) -> torch.Tensor:
    return 4 * torch.randn(size, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 1_000), temperature=TEMPERATURES)
@settings(max_examples=50, deadline=None)
def test_temperature_divides_the_logits(seed, temperature):
    logits = random_logits(seed)
    torch.testing.assert_close(apply_temperature(logits, temperature), (logits / temperature).softmax(dim=-1))


@pytest.mark.parametrize("temperature", [0.0, 1e-300, 1e-7, 1e-5])
def test_cold_all_falls_on_the_likeliest(temperature):
    assert apply_temperature(torch.tensor([1.0, 5.0, -3e3, 4.0]), temperature).tolist() == [0.0, 1.0, 0.0, 0.0]


def test_hot_all_become_alike():
    torch.testing.assert_close(apply_temperature(random_logits(1), float("inf")), torch.full((50,), 0.02))


@given(seed=st.integers(0, 1_000), temperature=TEMPERATURES, top_k=st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_top_k_keeps_what_transformers_keeps(seed, temperature, top_k):
    from transformers.generation.logits_process import TopKLogitsWarper

    logits = random_logits(seed) / temperature
    theirs = TopKLogitsWarper(top_k)(NOTHING_YET, logits[None])[0]
    probs = logits.softmax(dim=-1)
    assume((probs > 0).all())
    assert torch.equal(top_k_top_p_mask(probs, top_k=top_k), theirs > -torch.inf)
    torch.testing.assert_close(renormalise_over(probs, top_k_top_p_mask(probs, top_k=top_k)), theirs.softmax(dim=-1))


@given(seed=st.integers(0, 1_000), temperature=TEMPERATURES, top_p=st.floats(0.01, 0.999))
@settings(max_examples=40, deadline=None)
def test_top_p_keeps_what_transformers_keeps(seed, temperature, top_p):
    from transformers.generation.logits_process import TopPLogitsWarper

    logits = random_logits(seed) / temperature
    probs = logits.softmax(dim=-1)
    sums = probs.double().sort(descending=True).values.cumsum(dim=0)
    assume((probs > 0).all() and (sums - top_p).abs().min() > 1e-6)  # at the very edge rounding decides, theirs or ours
    theirs = TopPLogitsWarper(top_p)(NOTHING_YET, logits[None])[0]
    assert torch.equal(top_k_top_p_mask(probs, top_p=top_p), theirs > -torch.inf)
    torch.testing.assert_close(renormalise_over(probs, top_k_top_p_mask(probs, top_p=top_p)), theirs.softmax(dim=-1))


@given(seed=st.integers(0, 1_000), top_k=st.integers(1, 60), top_p=st.floats(0.01, 0.999))
@settings(max_examples=40, deadline=None)
def test_top_p_looks_at_what_top_k_left_as_in_transformers(seed, top_k, top_p):
    from transformers.generation.logits_process import TopKLogitsWarper, TopPLogitsWarper

    logits = random_logits(seed)
    probs = logits.softmax(dim=-1)
    left = renormalise_over(probs, top_k_top_p_mask(probs, top_k=top_k))
    sums = left.double().sort(descending=True).values.cumsum(dim=0)
    assume((sums - top_p).abs().min() > 1e-6)
    theirs = TopPLogitsWarper(top_p)(NOTHING_YET, TopKLogitsWarper(top_k)(NOTHING_YET, logits[None]))[0]
    assert torch.equal(top_k_top_p_mask(probs, top_k=top_k, top_p=top_p), theirs > -torch.inf)


def test_the_nucleus_is_the_smallest_set_that_reaches_top_p():
    probs = torch.tensor([0.1, 0.5, 0.25, 0.15])
    assert top_k_top_p_mask(probs, top_p=0.5).tolist() == [False, True, False, False]
    assert top_k_top_p_mask(probs, top_p=0.6).tolist() == [False, True, True, False]
    assert top_k_top_p_mask(probs, top_p=1e-9).sum() == 1
    assert top_k_top_p_mask(probs, top_p=1.0).all()


def test_equal_probabilities_at_the_edge_of_top_k_all_stay():
    assert top_k_top_p_mask(torch.tensor([0.2, 0.4, 0.2, 0.2]), top_k=2).all()


def test_what_has_no_probability_is_never_kept():
    assert top_k_top_p_mask(apply_temperature(random_logits(1), 0.0), top_k=5).sum() == 1


def test_cutting_nothing_changes_nothing():
    probs = random_logits(3).softmax(dim=-1)
    torch.testing.assert_close(renormalise_over(probs, top_k_top_p_mask(probs)), probs)
    torch.testing.assert_close(renormalise_over(probs, top_k_top_p_mask(probs, top_k=50, top_p=1.0)), probs)


@pytest.mark.parametrize(("n_seeds", "n_steps"), [(4_000, 1), (1, 4_000)])
def test_draws_follow_the_probabilities_shown(tiny, unchecked, monkeypatch, n_seeds, n_steps):
    """Chi-squared over 4,000 draws, at one in a thousand: tokens expected fewer than five times are taken together.

    So many draws because 1,500 do not tell p from p ** 1.15.
    """
    trace = tiny.trace(torch.tensor([3, 1, 4]))
    monkeypatch.setattr(GPT, "trace", lambda *_args, **_kwargs: trace)  # one pass for all: only the draws differ
    asked = {"max_new_tokens": n_steps, "temperature": 0.8, "top_k": 12, "top_p": 0.97}
    steps = [step for seed in range(n_seeds) for step in generate(tiny, [3, 1, 4], seed=seed, **asked)]
    shown = steps[0].sampling_probs.double()
    counts = torch.bincount(torch.tensor([step.id for step in steps]), minlength=17).double()
    assert (counts[shown == 0] == 0).all()
    assert (shown == 0).any()
    expected, common = shown * len(steps), shown * len(steps) >= 5
    observed_cells = torch.cat([counts[common], counts[~common].sum()[None]])
    expected_cells = torch.cat([expected[common], expected[~common].sum()[None]])
    used = expected_cells > 0
    statistic = ((observed_cells - expected_cells)[used] ** 2 / expected_cells[used]).sum()
    degrees = int(used.sum()) - 1
    chance = torch.special.gammaincc(torch.tensor(degrees / 2).double(), statistic / 2)
    assert chance > 1e-3


def test_a_seed_gives_the_same_text_again_and_another_seed_another(tiny):
    def text(seed: int) -> list[int]:
        return [step.id for step in generate(tiny, [3], max_new_tokens=12, temperature=2.0, seed=seed)]

    assert text(1) == text(1)
    assert text(1) != text(2)


def test_the_global_generator_is_neither_read_nor_moved(tiny):
    texts = []
    for global_seed in (1, 2):
        torch.manual_seed(global_seed)
        before = torch.get_rng_state()
        texts.append([step.id for step in generate(tiny, [3], max_new_tokens=5, temperature=1.0)])
        assert torch.equal(torch.get_rng_state(), before)
    assert texts[0] == texts[1]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_the_cache_changes_no_token_even_past_the_context(tiny, temperature):
    def steps(use_cache: bool):
        return list(generate(tiny, [3, 1, 4], max_new_tokens=20, temperature=temperature, use_cache=use_cache))

    cached, plain = steps(True), steps(False)
    assert [step.id for step in cached] == [step.id for step in plain]
    for with_cache, without in zip(cached, plain, strict=True):
        torch.testing.assert_close(with_cache.logits, without.logits)


@pytest.mark.parametrize(
    "intervention",
    [
        Intervention(heads_off={(0, 1)}),
        Intervention(mask_off={0}),
        Intervention(positions_off=True, norms_off={(1, 2)}),
    ],
)
def test_the_cache_changes_no_token_under_an_intervention(tiny, intervention):
    def text(use_cache: bool) -> list[int]:
        return [s.id for s in generate(tiny, [3, 1], max_new_tokens=9, use_cache=use_cache, intervention=intervention)]

    assert text(True) == text(False)


@pytest.mark.parametrize(
    "intervention",
    [
        Intervention(mask_off={0}),
        Intervention(patches={Patch("resid_pre", 0, 0, torch.ones(12))}),
        Intervention(patches={Patch("ff.out", 1, 2, torch.ones(12))}),
        Intervention(mask_off={0, 1}, patches={Patch("att.out", 0, 1, torch.ones(12))}),
    ],
)
def test_where_later_tokens_change_earlier_ones_each_step_reads_the_whole_text_again(tiny, intervention):
    """Past the context too: a patch names a place in what is read, and the oldest tokens are read no more."""
    text = [3, 1, 4]
    for step in generate(tiny, text, max_new_tokens=8, intervention=intervention):
        logits = tiny.trace(torch.tensor(text[-8:]), intervention).next_logits
        torch.testing.assert_close(step.logits, logits)
        assert step.id == int(logits.argmax())
        text.append(step.id)


def test_each_step_is_the_models_own_answer(tiny):
    text = [3, 1, 4]
    for step in generate(tiny, text, max_new_tokens=4, temperature=0.7, top_k=3):
        logits = tiny(torch.tensor(text))[-1]
        torch.testing.assert_close(step.logits, logits)
        torch.testing.assert_close(step.probs, logits.softmax(dim=-1))
        warmed = apply_temperature(logits, 0.7)
        torch.testing.assert_close(
            step.sampling_probs,
            renormalise_over(warmed, top_k_top_p_mask(warmed, top_k=3)),
        )
        torch.testing.assert_close(step.sampling_probs.sum(), torch.tensor(1.0))
        assert step.sampling_probs[step.id] > 0
        text.append(step.id)


def test_greedy_takes_the_likeliest(tiny):
    for step in generate(tiny, [3, 1, 4], max_new_tokens=6):
        assert step.id == int(step.logits.argmax())
        assert step.sampling_probs[step.id] == 1


def test_a_long_prompt_is_read_from_its_end(tiny):
    long = [5, 5, 5, 5, *range(8)]
    first, short = (next(generate(tiny, prompt, max_new_tokens=1)) for prompt in (long, long[-8:]))
    assert torch.equal(first.logits, short.logits)


def test_nothing_asked_nothing_done(tiny):
    assert list(generate(tiny, [3], max_new_tokens=0)) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -0.1}, r"^temperature=-0.1 is not a number of at least 0$"),
        ({"temperature": float("nan")}, r"^temperature=nan is not a number of at least 0$"),
        ({"top_k": 0}, r"^top_k=0 leaves no token to choose from$"),
        ({"top_p": 0.0}, r"^top_p=0.0 is not in \(0, 1\]$"),
        ({"top_p": 1.5}, r"^top_p=1.5 is not in \(0, 1\]$"),
        ({"top_p": float("nan")}, r"^top_p=nan is not in \(0, 1\]$"),
    ],
)
def test_a_setting_out_of_range_is_refused(tiny, settings, message):
    with pytest.raises(ValueError, match=message):
        next(generate(tiny, [3], **settings))


def test_no_prompt_is_refused(tiny):
    with pytest.raises(ValueError, match=r"^no ids: a GPT needs at least one token"):
        next(generate(tiny, []))
