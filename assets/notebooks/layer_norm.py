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

# %% look through_layers layer_norm_all
norms = [norm for block in trace.blocks for norm in (block.norm1, block.norm2)] + [trace.final_norm]
found = torch.stack([(norm.variance if of_variance else norm.mean)[:, 0] for norm in norms])
picture = found.clamp(min=1e-12).log10() if of_variance else found
heatmap(picture, columns=names)

# %% look through_layers layer_norm_all_of_token
of_token = [norm.normalised[position] for norm in norms]
then = torch.stack([vector.var(correction=0) if of_variance else vector.mean() for vector in of_token])
picture = torch.stack([found[:, position], then], dim=1)
lines(picture)

# %% look through_layers
variances = torch.stack([norm.variance[position, 0] for norm in norms])
token, n, all_ = tokens[position], int((variances.diff() > 0).sum()), len(norms) - 1

# %% look skip layer_norm_sizes
from gpt_core import Intervention

skipped = model.trace(trace.ids, Intervention(norms_off=set(norms_off)))
lengths = torch.stack([one.residual_stream.norm(dim=-1)[:, position] for one in (trace, skipped)], dim=1)
picture = lengths.masked_fill(~lengths.isfinite(), nan)
lines(picture)

# %% look skip
from gpt_core.measure.difference import next_token_change

both = next_token_change(trace, skipped, 6)
picture = torch.stack([both.before, both.after], dim=1)
moved = round(both.moved, 3)
first, second = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 1])
