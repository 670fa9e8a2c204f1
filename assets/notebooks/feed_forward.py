# %% bends
from gpt_core.measure.activations import ACTIVATIONS, at_numbers

pre = trace.blocks[layer].ff.pre[position].numpy()
near = pre[(pre >= -3) & (pre <= 3)]
picture = np.column_stack([near, *(at_numbers(ACTIVATIONS[name], near) for name in ("GELU (tanh)", "ReLU", "SiLU"))])
order = near.argsort()
lines(picture[order, 1:], near[order])

# %% most_active
from gpt_core.measure.neurons import most_active

post = trace.blocks[layer].ff.post[position]
active = most_active(post, 10)
picture = post[active]
bars([str(neuron) for neuron in active.tolist()], picture)

# %% widened
network, pre = model.blocks[layer].ff, trace.blocks[layer].ff.pre[position]
token, n_in, n_wide = tokens[position], network.up.in_features, network.up.out_features
below, top = float((pre < 0).float().mean()), float(pre.max())

# %% widened 2
pre = trace.blocks[layer].ff.pre[position]
n = int(((pre < -3) | (pre > 3)).sum())

# %% neuron_by_neuron
from gpt_core.measure.neurons import from_weights

network = trace.blocks[layer].ff
post, out = from_weights(model.blocks[layer].ff, trace.blocks[layer].norm2.out[position])
assert (network.post[position] - post).abs().max() < 3e-5 * max(1, post.abs().max())
assert (network.out[position] - out).abs().max() < 1e-4 * max(1, out.abs().max())
