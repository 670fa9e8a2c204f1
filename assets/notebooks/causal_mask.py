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

# %% look mask_off 2
place, old, new = changed_at, tokens[changed_at], tokenizer.token(changed_id)

# %% look mask_off causal_mask_leak
from gpt_core import Intervention
from gpt_core.measure.difference import logit_change, stream_change

other = trace.ids.clone()
other[changed_at] = changed_id
unmasking = Intervention(mask_off=range(model.config.n_layers))
masked, unmasked = ([model.trace(one, how) for one in (trace.ids, other)] for how in (Intervention(), unmasking))
with_mask, without = logit_change(*masked), logit_change(*unmasked)
picture = torch.stack([with_mask, without], dim=1)
lines(picture)

# %% look mask_off causal_mask_spread
picture = stream_change(*unmasked)
heatmap(picture, columns=names)

# %% look mask_off 3
assert float(with_mask[:changed_at].max()) == 0
place, off = changed_at, float(without[:changed_at].max())

# %% look mask_off 4
n, all_ = int((without[:changed_at] > 0).sum()), changed_at

# %% look mask_off attention_before_after_0
att = trace.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% look mask_off attention_before_after_1
picture = unmasked[0].blocks[layer].att.weights[head]
heatmap(picture, names, names)

# %% look mask_off
from gpt_core.measure.difference import next_token_change

both = next_token_change(trace, unmasked[0], 6)
picture = torch.stack([both.before, both.after], dim=1)
moved = round(both.moved, 3)
first, second = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 1])
