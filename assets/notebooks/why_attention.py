# %% fading
from gpt_core.examples.recurrent import attention_reach, recurrent_reach

vectors, far = trace.embedding.token, len(ids)
both = recurrent_reach(vectors, strength=strength, seed=seed).shares, attention_reach(vectors, seed=seed).shares
starts = list(range(far)) if far <= 12 else [0, *(2**power for power in range((far - 1).bit_length()))]
groups = list(zip(starts, [*starts[1:], far], strict=True))[::-1]  # words back from the end, the furthest first
picture = torch.tensor([[float(shares.flip(0)[one:end].mean()) for shares in both] for one, end in groups])
lines(picture)

# %% one_word
from gpt_core.examples.recurrent import attention_reach, recurrent_reach

word = position if position < len(ids) - 1 else 0
token, n = tokens[word], len(ids) - 1 - word
recurrent = float(recurrent_reach(trace.embedding.token, strength=strength, seed=seed).shares[word])
head_ = float(attention_reach(trace.embedding.token, seed=seed).shares[word])
times = head_ / recurrent if recurrent else inf

# %% half_of_all
from gpt_core.examples.recurrent import attention_reach, recurrent_reach


def half_from_the_end(shares):
    so_far = shares.double().flip(0).cumsum(0) / shares.double().sum()
    return int((so_far < 0.5).sum()) + 1


recurrent = half_from_the_end(recurrent_reach(trace.embedding.token, strength=strength, seed=seed).shares)
head_ = half_from_the_end(attention_reach(trace.embedding.token, seed=seed).shares)
all_ = len(ids)

# %% differentiated
from gpt_core.examples.recurrent import differentiated_reach, recurrent_reach

influence = recurrent_reach(trace.embedding.token, strength=strength, seed=seed).influence
again = differentiated_reach(trace.embedding.token, strength=strength, seed=seed)
assert float((again - influence).abs().max() / influence.max()) < 1e-4

# %% look one_state
from gpt_core.examples.recurrent import recurrent_reach

picture = recurrent_reach(trace.embedding.token, strength=strength, seed=seed).states
heatmap(picture, names)
