"""Every check can fail: for each, the arithmetic above it is spoilt in some way, and it must turn red.

A row of `TABLE` is a check with the changes that it must notice. Checks are found in the source, so that none can be
without a row. Nothing is kept between two rows: a wrong number in the cache would be another test's.
"""

import ast
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from math import sqrt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator
from torch.nn import functional as F

from gpt_core.examples import book, recurrent
from gpt_core.generation import sampling
from gpt_core.measure import (
    ablation,
    anatomy,
    distribution,
    dropout,
    embedding_space,
    heads,
    lens,
    mattered,
    norm_order,
    positions,
    prediction,
    projection,
    text_loss,
    whole_words,
)
from gpt_core.model import attention, embedding, feed_forward, intervention, layer_norm, trace
from gpt_core.tokenizer import bpe, bpe_training
from gpt_core.training import loop, tiny
from pages import show
from pages.services.reading import Reading, read
from pages.services.shared import engine
from pages.ui import chapter, glossary, session
from pages.ui.choices import Choices
from pages.ui.components import chips

ROOT = Path(__file__).parent.parent.parent
TEXT = "The old king gave the golden key to the old king"
LAYER, HEAD, TOKEN, KEY = 2, 1, 7, 3
Spoil = Callable[[pytest.MonkeyPatch], object]


# --- where the checks are -------------------------------------------------------------------------------------------


def checks_in(path: Path) -> Iterator[tuple[str, range]]:
    """Each call of `check`: the file with its function and its number there, and the lines that the call takes."""
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef) and function.name != "check":
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            named = [call for call in calls if ast.unparse(call.func) in {"check", "chapter.check"}]
            name = f"{path.relative_to(ROOT / 'pages').with_suffix('')}:{function.name}"
            for n, call in enumerate(sorted(named, key=lambda call: call.lineno)):
                yield (f"{name} {n}" if n else name), range(call.lineno, (call.end_lineno or call.lineno) + 1)


FOUND = {(path, lines): name for path in sorted((ROOT / "pages").rglob("*.py")) for name, lines in checks_in(path)}


def name_of_check() -> str:
    """Of the check that is being told, by who called it."""
    for frame in reversed(traceback.extract_stack()):
        for (path, lines), name in FOUND.items():
            if Path(frame.filename) == path and frame.lineno in lines:
                return name
    raise AssertionError("a check that is not in the source")


# --- ways to spoil the arithmetic -----------------------------------------------------------------------------------


def put(place: Any, name: str, other: Any, *, new: bool = False) -> Spoil:
    """`other` in the place of a function, a property or a number; or, where it is `new`, before one of Python's own."""
    return lambda patch: patch.setattr(place, name, other, raising=not new)


def changed(place: Any, name: str, change: Callable[[Any], Any]) -> Spoil:
    """A function whose result is changed."""
    original = getattr(place, name)
    return put(place, name, lambda *args, **settings: change(original(*args, **settings)))


def part_changed(place: Any, name: str, **parts: Callable[[Any], Any]) -> Spoil:
    """The same for some fields of a result."""
    return changed(
        place, name, lambda result: replace(result, **{one: how(getattr(result, one)) for one, how in parts.items()})
    )


def attending(quotient: Callable[[int], float], sharper: float = 1.0) -> Spoil:
    """Attention that divides its scores by another number, or multiplies them before the softmax."""

    def attend(queries, keys, values, mask):
        scores = queries @ keys.transpose(-2, -1)
        masked = (sharper * scores / quotient(queries.shape[-1])).masked_fill(mask, -torch.inf)
        weights = masked.softmax(dim=-1)
        return scores, weights, weights @ values

    return lambda patch: [patch.setattr(module, "attend", attend) for module in (attention, book)]


def scaled(quotient: Callable[[int], float]) -> property:
    """The scaled scores as a trace tells them, by another number."""
    return property(lambda att: att.scores / quotient(att.queries.shape[-1]))


def sharper(factor: float) -> property:
    """Masked scores as a trace tells them, multiplied."""
    return property(lambda att: (factor * att.scaled).masked_fill(att.mask, -torch.inf))


def unbiased(self, x, *, skip=False):
    """A layer norm that divides by n - 1."""
    mean, variance = x.mean(dim=-1, keepdim=True), x.var(dim=-1, keepdim=True)
    normalised = (x - mean) * torch.rsqrt(variance + 1e-5)
    return trace.LayerNormTrace(mean, variance, normalised, normalised * self.scale + self.shift)


