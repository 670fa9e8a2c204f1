# %% candidates
from gpt_core.measure.prediction import predicted

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
picture = [*now.probs.tolist(), now.rest]
bars([*(tokenizer.decode([id]) for id in now.ids.tolist()), "…"], picture)

# %% rank_by_depth
from gpt_core.measure.prediction import predicted, through_depth

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
picture = through_depth(model, trace, now.ids, position=position).ranks[:, followed]
lines(picture[:, None])

# %% one_candidate
from gpt_core.measure.prediction import predicted

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
token, candidate = tokens[position], tokenizer.token(int(now.ids[followed]))
share, rank, all_ = float(now.probs[followed]), int(now.ranks[followed]), now.vocab_size

# %% the_texts_own
token = tokens[position + 1]

# %% the_same_by_torch
from gpt_core.measure import by_torch

probs = trace.logits_at(position).softmax(dim=-1)
again = by_torch.next_probs(model, by_torch.final_vectors(model, trace.ids)[position])
assert float((probs - again).abs().max() / again.max()) < 1e-3

# %% lens_is_the_output
from gpt_core.measure.prediction import lens_deviation

assert lens_deviation(model, trace, position=position) < 1e-3

# %% formula
from gpt_core.measure.prediction import predicted

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
logit, highest, exp_sum = float(now.logits[followed]), now.highest, now.exp_sum
share = float(np.exp(logit - highest)) / exp_sum

# %% look softmax
from gpt_core.measure.prediction import predicted

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
picture = now.logits
n, sum_, bits, choices = now.vocab_size, now.exp_sum, now.entropy, 2**now.entropy
bars([tokenizer.decode([id]) for id in now.ids.tolist()], picture)

# %% look lens_here
from gpt_core.measure.prediction import predicted, through_depth

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
depth = through_depth(model, trace, now.ids, position=position)
picture = depth.top_probs
bars([tokenizer.decode([id]) for id in depth.top_ids.tolist()], picture)

# %% look lens_everywhere
from gpt_core.measure.lens import lens_grid

grid, first = lens_grid(model, trace), max(position + 1 - 10, 0)
picture = grid.top_probs[:, first : first + 10]
n, all_ = int((grid.next_ranks[-1] == 1).sum()), len(ids) - 1
heatmap(picture, columns=names[first : first + 10])

# %% look surprise
from gpt_core.measure.lens import surprise

picture = bits = surprise(trace.logits, trace.ids)
n = model.config.vocab_size
mean, guess, token = float(bits.mean()), float(np.log2(n)), tokens[1 + int(bits.argmax())]
bars(names[1:], picture)

# %% look whole_vocabulary
from gpt_core.measure.prediction import whole_vocabulary

found = whole_vocabulary(trace.logits_at(position))
picture = [group.own for group in found.groups]
half, most, token, share = found.half, found.nine_tenths, tokenizer.token(found.last_id), found.last_prob
bars([str(group.last) for group in found.groups], picture)

# %% look contributions
from gpt_core.measure.lens import contributions
from gpt_core.measure.prediction import predicted

now = predicted(trace.logits_at(position), besides=tuple(ids[position + 1 : position + 2]))
parts = contributions(model, trace, token=int(now.ids[followed]), position=position)
picture = torch.cat([parts.heads, parts.attention_bias[:, None], parts.feed_forward[:, None]], dim=1)
token, logit = tokenizer.token(int(now.ids[followed])), float(now.logits[followed])
embedding, shift = float(parts.embedding), float(parts.final_shift)
blocks = float(parts.heads.sum() + parts.attention_bias.sum() + parts.feed_forward.sum())
assert abs(float(parts.total) - logit) < 1e-3 * max(1, abs(logit))
heatmap(picture)
