# %% book_network
from gpt_core.examples.book import deep_network

picture = torch.stack([deep_network(shortcuts=shortcuts).mean_abs_gradients for shortcuts in (True, False)], dim=1)
lines(picture).update_yaxes(type="log")

# %% times_more
from gpt_core.examples.book import deep_network

plain, helped = (float(deep_network(shortcuts=shortcuts).mean_abs_gradients[0]) for shortcuts in (False, True))
times = round(helped / plain)

# %% damage
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.gradients import without_shortcuts

both = next_token_change(trace, model.trace(trace.ids, without_shortcuts(model.config.n_layers)), 6)
picture = torch.stack([both.before, both.after], dim=1)
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 1])

# %% other_answer
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.gradients import without_shortcuts

both = next_token_change(trace, model.trace(trace.ids, without_shortcuts(model.config.n_layers)), 6)
best = int(both.before.argmax())
first, then = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
before, after = float(both.before[best]), float(both.after[best])

# %% what_is_lost
from gpt_core.measure.gradients import without_shortcuts
from gpt_core.measure.lens import surprise

broken = model.trace(trace.ids, without_shortcuts(model.config.n_layers))
whole, cut = (float(surprise(one.logits, one.ids).mean()) for one in (trace, broken))

# %% as_printed
from gpt_core.examples.book import deep_network

# Raschka, section 4.4
printed = [0.00020173587836325169, 0.0001201116, 0.000715204, 0.001398874, 0.005049646]
assert same(deep_network(shortcuts=False).mean_abs_gradients, printed)

# %% stream_is_a_sum
from gpt_core.measure.stream import everything_added

summed = everything_added(trace)
assert (summed - trace.blocks[-1].resid_post).abs().max() < 1e-3 * max(1, summed.abs().max())