def unshared(rows: torch.Tensor) -> torch.Tensor:
    """Rows that no longer go together with what they were."""
    return rows.roll(1, dims=0)


def without_bias(self, x, *, old=attention.SelfAttention.trace, **settings):
    """Attention that forgets the bias of its projection."""
    found = old(self, x, **settings)
    return replace(found, out=found.out - self.out_proj.bias)


def without_last_bias(self, x, *, old=feed_forward.FeedForward.trace, **settings):
    """A feed-forward that forgets the bias of its second layer."""
    found = old(self, x, **settings)
    return replace(found, out=found.out - self.down.bias)


def short_only(self, left, right, old=bpe.Tokenizer._rank):
    """A vocabulary without tokens of more than three bytes."""
    return old(self, left, right) if len(left + right) <= 3 else bpe.NEVER


def next_heads(trace, old=heads.all_weights):
    """The weights of every head under the number of the one before."""
    return old(trace).roll(1, dims=1)


def neighbours_rows(self, ids, *, start=0, positions=True, old=embedding.Embedding.trace):
    """Embeddings of the ids that come after."""
    return old(self, ids + 1, start=start, positions=positions)


def wrong_slope(vectors, *, state_dim=32, strength=0.9, seed=123, old=recurrent.recurrent_reach):
    """Influences as if tanh's slope were 1 - s."""
    reach = old(vectors, state_dim=state_dim, strength=strength, seed=seed)
    W, U = recurrent._network(vectors.shape[-1], state_dim, strength, seed)
    influence, carried = [], torch.eye(state_dim)
    for state in reach.states.flip(0):
        influence.append((carried * (1 - state) @ W).norm())
        carried = carried * (1 - state) @ U
    return recurrent.Reach(reach.states, torch.stack(influence[::-1]))


def without_the_last(mask):
    """What a cut leaves, less the last token of it."""
    left = mask.clone()
    left[mask.nonzero()[-1]] = False
    return left


def leaving_it_behind(old=intervention.LayerIntervention.output):
    """What a change does to a layer's output, it does to all passes that follow."""
    seen = []

    def output(self, sub_layer):
        seen.append(self.whole) if self.whole else None
        found = old(self, sub_layer)
        return replace(found, out=found.out * 1.01) if seen else found

    return output


def own_surprise(logits, ids):
    """The surprise of each token at itself."""
    return -logits[1:].log_softmax(dim=-1).gather(-1, ids[1:, None])[:, 0] / torch.log(torch.tensor(2.0))


def ungrown(weights, *, rate, seed, old=dropout.dropped_out):
    """Dropout that leaves what it keeps as it was."""
    return old(weights, rate=rate, seed=seed) * (1 - rate)


def once_and_again(weights, *, rate, seed, draws):
    """The mean of draws that are all the same."""
    return dropout.dropped_out(weights, rate=rate, seed=seed)


def at_another_rate(weights, *, rate, seed, draws, old=dropout.mean_of_draws):
    """The mean of draws that drop more than they make up for."""
    return old(weights, rate=0.9, seed=seed, draws=draws) * (1 - 0.9) / (1 - rate)


def mixed_up(part, context, old=heads.head_outputs):
    """Each head through the columns of the next."""
    return old(part, context.roll(1, dims=0))


def bent(vectors, *, base=10_000.0, old=positions.rotate):
    """Turned, and longer the later it stands."""
    return old(vectors, base=base) * torch.arange(1.0, 1 + vectors.shape[-2])[:, None]


def with_places(self, ids, *, start=0, positions=True, old=embedding.Embedding.trace):
    """Positions that cannot be dropped."""
    return old(self, ids, start=start)


def half_a_logit(model, trace, *, token, position, old=lens.contributions):
    """Contributions that forget the biases of attention."""
    parts = old(model, trace, token=token, position=position)
    return replace(parts, attention_bias=torch.zeros_like(parts.attention_bias))


def without_centring(model, trace, part, *, position):
    """The final norm's share of a part that forgets its mean."""
    return part * torch.rsqrt(trace.final_norm.variance[position] + 1e-5) * model.final_norm.scale * 1.01


def norm_within_the_sum(model, ids, order, *, old=norm_order.ordered_stream):
    """Post-norm that normalises what a sub-layer gives, not the sum."""
    if order == "pre":
        return old(model, ids, order)
    stream = [model.embedding.trace(ids).out]
    for block in model.blocks:
        middle = stream[-1] + block.norm1(block.att(stream[-1]))
        stream.append(middle + block.norm2(block.ff(middle)))
    return torch.stack(stream)


