# %% book_network
from gpt_core.examples.book import deep_network

picture = torch.stack([deep_network(shortcuts=shortcuts).mean_abs_gradients for shortcuts in (True, False)], dim=1)
lines(picture).update_yaxes(type="log")

# %% own_gradients
from gpt_core.measure.gradients import gradients_by_layer, without_shortcuts

whole = gradients_by_layer(model, trace.ids)
cut = gradients_by_layer(model, trace.ids, without_shortcuts(model.config.n_layers))
picture = torch.stack([whole.mean_abs, cut.mean_abs], dim=1)
lines(picture).update_yaxes(type="log")

# %% times_more
from gpt_core.examples.book import deep_network

plain, helped = (float(deep_network(shortcuts=shortcuts).mean_abs_gradients[0]) for shortcuts in (False, True))
times = round(helped / plain)

# %% which_is_larger
from gpt_core.measure.gradients import gradients_by_layer, without_shortcuts

whole = gradients_by_layer(model, trace.ids).mean_abs
cut = gradients_by_layer(model, trace.ids, without_shortcuts(model.config.n_layers)).mean_abs
n, all_ = int((cut > whole).sum()), len(cut)

# %% what_is_lost
from gpt_core.measure.gradients import gradients_by_layer, without_shortcuts

whole = gradients_by_layer(model, trace.ids).bits
cut = gradients_by_layer(model, trace.ids, without_shortcuts(model.config.n_layers)).bits

# %% as_printed
from gpt_core.examples.book import deep_network

# Raschka, section 4.4
printed = [0.00020173587836325169, 0.0001201116, 0.000715204, 0.001398874, 0.005049646]
assert same(deep_network(shortcuts=False).mean_abs_gradients, printed)

# %% stream_is_a_sum
from gpt_core.measure.stream import everything_added

summed = everything_added(trace)
assert (summed - trace.blocks[-1].resid_post).abs().max() < 1e-3 * max(1, summed.abs().max())
