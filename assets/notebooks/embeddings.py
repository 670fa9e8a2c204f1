# %% rows
picture = trace.embedding.token
heatmap(picture, names)

# %% neighbours
from pathlib import Path

from gpt_core.measure.embedding_space import nearest
from gpt_core.weights.catalogue import CATALOGUE, card_of, tokens_met
from gpt_core.weights.model_file import weight_files
from gpt_core.weights.packing import tokens_trained

if str(model_name).partition("@")[0] in CATALOGUE:
    met = tokens_met(card_of(model_name))
else:
    met = tokens_trained(weight_files(Path(model_name))[0])
near = nearest(model.embedding.tok_emb.weight, ids[position], among=met)
picture = near.cosines
bars([tokenizer.decode([id]) for id in near.ids.tolist()], picture)

# %% one_row
row = trace.embedding.token[position]
token, id_, rows, n = tokens[position], ids[position], model.config.vocab_size, len(row)
first = row[:4].tolist()

# %% one_row_for_an_id
from gpt_core.measure.embedding_space import picked_by_one_hot

vectors = trace.embedding.token
picked = picked_by_one_hot(model.embedding.tok_emb.weight, ids[position])
n = len(ids) - len(set(ids))
assert torch.allclose(picked, vectors[position], atol=1e-6)
assert torch.equal(vectors, vectors[[ids.index(id) for id in ids]])

# %% look one_hot one_hot
from gpt_core.examples.book import token_embedding

example = token_embedding((row_of_book,))
picture = example.one_hot
heatmap(picture)

# %% look one_hot book_table
picture = example.table
heatmap(picture)

# %% look one_hot book_row
picture = example.product
heatmap(picture)

# %% look one_hot
result = float(example.product[0, 0])

# %% look cosines
from gpt_core.measure.embedding_space import cosine_table

picture = alike = cosine_table(trace.embedding.token)
heatmap(picture, names, names)

# %% look cosines 2
one, other, cosine = tokens[position], tokens[key_position], float(alike[position, key_position])

# %% look cosines 3
from gpt_core.measure.embedding_space import most_alike

if pair := most_alike(alike, tuple(ids), left_out=rowless):
    one, other, cosine = tokens[pair[0]], tokens[pair[1]], float(alike[pair])
