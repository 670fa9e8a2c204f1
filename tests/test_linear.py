"""Our linear layers compute what torch's compute."""

import subprocess
import sys
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from gpt_core import GPT
from gpt_core.model.seeding import seeded
from gpt_core.weights.fast_linear import (
    LARGE,
    FastLinear,
    Unfilled,
    accelerate,
    contiguous_onednn_works,
    transposed_onednn_works,
)

MKLDNN: Any = torch.backends.mkldnn


@pytest.fixture(scope="module")
def head() -> FastLinear:
    with seeded(3):
        return FastLinear(24, LARGE // 24 + 5, bias=False).requires_grad_(requires_grad=False)


@pytest.fixture(scope="module")
def layer() -> FastLinear:
    with seeded(4):
        return FastLinear(530, 500).requires_grad_(requires_grad=False)


@pytest.mark.parametrize("shape", [(24,), (1, 24), (7, 24), (2, 7, 24), (0, 24)])
def test_a_large_head_gives_the_same_numbers(head, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(head(x), F.linear(x, head.weight), rtol=1e-5, atol=1e-5)


def test_one_row_alone_takes_the_fast_way_too(head, monkeypatch):
    """The logits of the next token are one row, and the head's matrix is the largest of all."""
    monkeypatch.setattr("gpt_core.weights.fast_linear.contiguous_onednn_works", lambda: True)
    monkeypatch.setattr("gpt_core.weights.fast_linear.contiguous_onednn", lambda x, weight, _: x @ weight.T + 1)
    x = torch.ones(24)
    torch.testing.assert_close(head(x), F.linear(x, head.weight) + 1)


@pytest.mark.parametrize("shape", [(530,), (1, 530), (7, 530), (2, 7, 530), (0, 530)])
def test_a_large_layer_adds_its_bias(layer, shape):
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(layer(x), F.linear(x, layer.weight, layer.bias), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(530,), (1, 530), (7, 530), (2, 7, 530), (0, 530)])
def test_a_matrix_turned_on_its_side_gives_the_same_numbers_and_leaves_the_setting_alone(layer, shape):
    turned = FastLinear(530, 500).requires_grad_(requires_grad=False)
    turned.weight = torch.nn.Parameter(layer.weight.T.contiguous().T, requires_grad=False)
    turned.bias = layer.bias
    before = MKLDNN.matmul.fp32_precision
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(turned(x), F.linear(x, layer.weight, layer.bias), rtol=1e-5, atol=1e-5)
    assert MKLDNN.matmul.fp32_precision == before


def test_where_the_setting_makes_numbers_rough_torchs_own_way_is_taken(layer, monkeypatch):
    turned = FastLinear(530, 500).requires_grad_(requires_grad=False)
    turned.weight = torch.nn.Parameter(layer.weight.T.contiguous().T, requires_grad=False)
    turned.bias = layer.bias
    monkeypatch.setattr(
        "gpt_core.weights.fast_linear.transposed_onednn",
        lambda x, weight, _: (x.bfloat16() @ weight.T.bfloat16()).float(),
    )
    transposed_onednn_works.cache_clear()
    x = torch.ones(3, 530)
    found = turned(x)
    transposed_onednn_works.cache_clear()
    assert torch.equal(found, F.linear(x, turned.weight, turned.bias))


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_precisions_are_left_to_torch(head, dtype):
    copy = FastLinear(24, LARGE // 24 + 5, bias=False, dtype=dtype)
    x = torch.ones(3, 24, dtype=dtype)
    assert torch.equal(copy(x), F.linear(x, copy.weight))


def test_a_gradient_passes_through(head):
    x = torch.randn(3, 24, generator=torch.Generator().manual_seed(1)).requires_grad_()
    (found,) = torch.autograd.grad(head(x).square().sum(), x)
    (expected,) = torch.autograd.grad(F.linear(x, head.weight).square().sum(), x)
    assert torch.equal(found, expected)


def test_a_head_in_training_gets_its_gradient(head):
    trained = FastLinear(24, LARGE // 24 + 5, bias=False)
    trained(torch.ones(3, 24)).sum().backward()
    assert trained.weight.grad is not None


def test_where_one_dnn_computes_something_else_torchs_own_way_is_taken(head, monkeypatch):
    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", lambda x, weight, *_: x @ weight.T + 1, raising=False)
    contiguous_onednn_works.cache_clear()
    x = torch.ones(3, 24)
    found = head(x)
    contiguous_onednn_works.cache_clear()
    assert torch.equal(found, F.linear(x, head.weight))


def test_where_one_dnn_is_missing_torchs_own_way_is_taken(head, monkeypatch):
    def missing(*_):
        raise NotImplementedError

    monkeypatch.setattr(torch.ops.mkldnn, "_linear_pointwise", missing, raising=False)
    contiguous_onednn_works.cache_clear()
    x = torch.ones(3, 24)
    found = head(x)
    contiguous_onednn_works.cache_clear()
    assert torch.equal(found, F.linear(x, head.weight))


def test_parameters_are_drawn_as_torch_draws_them():
    with seeded(123):
        ours = FastLinear(3, 2)
    with seeded(123):
        theirs = torch.nn.Linear(3, 2)
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, theirs.bias)


def test_every_linear_layer_is_exchanged_and_keeps_its_parameters(tiny_untied):
    with seeded(7):
        ours = GPT(tiny_untied.config)
    before = dict(ours.named_parameters())
    assert accelerate(ours) is ours
    assert all(type(layer) is FastLinear for layer in ours.modules() if isinstance(layer, torch.nn.Linear))
    assert dict(ours.named_parameters()).keys() == before.keys()
    assert all(parameter is before[name] for name, parameter in ours.named_parameters())


def test_a_tied_head_stays_tied(tiny):
    with seeded(7):
        ours = accelerate(GPT(tiny.config))
    assert ours.out_head.weight is ours.embedding.tok_emb.weight


def modules_added_by(*lines: str) -> int:
    """How many modules a fresh process imports while it runs these lines, GPT and catalogue imported before."""
    before = (
        "import sys, torch",
        "from gpt_core import GPT, GPTConfig",
        "from gpt_core.weights.catalogue import CATALOGUE, card_of, name_at, steps_of",
        "from gpt_core.weights.fast_linear import Unfilled",
        "before = len(sys.modules)",
    )
    code = "\n".join([*before, *lines, "print(len(sys.modules) - before)"])
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_an_empty_model_is_not_filled_and_costs_no_imports():
    """Filling a "meta" tensor makes torch import some 800 modules: two seconds of every start."""
    added = modules_added_by(
        "with torch.device('meta'), Unfilled(): model = GPT(GPTConfig())",
        "assert all(parameter.is_meta for parameter in model.parameters())",
    )
    assert added < 50


def test_the_card_of_a_snapshot_costs_no_imports():
    added = modules_added_by(
        "names = [name_at(name, step) for name in CATALOGUE for step in steps_of(name)]",
        "assert names and all(card_of(name).parameters for name in names)",
    )
    assert added < 50


def test_outside_of_it_layers_are_filled_as_ever():
    with Unfilled(), torch.device("meta"):
        torch.nn.Linear(3, 2)
    with seeded(123):
        ours = torch.nn.Linear(3, 2)
    with seeded(123):
        theirs = torch.nn.Linear(3, 2)
    assert torch.equal(ours.weight, theirs.weight)
    assert ours.weight.abs().sum() > 0
