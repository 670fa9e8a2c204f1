# %% five_steps
from gpt_core.measure.written_sum import weighted

att, at = trace.blocks[layer].att, (head, position)
summands = weighted(att.weights[at], att.values[head])
n = len(summands)
picture = torch.full((len(ids) + 1, 4 + summands.shape[1]), nan)
picture[: len(ids), :3] = torch.stack([att.scores[at], att.scaled[at], att.masked[at]], dim=1)
picture[: len(ids), 3], picture[-1, 3] = att.weights[at], att.weights[at].sum()
picture[:n, 4:], picture[-1, 4:] = summands, summands.sum(dim=0)
bars(names, att.weights[at])

# %% score
att = trace.blocks[layer].att
query, key = tokens[position], tokens[key_position]
terms = att.queries[head, position] * att.keys[head, key_position]
score = float(terms.sum())

# %% weight
att, at = trace.blocks[layer].att, (head, position, key_position)
score, scaled, weight = (float(numbers[at]) for numbers in (att.scores, att.scaled, att.weights))
masked = att.masked[head, position]
powers = (masked - masked.max()).exp()
above, below = float(powers[key_position]), float(powers.sum())

# %% context
att = trace.blocks[layer].att
vector = att.weights[head, position] @ att.values[head]
n = len(vector)
largest = float(vector[vector.abs().argmax()])
numbers = vector.tolist()

# %% the_models_own
from gpt_core.measure import by_torch

att = trace.blocks[layer].att
d = att.queries.shape[-1]
again = by_torch.head_from_weights(model, trace, layer=layer, head=head)
assert torch.allclose(att.weights[head].double(), again.weights, atol=1e-3)
off = (att.context[head, position].double() - again.context[position]).abs().max()
assert off < 1e-3 * max(1, again.context[position].abs().max())
