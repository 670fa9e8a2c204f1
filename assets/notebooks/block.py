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
