# %% one_head
att = trace.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% all_heads
from gpt_core.measure.heads import all_weights

weights = all_weights(trace).masked_fill(trace.blocks[0].att.mask, nan)
n_layers, n_heads, n, _ = weights.shape
queries = torch.arange(n).repeat(n_layers * n_heads, 1).flatten()
picture = torch.cat([queries[:, None], weights.reshape(-1, n)], dim=1)
heatmap(torch.cat(list(torch.cat(list(weights.transpose(0, 1)), dim=-1)), dim=0))

# %% one_weight
query, key = tokens[position], tokens[key_position]
weights = trace.blocks[layer].att.weights[head, position]
share, own = float(weights[key_position]), float(weights[position])

# %% the_same_by_torch
from gpt_core.measure import by_torch

again = by_torch.head_from_weights(model, trace, layer=layer, head=head).weights
assert float((trace.blocks[layer].att.weights[head] - again).abs().max()) < 1e-3

# %% look arcs
picture = trace.blocks[layer].att.weights[head]
heatmap(picture, names, names)

# %% look without_sink
from gpt_core.measure.heads import without_sink

att = trace.blocks[layer].att
share = float(att.weights[head, 1:, 0].mean())
hidden = att.mask.clone()
hidden[1:, 0] = True
picture = without_sink(att.weights)[head].masked_fill(hidden, nan)
heatmap(picture, names, names)

# %% look roles score_previous
from gpt_core.measure.heads import all_weights, head_scores

measured = model.trace(torch.tensor(measured_ids))
picture = head_scores(all_weights(measured), measured.ids, left_out=left_out).previous_token
heatmap(picture)


# %% look roles score_sink
from gpt_core.measure.heads import all_weights, head_scores

measured = model.trace(torch.tensor(measured_ids))
picture = head_scores(all_weights(measured), measured.ids, left_out=left_out).first_token
heatmap(picture)


# %% look roles score_same
from gpt_core.measure.heads import all_weights, head_scores

measured = model.trace(torch.tensor(measured_ids))
picture = head_scores(all_weights(measured), measured.ids, left_out=left_out).same_token
heatmap(picture)


# %% look roles score_induction
from gpt_core.measure.heads import all_weights, head_scores

measured = model.trace(torch.tensor(measured_ids))
picture = head_scores(all_weights(measured), measured.ids, left_out=left_out).induction
heatmap(picture)
