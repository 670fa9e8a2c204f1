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

# %% look cut
from gpt_core import Intervention
from gpt_core.measure.difference import next_token_change
from gpt_core.measure.gradients import without_shortcuts

everywhere = without_shortcuts(model.config.n_layers)
change = everywhere if cut_in < 0 else Intervention(shortcuts_off={(cut_in, 1), (cut_in, 2)})
both = next_token_change(trace, model.trace(trace.ids, change), 6)
picture = torch.stack([both.before, both.after], dim=1)
moved = round(both.moved, 3)
first, second = (tokenizer.token(int(both.ids[probs.argmax()])) for probs in (both.before, both.after))
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 1])

# %% look growth
from gpt_core.measure.stream import stream_lengths

picture = lengths = stream_lengths(trace)
token, at = tokens[position], lengths[:, position]
start, end, longest = float(at[0]), float(at[-1]), float(lengths.max())
who = tokens[int(lengths.max(dim=0).values.argmax())]
deepest = lengths[int(lengths.max(dim=1).values.argmax())].numpy()
times = float(deepest.max() / np.median(deepest))
heatmap(picture, columns=names)

# %% look growth 2
from gpt_core.measure.stream import stream_lengths

at = stream_lengths(trace)[:, position]
n, all_ = int((at.diff() > 0).sum()), len(at) - 1
