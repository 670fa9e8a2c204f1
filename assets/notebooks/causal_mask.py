# %% three_steps mask_scores
picture = trace.blocks[layer].att.scaled[head]
heatmap(picture, names, names)

# %% three_steps mask_masked
att = trace.blocks[layer].att
picture = att.scaled[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% three_steps mask_weights
att = trace.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% one_score
att, at = trace.blocks[layer].att, (head, position, key_position)
query, key = tokens[position], tokens[key_position]
score, weight = float(att.scaled[at]), float(att.weights[at])

# %% nothing_ahead
from gpt_core.measure import by_torch

weights = trace.blocks[layer].att.weights[head]
again = by_torch.head_from_weights(model, trace, layer=layer, head=head).weights
assert float(weights.triu(1).abs().sum()) == 0
assert float((weights - again).abs().max()) < 1e-3