PAIRS, DROPOUT, NORM_ORDER, TWO_WAYS, CONTINUATION = (
    import_module(f"pages.experiments.{name}")
    for name in (
        "start.pairs",
        "causal_mask.dropout",
        "block.norm_order",
        "causal_mask.two_ways",
        "generation.continuation",
    )
)
CONTRIBUTIONS = {
    "biases forgotten": put(lens, "contributions", half_a_logit),
    "the norm’s spread is another": put(lens, "through_final_norm", without_centring),
}
NO_MASK = put(attention, "causal_mask", lambda n, m: torch.zeros(n, m, dtype=torch.bool))
BY_D, SHARPER = attending(float), attending(sqrt, 1.7)
OTHER_EPSILON = put(layer_norm, "EPS", 1e-3)
NO_SHIFT = changed(layer_norm.LayerNorm, "trace", lambda norm: replace(norm, out=norm.out * 1.01))
NO_RESIDUAL = put(intervention.LayerIntervention, "add", lambda self, stream, out, *, shortcut: out)
LATE = put(
    embedding.Embedding,
    "trace",
    lambda self, ids, *, start=0, positions=True, old=embedding.Embedding.trace: old(self, ids, start=start + 1),
)
NO_POSITIONS = put(
    embedding.Embedding,
    "trace",
    lambda self, ids, *, start=0, positions=True, old=embedding.Embedding.trace: old(self, ids, positions=False),
)
NO_BIAS = put(attention.SelfAttention, "trace", without_bias)
EXACT_GELU = put(feed_forward, "gelu", F.gelu)
RELU = put(feed_forward, "gelu", F.relu)
WARM = put(trace.GPTTrace, "logits_at", lambda self, at: self.out_head(self.final_norm.out[..., at, :]) / 1.1)
ONE_BEFORE = put(trace.GPTTrace, "logits_at", lambda self, at: self.out_head(self.final_norm.out[..., at - 1, :]))
OTHER_HEAD = put(heads, "all_weights", next_heads)
PASS = {
    "÷ d": BY_D,
    "softmax of 1.7 times the scores": SHARPER,
    "no mask": NO_MASK,
    "another ε": OTHER_EPSILON,
    "a shortcut left out": NO_RESIDUAL,
    "a bias forgotten": NO_BIAS,
    "ReLU": RELU,
    "positions late by one": LATE,
}
WEIGHTS = {name: PASS[name] for name in ("÷ d", "softmax of 1.7 times the scores", "no mask")}
DRAWN = {
    "÷ d as drawn": put(trace.AttentionTrace, "scaled", scaled(float)),
    "1.7 times the scores as written": put(trace.AttentionTrace, "masked", sharper(1.7)),
}


# --- the table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """How to reach a check, and what it must notice."""

    spoils: dict[str, Spoil]
    step: str = ""  # of a page; an experiment has `draw`
    first: str = ""  # the step before it, where that counts
    layer: int = LAYER
    settings: dict[str, Any] = field(default_factory=dict)
    text: str = TEXT
    model: str = "storyteller"


