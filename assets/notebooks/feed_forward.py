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

# %% look pushes pushed_up
from gpt_core.measure.neurons import most_active, push, written_lengths

activations = trace.blocks[layer].ff.post[position]
neuron = int(most_active(activations, 10)[neuron_rank - 1])
pushed = push(model, trace, layer=layer, position=position, neuron=neuron)
picture = pushed.up
bars([tokenizer.decode([id]) for id in pushed.up_ids.tolist()], picture)

# %% look pushes pushed_down
picture = pushed.down
bars([tokenizer.decode([id]) for id in pushed.down_ids.tolist()], picture)

# %% look pushes
length = float(written_lengths(model.blocks[layer].ff, activations)[neuron])
post, up, down = float(activations[neuron]), *(tokenizer.token(int(one[0])) for one in (pushed.up_ids, pushed.down_ids))

# %% look silent
from gpt_core.measure.neurons import activation_sparsity

shares = activation_sparsity(trace, threshold=silent_below)
picture = torch.stack([shares.silent, shares.below_zero], dim=1)
lines(picture)

# %% look wide_and_narrow
block = trace.blocks[layer]
stages = block.norm2.out[position], block.ff.pre[position], block.ff.post[position], block.ff.out[position]
width, strips = model.config.emb_dim, []
for stage in stages:
    numbers = np.pad(stage.numpy(), (0, -len(stage) % width), constant_values=nan)
    strips.append(numbers.reshape(-1, width) / (np.nanmax(np.abs(numbers)) or 1))
picture = np.concatenate(strips)
up = model.blocks[layer].ff.up
n_in, n_wide, weights, layers = width, up.out_features, up.weight.numel(), model.config.n_layers
heatmap(picture)
