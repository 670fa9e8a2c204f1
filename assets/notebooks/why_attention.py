# %% fading
from gpt_core.examples.recurrent import attention_reach, recurrent_reach

vectors = trace.embedding.token
network = recurrent_reach(vectors, strength=strength, seed=seed).shares
untrained = attention_reach(vectors, seed=seed).shares
trained = trace.blocks[layer].att.weights[head, -1]
picture = torch.stack([network, untrained, trained], dim=1)
lines(picture).update_yaxes(type="log")

# %% one_word
from gpt_core.examples.recurrent import attention_reach, recurrent_reach

word = position if position < len(ids) - 1 else 0
token, n = tokens[word], len(ids) - 1 - word
recurrent = float(recurrent_reach(trace.embedding.token, strength=strength, seed=seed).shares[word])
head_ = float(attention_reach(trace.embedding.token, seed=seed).shares[word])
model_ = float(trace.blocks[layer].att.weights[head, -1, word])

# %% half_of_all
from gpt_core.examples.recurrent import attention_reach, recurrent_reach


def half_from_the_end(shares):
    so_far = shares.double().flip(0).cumsum(0) / shares.double().sum()
    return int((so_far < 0.5).sum()) + 1


recurrent = half_from_the_end(recurrent_reach(trace.embedding.token, strength=strength, seed=seed).shares)
head_ = half_from_the_end(attention_reach(trace.embedding.token, seed=seed).shares)
model_ = half_from_the_end(trace.blocks[layer].att.weights[head, -1])
all_ = len(ids)

# %% differentiated
from gpt_core.examples.recurrent import differentiated_reach, recurrent_reach

influence = recurrent_reach(trace.embedding.token, strength=strength, seed=seed).influence
again = differentiated_reach(trace.embedding.token, strength=strength, seed=seed)
assert float((again - influence).abs().max() / influence.max()) < 1e-4