TABLE = {
    "00_start:the_same_by_torch": Row(
        {**PASS, "logits ÷ 1.1": WARM, "what follows the token before": ONE_BEFORE}, step="the_same_by_torch"
    ),
    "01_tokens:nothing_is_lost": Row(
        {
            "the first pair merges, not the lowest rank": put(bpe, "min", lambda ranks: ranks[0], new=True),
            "no token of more than three bytes": put(bpe.Tokenizer, "_rank", short_only),
        },
        step="nothing_is_lost",
    ),
    "02_embeddings:one_row_for_an_id": Row(
        {"the row of another id": put(embedding.Embedding, "trace", neighbours_rows)}, step="one_row_for_an_id"
    ),
    "03_positions:the_sum_is_the_input": Row(
        {
            "positions late by one": LATE,
            "no positions": NO_POSITIONS,
            "token − position": part_changed(embedding.Embedding, "trace", out=lambda out: -out),
            "another position drawn": part_changed(embedding.Embedding, "trace", position=unshared),
        },
        step="the_sum_is_the_input",
    ),
    "04_why_attention:differentiated": Row(
        {
            "tanh’s slope as 1 − s": put(recurrent, "recurrent_reach", wrong_slope),
        },
        step="differentiated",
    ),
    "06_causal_mask:nothing_ahead": Row({**WEIGHTS, **DRAWN}, step="nothing_ahead"),
    "07_heads:the_same_by_torch": Row({**WEIGHTS, "another head": OTHER_HEAD}, step="the_same_by_torch"),
    "08_layer_norm:normalised": Row(
        {
            "another ε": OTHER_EPSILON,
            "÷ (n − 1)": put(layer_norm.LayerNorm, "trace", unbiased),
            "no shift": part_changed(layer_norm.LayerNorm, "trace", out=lambda out: out - 0.01),
            "not centred": part_changed(layer_norm.LayerNorm, "trace", normalised=lambda rows: rows + 0.01),
        },
        step="normalised",
        layer=0,
    ),
    "09_feed_forward:neuron_by_neuron": Row(
        {
            "exact GELU": EXACT_GELU,
            "ReLU": RELU,
            "a bias forgotten": put(feed_forward.FeedForward, "trace", without_last_bias),
        },
        step="neuron_by_neuron",
    ),
    "10_shortcuts:as_printed": Row({"exact GELU": put(book, "gelu", F.gelu)}, step="as_printed"),
    "10_shortcuts:stream_is_a_sum": Row({"a shortcut left out": NO_RESIDUAL}, step="stream_is_a_sum"),
    "11_block:sum_of_three": Row(
        {name: PASS[name] for name in PASS if name != "positions late by one"}, step="sum_of_three", layer=0
    ),
    "12_anatomy:counted_twice": Row(
        {"biases forgotten": part_changed(anatomy, "count_parameters", attention=lambda n: n - 192)},
        step="counted_twice",
    ),
    "13_forward_pass:the_same_by_torch": Row(
        {**PASS, "logits ÷ 1.1": WARM, "what follows the token before": ONE_BEFORE}, step="the_same_by_torch"
    ),
    "13_forward_pass:lens_is_the_output": Row(
        {
            "no mask": NO_MASK,
            "the lens without the norm": put(prediction, "logit_lens", lambda model, stream: model.out_head(stream)),
        },
        step="lens_is_the_output",
    ),
    "14_generation:the_same_by_powers": Row(
        {
            "a power of the temperature": put(
                distribution, "apply_temperature", lambda logits, t: sampling.apply_temperature(logits, t * t)
            ),
            "not shared out again": put(distribution, "renormalise_over", lambda probs, mask: probs * mask),
            "one token too few": changed(distribution, "top_k_top_p_mask", without_the_last),
            "the least likely are kept": changed(distribution, "top_k_top_p_mask", torch.logical_not),
        },
        step="the_same_by_powers",
        settings={"generation_temperature": 0.8, "generation_top_k": 5, "generation_top_p": 1.0, "generation_seed": 1},
    ),
    "15_what_if:nothing_left_behind": Row(
        {"each change stays": put(intervention.LayerIntervention, "output", leaving_it_behind())},
        step="nothing_left_behind",
        first="next_token",
    ),
    "16_learning:loss_is_mean_surprise": Row(
        {
            "the token itself is to be guessed": put(text_loss, "surprise", own_surprise),
            "in bits, not nats": put(text_loss, "NATS", 1.0),
        },
        step="loss_is_mean_surprise",
    ),
    "17_glossary:names_are_in_code": Row(
        {"a name that nothing bears": put(glossary, "given", lambda: frozenset({"GPT"}))}, step="names_are_in_code"
    ),
    "experiments/anatomy/calculator:draw": Row(
        {"biases forgotten": part_changed(anatomy, "count_parameters", attention=lambda n: n - 192)},
        settings=dict.fromkeys(("anatomy_qkv_bias", "anatomy_tied"), False),
    ),
    "experiments/causal_mask/dropout:_check_draws": Row(
        {"one weight disturbed": changed(DROPOUT, "mean_of_draws", lambda mean: mean + 1e-3)},
        settings={"causal_mask_rate": 0.0},
    ),
    "experiments/causal_mask/dropout:_check_draws 1": Row(
        {
            "the kept do not grow": put(DROPOUT, "dropped_out", ungrown),
            "always the same draw": put(DROPOUT, "mean_of_draws", once_and_again),
            "another rate": put(DROPOUT, "mean_of_draws", at_another_rate),
        },
    ),
    "experiments/block/norm_order:_check": Row(
        {
            **{name: PASS[name] for name in ("÷ d", "no mask", "another ε", "a bias forgotten", "ReLU")},
            "the norm within the sum": put(NORM_ORDER, "ordered_stream", norm_within_the_sum),
        },
        step="experiments/block/norm_order:draw",
        layer=0,
    ),
    "experiments/causal_mask/mask_off:draw": Row({"no mask": NO_MASK}),
    "experiments/causal_mask/matrices:two_ways": Row(
        {"not shared out again": put(TWO_WAYS, "renormalised", lambda weights, mask: weights.masked_fill(mask, 0))},
        step="experiments/causal_mask/two_ways:draw",
    ),
    "experiments/feed_forward/one_neuron:draw": Row({"exact GELU": EXACT_GELU, "ReLU": RELU}),
    "experiments/feed_forward/swapped:_check": Row(
        {
            "the other of the two": put(feed_forward, "BENDS", {"relu": F.silu, "silu": F.relu}),
            "no swap": put(feed_forward, "BENDS", dict.fromkeys(("relu", "silu"), feed_forward.gelu)),
        }
    ),
    "experiments/forward_pass/book_example:draw": Row(
        {"÷ d": BY_D, "a shortcut left out": NO_RESIDUAL}, text=book.PROMPT, model="random-124m"
    ),
    "experiments/embeddings/word_map:tell_neighbours": Row(
        {"products, not cosines": put(embedding_space, "cosine_table", lambda rows: rows @ rows.T)}
    ),
    "experiments/forward_pass/contributions:draw": Row(CONTRIBUTIONS),
    "experiments/forward_pass/followed:draw": Row(
        {
            "no mask": NO_MASK,
            "the lens without the norm": put(prediction, "logit_lens", lambda model, stream: model.out_head(stream)),
        },
        settings={"forward_typed": " king"},
    ),
    "experiments/forward_pass/mattered:draw": Row(
        {
            "in nats, not bits": put(mattered, "_log2", lambda logits, token: logits.log_softmax(dim=-1)[token]),
            "no mask": NO_MASK,
        }
    ),
    "experiments/forward_pass/word_candidates:draw": Row(
        {
            "no product": changed(
                whole_words, "likeliest_words", lambda found: [replace(one, probability=0.5) for one in found]
            ),
            "no mask": NO_MASK,
        }
    ),
    "experiments/generation/nine_words:draw": Row(
        {"another temperature": part_changed(CONTINUATION, "distribution", probs=lambda probs: probs**2)},
        settings={"generation_temperature": 0.8, "generation_top_k": 5, "generation_top_p": 1.0, "generation_seed": 1},
    ),
    "experiments/heads/contributions:draw": Row(CONTRIBUTIONS),
    "experiments/heads/split:draw": Row(
        {"columns of another head": put(heads, "head_outputs", mixed_up), "a bias forgotten": NO_BIAS}
    ),
    "experiments/layer_norm/book_example:draw": Row(
        {
            "another seed": put(book, "seeded", lambda seed, old=book.seeded: old(seed + 1)),
            "÷ n as ÷ (n − 1)": part_changed(book, "layer_norm_example", normalised=lambda rows: rows * sqrt(6 / 5)),
            "÷ (n − 1) as ÷ n": part_changed(
                book, "layer_norm_example", normalised_biased=lambda rows: rows / sqrt(6 / 5)
            ),
        }
    ),
    "experiments/learning/live:_draw": Row(
        {
            "twice the loss": changed(loop, "next_token_loss", lambda loss: 2 * loss),
        },
        step="_draw",
    ),
    "experiments/positions/rotation:draw": Row(
        {"an angle of its own for each position": put(positions, "rotate", bent)}
    ),
    "experiments/positions/shuffle:_check_first_layer": Row(
        {"positions stay": put(embedding.Embedding, "trace", with_places)},
        settings={"positions_shuffle_dropped": True},
    ),
    "experiments/self_attention/projections:draw": Row(
        {
            "another number": part_changed(attention.SelfAttention, "trace", keys=lambda keys: keys.flip(-1)),
            "another head": part_changed(attention.SelfAttention, "trace", keys=unshared),
            "a term left out": changed(projection, "written_out", lambda found: replace(found, terms=found.terms[1:])),
        },
        settings={"self_attention_product": "model", "self_attention_role": "key"},
    ),
    "experiments/self_attention/context_sum:draw": Row(
        {**WEIGHTS, "another head’s values": part_changed(attention.SelfAttention, "trace", values=unshared)}
    ),
    "experiments/self_attention/written_sums:check_sums": Row(
        {**WEIGHTS, **DRAWN}, step="05_self_attention:the_models_own"
    ),
    "experiments/start/pairs:tell_numbers": Row(
        {
            **{name: PASS[name] for name in ("÷ d", "no mask", "ReLU")},
            "each token surprised at itself": put(PAIRS, "surprise", own_surprise),
        },
        step="experiments/start/pairs:draw",
    ),
    "experiments/tokens/book_example:draw": Row({"the mark as ordinary text": put(bpe, "END_OF_TEXT", "<|end|>")}),
    "experiments/tokens/trained_bpe:draw": Row(
        {"merges in another order": changed(bpe_training, "encode", lambda parts: [*parts[:-2], b"".join(parts[-2:])])}
    ),
    "experiments/what_if/dial:draw": Row(
        {"a hundredth more": put(attention, "scaled_heads", lambda context, times: context * 1.01)}
    ),
    "experiments/what_if/patching:draw": Row({"one token beside": changed(ablation, "at_site", unshared)}),
}


