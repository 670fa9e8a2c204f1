"""Counting without computing: against real models and published figures."""

from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from gpt_core import GPT, GPTConfig, generate
from gpt_core.measure.anatomy import (
    cache_bytes,
    count_parameters,
    count_tensors,
    generation_multiply_adds,
    logits_bytes,
    multiply_adds,
    trace_bytes,
    weight_bytes,
)
from gpt_core.model.config import BOOK_124M, PUBLISHED
from tests.conftest import TINY, random_gpt

CONFIGS = [
    TINY,
    replace(TINY, tied_head=False),
    replace(TINY, qkv_bias=False),
    replace(TINY, qkv_bias=False, tied_head=False, n_layers=1),
]


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("gpt2", 124_439_808),
        ("gpt2-medium", 354_823_168),
        ("gpt2-large", 774_030_080),
        ("gpt2-xl", 1_557_611_200),
    ],
)
def test_gpt2_has_as_many_parameters_as_its_published_files(name, published):
    assert count_parameters(PUBLISHED[name]).total == published


def test_gpt3_has_175_billion():
    """Brown et al. 2020, table 2.1, gives the shape and rounds the count: here it is from the shape, by hand."""
    width, layers, context, vocabulary = 12_288, 96, 2_048, 50_257
    attention = (width + 1) * 3 * width + (width + 1) * width
    feed_forward = (width + 1) * 4 * width + (4 * width + 1) * width
    norms = 2 * 2 * width
    by_hand = (vocabulary + context) * width + layers * (attention + feed_forward + norms) + 2 * width
    assert by_hand == 174_604_259_328
    assert count_parameters(PUBLISHED["gpt3-175b"]).total == by_hand
    assert PUBLISHED["gpt3-175b"].n_heads == 96  # no count depends on it


def test_the_books_model_has_163_million_and_124_with_a_tied_head():
    assert count_parameters(BOOK_124M).total == 163_009_536
    assert count_parameters(replace(BOOK_124M, tied_head=True)).total == 124_412_160


@pytest.mark.parametrize("config", CONFIGS)
def test_parts_are_those_of_the_model(config):
    with torch.device("meta"):
        model = GPT(config)
    counted = count_parameters(config)

    def numbers(*modules):
        return sum(parameter.numel() for module in modules for parameter in module.parameters())

    assert counted.total == numbers(model)
    assert counted.token_embedding == numbers(model.embedding.tok_emb)
    assert counted.position_embedding == numbers(model.embedding.pos_emb)
    assert counted.attention == numbers(*(block.att for block in model.blocks))
    assert counted.feed_forward == numbers(*(block.ff for block in model.blocks))
    assert counted.norms == numbers(model.final_norm, *(norm for b in model.blocks for norm in (b.norm1, b.norm2)))
    assert weight_bytes(config) == sum(parameter.nbytes for parameter in model.parameters())


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize(("n_past", "n_new"), [(0, 1), (0, 7), (3, 1), (2, 4)])
def test_operations_are_those_torch_counts(config, n_past, n_new):
    model = random_gpt(config)
    past = model.trace(torch.arange(n_past)).kv_cache if n_past else None
    with FlopCounterMode(display=False) as counter:
        _ = model.trace(torch.arange(n_new), past=past).logits
    assert 2 * multiply_adds(config, n_new, n_past=n_past).total == counter.get_total_flops()


@pytest.mark.parametrize("use_cache", [True, False])
def test_generation_costs_what_torch_counts(tiny, use_cache):
    """Seven new tokens after four: the text outgrows the context of eight on the way."""
    counted = []
    steps = generate(tiny, [1, 2, 3, 4], max_new_tokens=7, use_cache=use_cache)
    for _ in range(7):
        with FlopCounterMode(display=False) as counter:
            next(steps)
        counted.append(counter.get_total_flops())
    expected = generation_multiply_adds(tiny.config, 4, 7, use_cache=use_cache)
    assert [2 * step for step in expected] == counted


def test_cache_bytes_are_those_of_the_memory(tiny, ids):
    memory = tiny.trace(ids).kv_cache
    assert cache_bytes(tiny.config, len(ids)) == sum(part.nbytes for layer in memory for part in layer)


@pytest.mark.parametrize("n_tokens", [1, 16, 128])
def test_trace_bytes_are_those_of_the_trace(n_tokens):
    config = GPTConfig(vocab_size=50, context_length=128, emb_dim=96, n_heads=6, n_layers=3)
    trace = random_gpt(config).trace(torch.arange(n_tokens) % 50)
    assert trace_bytes(config, n_tokens) == pytest.approx(trace.n_bytes, rel=0.02)
    assert trace.logits.nbytes == logits_bytes(config, n_tokens)


@pytest.mark.parametrize("config", CONFIGS)
def test_counting_tensors_and_counting_from_sizes_agree(config):
    model = random_gpt(config)
    assert count_tensors(model) == count_parameters(config)
    assert count_tensors(model).total == sum(parameter.numel() for parameter in model.parameters())


def test_shares_sum_to_one():
    shares = count_parameters(PUBLISHED["gpt2-xl"]).shares
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["out_head"] == 0
