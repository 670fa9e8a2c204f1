"""Widen, bend, narrow: each token on its own."""

from math import pi, sqrt, tanh

import pytest
import torch

from gpt_core.measure.activations import ACTIVATIONS, slope
from gpt_core.model.feed_forward import gelu

X = torch.linspace(-6, 6, 241)


def test_gelu_is_the_tanh_form_gpt2_was_trained_with():
    """The formula of openai/gpt-2, src/model.py, in plain Python."""
    ours = gelu(X.double())
    for x, y in zip(X.double().tolist(), ours.tolist(), strict=True):
        assert y == pytest.approx(0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))), abs=1e-12)


def test_the_two_gelus_differ_by_half_a_thousandth():
    gap = (ACTIVATIONS["GELU (tanh)"](X) - ACTIVATIONS["GELU (erf)"](X)).abs().max()
    assert 4e-4 < gap < 5e-4


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_a_slope_is_a_difference_quotient(name):
    x = X.double()[X.abs() > 1e-3]  # ReLU has a corner at 0
    quotient = (ACTIVATIONS[name](x + 1e-6) - ACTIVATIONS[name](x - 1e-6)) / 2e-6
    torch.testing.assert_close(slope(name, x), quotient, atol=1e-8, rtol=1e-6)


def test_slopes_can_be_asked_for_under_inference_mode():
    with torch.inference_mode():
        assert torch.equal(slope("SiLU", X.clone()), slope("SiLU", X))


def test_each_token_is_on_its_own(tiny):
    ff = tiny.blocks[0].ff
    x = torch.randn(7, 12, generator=torch.Generator().manual_seed(1))
    trace = ff.trace(x)
    assert trace.pre.shape == trace.post.shape == (7, 48)
    assert torch.equal(trace.post, gelu(trace.pre))
    torch.testing.assert_close(trace.pre, x @ ff.up.weight.T + ff.up.bias)
    torch.testing.assert_close(trace.out, trace.post @ ff.down.weight.T + ff.down.bias)
    torch.testing.assert_close(ff(x.flip(0)), trace.out.flip(0))