# --- running them ---------------------------------------------------------------------------------------------------


def drawn(name: str, row: Row, patch: pytest.MonkeyPatch, spoil: Spoil | None = None) -> list[bool]:
    """Draw what holds the check called `name`, and how that check came out: as often as it was made."""
    told: list[tuple[str, bool]] = []
    settings = dict(row.settings)
    patch.setattr(st, "success", lambda *_args, **_settings: told.append((name_of_check(), True)))
    patch.setattr(st, "error", lambda *_args, **_settings: told.append((name_of_check(), False)))
    patch.setattr(session, "get", settings.get)
    patch.setattr(session, "set", settings.__setitem__)
    patch.setattr(chapter, "part", lambda _name: "")
    patch.setattr(show, "chart", lambda *_args, **_settings: None)
    patch.setattr(chips, "draw", lambda *_args, **_settings: None)
    for widget in ("select_slider", "toggle", "selectbox", "text_input", "number_input"):
        patch.setattr(DeltaGenerator, widget, answering(settings, getattr(DeltaGenerator, widget)))
        patch.setattr(st, widget, answering(settings, getattr(st, widget)))
    kept: dict[Any, Any] = {}
    patch.setattr(engine, "cached", lambda key, work, session="": cached(kept, key, work))
    reading = read(row.model, row.text)
    last = len(reading.ids) - 1
    chosen = Choices(row.text, row.model, row.layer, HEAD, min(TOKEN, last), min(KEY, last), "en", present=False)
    place, _colon, step = (row.step if ":" in row.step else f"{name.split(':')[0]}:{row.step or 'draw'}").partition(":")
    if spoil:
        spoil(patch)
    page = import_module(f"pages.{place.replace('/', '.')}")
    for one in filter(None, (row.first, step)):
        getattr(page, one)(*trained(reading) if one == "_draw" else (reading, chosen))
    return [holds for one, holds in told if one == name]


