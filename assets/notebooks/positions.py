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

# %% look shuffle
from gpt_core import Intervention
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.positions import shuffled

change = Intervention(positions_off=without_positions)
ordered = model.trace(trace.ids, change)
mixed = model.trace(torch.tensor(shuffled(tuple(ids), shuffle_seed)), change)
both = next_token_change(ordered, mixed, 6)
picture = torch.stack([both.before, both.after], dim=1)
moved = round(both.moved, 3)
first, second = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 1])

# %% look shuffle attention_before_after_0
att = ordered.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% look shuffle attention_before_after_1
att = mixed.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture)

# %% look drop
from gpt_core import Intervention
from gpt_core.measure.difference import next_token_change

dropped = model.trace(trace.ids, Intervention(positions_off=True))
both = next_token_change(trace, dropped, 6)
picture = torch.stack([both.before, both.after], dim=1)
moved = round(both.moved, 3)
first, second = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 1])

# %% look drop attention_before_after_0
att = trace.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% look drop attention_before_after_1
att = dropped.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)
