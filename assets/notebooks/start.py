# %% follow
from gpt_core.measure.journey import vector_at

whole = model.trace(torch.tensor(page_ids))  # this text or the second, with the tokens that have joined it
position_, index = page_position, page_index
value = float(vector_at(whole, page_place, position=position_)[index])

# %% looks_at
query, key = tokens[position], tokens[key_position]
share = float(trace.blocks[layer].att.weights[head, position, key_position])

# %% likeliest_word
probs = trace.next_logits.softmax(dim=-1)
last, best = tokens[-1], tokenizer.token(int(probs.argmax()))
p, n, never = float(probs.max()), len(probs), int((probs == 0).sum())
likeliest = probs.topk(10)
bars([tokenizer.decode([id]) for id in likeliest.indices.tolist()], likeliest.values)

# %% the_same_by_torch
from gpt_core.measure import by_torch

probs = trace.next_logits.softmax(dim=-1)
again = by_torch.next_probs(model, by_torch.final_vectors(model, trace.ids)[-1])
deviation = float((probs - again).abs().max() / again.max())
assert deviation < 1e-3
