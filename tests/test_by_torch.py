"""PyTorch's own functions come to what the model's steps do, from the weights alone."""

import ast
import inspect

import pytest
import torch

from gpt_core import GPT
from gpt_core.measure import by_torch, norm_order
from gpt_core.measure.lens import surprise

TOLERANCE = {"rtol": 1e-5, "atol": 1e-5, "check_dtype": False}


@pytest.fixture(params=["tiny", "tiny_untied"])
def model(request) -> GPT:
    return request.getfixturevalue(request.param)


def test_every_head_is_the_models(model, ids):
    trace = model.trace(ids)
    for layer, block in enumerate(trace.blocks):
        for head in range(model.config.n_heads):
            again = by_torch.head_from_weights(model, trace, layer, head)
            for name in ("queries", "keys", "weights", "context"):
                torch.testing.assert_close(getattr(again, name), getattr(block.att, name)[head], **TOLERANCE)


def test_every_block_is_the_models(model, ids):
    trace = model.trace(ids)
    for layer, block in enumerate(trace.blocks):
        torch.testing.assert_close(by_torch.block_output(model, trace, layer), block.resid_post, **TOLERANCE)


def test_the_whole_pass_is_the_models(model, ids):
    trace, final = model.trace(ids), by_torch.final_vectors(model, ids)
    torch.testing.assert_close(by_torch.embedded(model, ids), trace.embedding.out)
    torch.testing.assert_close(final, trace.final_norm.out, **TOLERANCE)
    torch.testing.assert_close(by_torch.next_probs(model, final[3]), trace.probs[3], **TOLERANCE)


@pytest.mark.parametrize("order", ["pre", "post"])
def test_either_order_of_norms_is_pytorchs_own_encoder_layer(model, ids, order):
    again = by_torch.encoder_stack(model, ids, norm_first=order == "pre")
    torch.testing.assert_close(norm_order.ordered_stream(model, ids, order)[-1], again, **TOLERANCE)


def test_norms_before_are_the_model_itself_and_norms_after_leave_one_size(model, ids):
    trace = model.trace(ids)
    assert torch.equal(norm_order.ordered_stream(model, ids, "pre"), trace.residual_stream)
    assert norm_order.ordered_surprise(model, ids, "pre") == float(surprise(trace.logits, ids).mean())
    after = norm_order.ordered_stream(model, ids, "post")[1:]
    for block, vectors in zip(model.blocks, after, strict=True):
        normalised = (vectors - block.norm2.shift) / block.norm2.scale
        torch.testing.assert_close(normalised.var(dim=-1, correction=0), torch.ones(len(ids)), rtol=1e-2, atol=1e-2)


def test_without_a_mask_every_key_is_seen(ids):
    vectors = torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(1))
    head = by_torch.one_head(*vectors, causal=False)
    torch.testing.assert_close(head.weights, (head.queries @ head.keys.T / 2).softmax(dim=-1))


def test_nothing_of_the_models_own_steps_is_called():
    """Of `gpt_core.model` it knows the parts and their weights; one that is called would make its mistakes twice."""
    called = [
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(inspect.getsource(by_torch)))
        if isinstance(node, ast.Call)
    ]
    own = {name for name, _function in inspect.getmembers(by_torch, inspect.isfunction)}
    strangers = {name for name in called if not name.startswith(("F.", "torch.")) and "." not in name}
    assert strangers <= own | {"len", "range", "slice", "partial", "Head"}
    assert not [name for name in called if name.endswith((".trace", ".forward", ".split_heads"))]
