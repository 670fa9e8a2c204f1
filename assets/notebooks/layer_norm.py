# %%
def the_norm():
    if which == "final":
        return trace.blocks[-1].resid_post, trace.final_norm, model.final_norm
    block, part = trace.blocks[layer], model.blocks[layer]
    if which == "norm2":
        return block.resid_mid, block.norm2, part.norm2
    return block.resid_pre, block.norm1, part.norm1


# %% mean_and_variance
before, norm, part = the_norm()
normalised = norm.normalised
columns = [norm.mean[:, 0], normalised.mean(dim=-1)]
columns += [norm.variance[:, 0], normalised.var(dim=-1, correction=0)]
picture = torch.stack(columns, dim=1)
bars(names, norm.variance[:, 0]).update_xaxes(type="log")

# %% numbers_of_one_token layer_norm_before
picture = the_norm()[0][position]
go.Figure(go.Histogram(x=picture.tolist(), nbinsx=32))

# %% numbers_of_one_token layer_norm_after
picture = the_norm()[1].normalised[position]
go.Figure(go.Histogram(x=picture.tolist(), nbinsx=32))

# %% one_token
norm = the_norm()[1]
token = tokens[position]
mean, variance = float(norm.mean[position]), float(norm.variance[position])
mean_after = round(abs(float(norm.normalised[position].mean())), 3)
variance_after = float(norm.normalised[position].var(correction=0))

# %% normalised
from gpt_core.measure import by_torch

before, norm, part = the_norm()
variance = before.double().var(dim=-1, correction=0)
after = norm.normalised.var(dim=-1, correction=0)
out = by_torch.layer_norm(part, before)
assert norm.normalised.mean(dim=-1).abs().max() < 1e-4
assert (after - variance / (variance + 1e-5)).abs().max() < 1e-4
assert (out - norm.out).abs().max() < 1e-4 * max(1, norm.out.abs().max())