def answering(settings: dict[str, Any], old: Callable[..., Any]) -> Callable[..., Any]:
    """A widget that says what the settings do, and otherwise what it says at first."""
    return lambda *args, key=None, **looks: settings[key] if key in settings else old(*args, key=key, **looks)


def cached(kept: dict[Any, Any], key: Any, work: Callable[[], Any]) -> Any:
    """As the engine computes and keeps."""
    if key not in kept:
        with torch.inference_mode():
            kept[key] = work()
    return kept[key]


def trained(reading: Reading) -> tuple[SimpleNamespace, list[tiny.Progress]]:
    """A live training that has just begun."""
    return SimpleNamespace(ids=reading.ids, samples=[]), [next(tiny.learn(reading.ids, steps=20))]


def test_every_check_has_a_row_and_every_row_its_check():
    assert sorted(TABLE) == sorted(FOUND.values())
    assert all(row.spoils for row in TABLE.values())


@pytest.mark.parametrize("name", TABLE)
def test_a_check_holds(name, monkeypatch):
    found = drawn(name, TABLE[name], monkeypatch)
    assert found and all(found)


@pytest.mark.parametrize(("name", "spoilt"), [(name, spoilt) for name, row in TABLE.items() for spoilt in row.spoils])
def test_a_check_turns_red_when_what_stands_above_it_is_spoilt(name, spoilt, monkeypatch):
    row = TABLE[name]
    found = drawn(name, row, monkeypatch, row.spoils[spoilt])
    assert found and not any(found)
