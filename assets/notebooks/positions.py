# %% learned_table
table = model.embedding.pos_emb.weight
rows, columns = (slice(None, None, -(-n // most)) for n, most in zip(table.shape, (64, 96), strict=True))
picture = table[rows, columns]
heatmap(picture)

# %% likeness
from gpt_core.measure.embedding_space import cosine_table

picture = cosine_table(model.embedding.pos_emb.weight[:64])
heatmap(picture)

# %% sum_of_two
start = trace.embedding
picture = torch.stack([start.token[position], start.position[position], start.out[position]])[:, :48]
heatmap(picture)

# %% neighbours
from gpt_core.measure.positions import band

found = band(model.embedding.pos_emb.weight[:64])
near, far = found.neighbours, found.others

# %% two_lengths
token = tokens[position]
token_size = float(trace.embedding.token[position].norm())
position_size = float(trace.embedding.position[position].norm())

# %% the_sum_is_the_input
from gpt_core.measure import by_torch

again = by_torch.embedded(model, trace.ids)
width = trace.embedding.out.shape[-1]
assert torch.equal(trace.embedding.out, again)
assert torch.equal(trace.embedding.token + trace.embedding.position, again)
