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

# %% look query_meets_key
att = trace.blocks[layer].att
query, key, value = att.queries[head, position], att.keys[head, key_position], att.values[head, key_position]
picture = torch.stack([query, key, query * key, value])
heatmap(picture, ["query", "key", "query × key", "value"])

# %% look simple_text
from gpt_core.examples.book import simple_attention
from gpt_core.measure.written_sum import weighted

att = simple_attention(trace.embedding.out)
summands = weighted(att.weights[position], att.inputs)
picture = torch.full((len(ids) + 1, 3 + summands.shape[1]), nan)
picture[:-1, :3] = torch.stack([att.scores[position], att.normalised_by_sum[position], att.weights[position]], dim=1)
picture[-1, 2] = att.weights[position].sum()
picture[: len(summands), 3:], picture[-1, 3:] = summands, summands.sum(dim=0)
token, share = tokens[position], float(att.weights[position, position])
bars(names, att.weights[position])

# %% look simple_book
from gpt_core.examples.book import simple_attention
from gpt_core.measure.written_sum import weighted

att = simple_attention()
summands = weighted(att.weights[book_query], att.inputs)
picture = torch.full((len(summands) + 1, 3 + summands.shape[1]), nan)
steps = att.scores[book_query], att.normalised_by_sum[book_query], att.weights[book_query]
picture[:-1, :3], picture[-1, 2] = torch.stack(steps, dim=1), att.weights[book_query].sum()
picture[:-1, 3:], picture[-1, 3:] = summands, summands.sum(dim=0)
numbers = att.context[book_query].tolist()
