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
