# %% candidates
from gpt_core.measure.distribution import distribution, drawn
from gpt_core.measure.prediction import predicted

logits = model.trace(torch.tensor([*ids, *path])[-model.config.context_length :]).next_logits
steps = distribution(logits, temperature=temperature, top_k=top_k, top_p=top_p)
draw = drawn(steps.final, seed=seed, step=len(path))
shown_ids = predicted(logits, n=9, besides=(draw,)).ids
picture = torch.stack([steps.final[shown_ids], steps.probs[shown_ids]], dim=1)
bars([tokenizer.decode([id]) for id in shown_ids.tolist()], picture[:, 0])

# %% why_this_token
drawn_, favourite = tokenizer.token(draw), tokenizer.token(int(steps.probs.argmax()))
share, best = float(steps.final[draw]), float(steps.final[steps.probs.argmax()])
others = 1 - best

# %% tokens_cut
n, all_, kept, share = steps.n_cut, len(steps.final), steps.n_kept, steps.share_cut

# %% tokens_vanished
n, all_ = steps.n_vanished, len(steps.final)

# %% the_same_by_powers
from gpt_core.measure.distribution import by_powers, cut_as_asked

n = steps.n_kept
assert float((steps.final - by_powers(steps, temperature)).abs().sum() / 2) < 1e-3
assert cut_as_asked(steps, temperature, top_k=top_k, top_p=top_p)

# %% look hundred_draws
from gpt_core.measure.distribution import FEWEST, draw_many
from gpt_core.measure.prediction import predicted

draws = draw_many(steps.final, n=100, seed=seed)
some = shown_ids[steps.final[shown_ids] > 0]
counts, expected = draws.counts[some], draws.expected[some]
drawn_then = [*counts.tolist(), 100 - int(counts.sum())]
picture = np.column_stack([drawn_then, [*expected.tolist(), max(100 - float(expected.sum()), 0.0)]])
value, n, chance = draws.chi_squared, draws.degrees_of_freedom or FEWEST, draws.p_value
bars([*(tokenizer.decode([id]) for id in some.tolist()), "…"], picture[:, 0])
