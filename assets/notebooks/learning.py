# %%
from gpt_core.weights.snapshots import load_snapshot, snapshots

points = snapshots()
kept = [point for point in points if point.kept]
snapshot = next((point for point in kept if point.step == moment), None)
earlier, finished = (load_snapshot(snapshot), load_snapshot(kept[-1])) if snapshot else (model, model)

# %% learning_curve
losses = [[nan if one.training is None else one.training, one.held_out["en"], one.held_out["fr"]] for one in points]
picture = np.array([[one.tokens, *loss] for one, loss in zip(points, losses, strict=True)])
lines(picture[:, 1:], picture[:, 0]).update_xaxes(type="log")

# %% next_token
from gpt_core.measure.difference import next_token_change

now, then = (one.trace(torch.tensor(ids[: one.config.context_length])) for one in (finished, earlier))
both = next_token_change(now, then, 8)
picture = both.after[:, None] if snapshot == kept[-1] else torch.stack([both.after, both.before], dim=1)
bars([tokenizer.decode([id]) for id in both.ids.tolist()], picture[:, 0])

# %% snapshot_in_numbers
from gpt_core.measure.text_loss import perplexity

step, tokens_ = snapshot.step, snapshot.tokens
en, fr = snapshot.held_out["en"], snapshot.held_out["fr"]
among_en, among_fr = round(perplexity(en)), round(perplexity(fr))

# %% snapshot_in_numbers 2
en, fr = page_en, page_fr
en_char, fr_char = snapshot.held_out["en"] / en, snapshot.held_out["fr"] / fr

# %% snapshot_in_numbers 3
piece, en, fr = page_piece, page_en, page_fr

# %% snapshot_in_numbers 4
from gpt_core.measure.text_loss import perplexity, text_loss

read = earlier.trace(torch.tensor(ids[: earlier.config.context_length]))
loss = text_loss(earlier, read).loss
among = perplexity(loss)

# %% before_training
from gpt_core.measure.text_loss import blind_loss, text_loss

untrained = load_snapshot(kept[0])
loss = text_loss(untrained, untrained.trace(torch.tensor(ids[: untrained.config.context_length]))).loss
n, blind = page_n, blind_loss(page_n)

# %% loss_is_mean_surprise
from gpt_core.measure.text_loss import text_loss

found = text_loss(finished, finished.trace(torch.tensor(ids[: finished.config.context_length])))
loss, bits = found.loss, found.mean_bits
assert found.deviation < 1e-5 * max(1, found.loss)

# %% look pairs
from gpt_core.training import tiny

made = tiny.pairs(tuple(ids), length=window_length, stride=window_stride)
picture = list(range(1, len(made) + 1))
windows, length, pairs, tokens_ = len(made), window_length, len(made) * window_length, len(ids)
n, shown, all_ = window_length, 14, len(made)
[(tokenizer.decode(asked), "→", tokenizer.decode(answers)) for asked, answers in made[:14]]
