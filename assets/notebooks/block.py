# %% wiring
block = trace.blocks[layer]
stations = {
    "x": block.resid_pre,
    "norm1": block.norm1.out,
    "attention": block.att.out,
    "x + attention": block.resid_mid,
    "norm2": block.norm2.out,
    "widen": block.ff.pre,
    "GELU": block.ff.post,
    "narrow": block.ff.out,
    "x′": block.resid_post,
}
picture = np.array([[*vectors.shape, float(vectors[position].norm())] for vectors in stations.values()])
bars(list(stations), picture[:, 2])

# %% two_additions
block, token = trace.blocks[layer], tokens[position]
before, attended = float(block.resid_pre[position].norm()), float(block.att.out[position].norm())
thought, after = float(block.ff.out[position].norm()), float(block.resid_post[position].norm())

# %% sum_of_three
from gpt_core.measure import by_torch

block = trace.blocks[layer]
again = by_torch.block_output(model, trace, layer=layer)
summed = block.resid_pre + block.att.out + block.ff.out
for found in (summed, block.resid_post):
    assert (found - again)[position].abs().max() < 1e-4 * max(1, again[position].abs().max())

# %% look sum
block = trace.blocks[layer]
before, after = block.resid_pre[position], block.resid_post[position]
added = block.att.out[position], block.ff.out[position]
picture = torch.stack([before, added[0], block.resid_mid[position], added[1], after])
heatmap(picture)

# %% look sum 1
block = trace.blocks[layer]
i = int((block.resid_post - block.resid_pre)[position].abs().argmax())
before, after = float(block.resid_pre[position, i]), float(block.resid_post[position, i])

# %% look movers
from gpt_core.measure.stream import movement

found = movement(trace)
picture = torch.stack([found.attention[:, position], found.feed_forward[:, position]], dim=1)
token, all_ = tokens[position], len(picture)
n = int((picture[:, 1] > picture[:, 0]).sum())
lines(picture)

# %% look directions
from gpt_core.measure.stream import movement

found = movement(trace)
picture = torch.stack([found.attention_cosine[:, position], found.feed_forward_cosine[:, position]], dim=1)
lines(picture)
