# %%
from gpt_core import Intervention

off = Intervention(**switched_off)

# %% next_token
from gpt_core.measure.difference import next_token_change

both = next_token_change(trace, model.trace(trace.ids, off), 6)
picture = torch.stack([both.before, both.after], dim=1)
words = [tokenizer.decode([id]) for id in both.ids.tolist()]
moved = round(both.moved, 3)
first, second = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
bars(words, picture[:, 1])

# %% nothing_left_behind
assert torch.equal(model.trace(trace.ids).next_logits, trace.next_logits)

# %% look attention attention_before_after_0
att = trace.blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)

# %% look attention attention_before_after_1
att = model.trace(trace.ids, off).blocks[layer].att
picture = att.weights[head].masked_fill(att.mask, nan)
heatmap(picture, names, names)
