"""Neurons: what each writes sums to the feed-forward's output, and its effects to the feed-forward's share."""

import numpy as np
import pytest
import torch

from gpt_core.measure import lens, neurons
from gpt_core.measure.activations import ACTIVATIONS, at_numbers


@pytest.mark.parametrize("position", range(7))
def test_all_neurons_together_are_the_feed_forward(tiny, ids, position):
    for layer, block in enumerate(tiny.trace(ids).blocks):
        summed = neurons.neuron_by_neuron(tiny.blocks[layer].ff, block.ff.post[position])
        torch.testing.assert_close(summed, block.ff.out[position], rtol=1e-5, atol=1e-6)


def test_the_effects_of_all_neurons_are_the_feed_forwards_contribution(tiny, ids):
    trace, layer, position, token = tiny.trace(ids), 1, 4, 11
    effects = [
        neurons.direct_effects(tiny, trace, layer=layer, position=position, neuron=neuron)[token]
        for neuron in range(tiny.config.ff_dim)
    ]
    norm, bias = tiny.final_norm, tiny.blocks[layer].ff.down.bias
    spread = torch.rsqrt(trace.final_norm.variance[position] + 1e-5)
    of_bias = ((bias - bias.mean()) * spread * norm.scale) @ tiny.out_head.weight[token]
    whole = lens.contributions(tiny, trace, token=token, position=position).feed_forward[layer]
    torch.testing.assert_close(torch.stack(effects).sum() + of_bias, whole)


def test_without_the_last_layers_neuron_the_logits_fall_by_its_effect_when_the_norm_is_held(tiny, ids):
    """The stream is changed by hand and pushed through the frozen norm: no formula of the function is used."""
    trace, position, neuron = tiny.trace(ids), 3, 7
    block, last = trace.blocks[-1], trace.final_norm
    silenced = block.ff.post[position].clone()
    silenced[neuron] = 0
    stream = block.resid_mid[position] + tiny.blocks[-1].ff.down(silenced)
    before, after = (
        tiny.out_head((x - x.mean()) / (last.variance[position] + 1e-5).sqrt() * tiny.final_norm.scale)
        for x in (block.resid_post[position], stream)
    )
    found = neurons.direct_effects(tiny, trace, layer=1, position=position, neuron=neuron)
    torch.testing.assert_close(found, before - after, rtol=1e-4, atol=1e-6)


def test_a_push_names_the_ends_of_the_whole_vocabulary(tiny, ids):
    trace = tiny.trace(ids)
    effects = neurons.direct_effects(tiny, trace, layer=0, position=2, neuron=5)
    found = neurons.push(tiny, trace, layer=0, position=2, neuron=5, n=3)
    order = effects.argsort(descending=True)
    assert found.up_ids.tolist() == order[:3].tolist()
    assert found.down_ids.tolist() == order.flip(0)[:3].tolist()
    assert torch.equal(found.down, effects[found.down_ids])


def test_the_most_active_come_first_and_few_neurons_are_no_trouble(tiny, ids):
    post = tiny.trace(ids).blocks[0].ff.post[2]
    found = neurons.most_active(post, 5)
    assert post[found].tolist() == sorted(post.tolist(), reverse=True)[:5]
    assert len(neurons.most_active(post, 1_000)) == tiny.config.ff_dim


def test_the_length_a_neuron_writes_is_that_of_its_vector(tiny, ids):
    network, post = tiny.blocks[1].ff, tiny.trace(ids).blocks[1].ff.post
    alone = torch.zeros(tiny.config.ff_dim)
    alone[9] = post[4, 9]
    written = network.down(alone) - network.down.bias
    torch.testing.assert_close(neurons.written_lengths(network, post)[4, 9], written.norm())


def test_shares_of_the_quiet_are_counted_over_all_tokens(tiny, ids):
    trace = tiny.trace(ids)
    found = neurons.activation_sparsity(trace, threshold=0.1)
    for layer, block in enumerate(trace.blocks):
        pre, post = block.ff.pre.flatten().tolist(), block.ff.post.flatten().tolist()
        assert found.below_zero[layer].item() == pytest.approx(sum(x < 0 for x in pre) / len(pre))
        assert found.silent[layer].item() == pytest.approx(sum(abs(x) < 0.1 for x in post) / len(post))


def test_the_two_gelus_differ_by_less_than_half_a_thousandth():
    gap = neurons.gelu_gap(torch.linspace(-6, 6, 10_001)).abs().max().item()
    assert 4e-4 < gap < 5e-4


def test_a_function_of_tensors_can_be_asked_about_numpys_numbers():
    assert at_numbers(ACTIVATIONS["ReLU"], np.array([-1.0, 2.0], np.float32)).tolist() == [0.0, 2.0]


def test_relu_stops_learning_below_zero_and_gelu_hardly_anywhere():
    found = neurons.share_learning(torch.tensor([-3.0, -1.0, -0.1, 0.2]))
    assert found["ReLU"] == 0.25
    assert found["GELU (tanh)"] == found["SiLU"] == 1.0


def test_gelus_formula_and_the_columns_give_what_the_layer_computes(tiny, ids):
    for layer, block in enumerate(tiny.trace(ids).blocks):
        post, out = neurons.from_weights(tiny.blocks[layer].ff, block.norm2.out[4])
        torch.testing.assert_close(post, block.ff.post[4], rtol=1e-5, atol=1e-5, check_dtype=False)
        torch.testing.assert_close(out, block.ff.out[4], rtol=1e-5, atol=1e-5, check_dtype=False)
