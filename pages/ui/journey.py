"""What the journey shows: a token's vectors as cells, and what happens scene by scene, in the trace's own numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gpt_core import GPT, GPTConfig, GPTTrace
from gpt_core.measure import journey as way
from gpt_core.measure.whole_words import WholeWord, likeliest_words
from pages.figures import visible
from pages.services.reading import Reading, tokenizer
from pages.ui.words import _, filled, number, percent, percent_or_less, plural

MOST_BYTES = 280_000  # of all strips; of a larger model only the chosen block is shown from within
MOST_KEYS = 24  # of a head's keys and values: those that the query looks at most
LIKELIEST = 8  # next tokens at the journey's end
GUESSES = 3  # of the lens, at each block
WORDS = 3  # whole words beside the sentence
STEPS = 127  # shades on either side of zero


@dataclass(frozen=True)
class Strip:
    """Numbers as shades: `shades` times `unit` are the numbers, but for half a unit. `place` is theirs in the trace."""

    place: str
    shape: tuple[int, ...]
    unit: float
    shades: NDArray[np.int8] = field(repr=False)

    @property
    def values(self) -> NDArray[np.float64]:
        """The numbers, as exactly as the shades tell."""
        return self.shades.astype(np.float64).reshape(self.shape) * self.unit


def shaded(place: str, numbers: Tensor) -> Strip:
    """A strip of these numbers. What is not a number (too large for the computer, say) is 0."""
    array = np.nan_to_num(numbers.detach().double().numpy(), nan=0.0, posinf=0.0, neginf=0.0)
    unit = max(float(np.abs(array).max(initial=0.0)), 1e-30) / STEPS
    return Strip(place, tuple(array.shape), unit, np.rint(array / unit).astype(np.int8).ravel())


@dataclass(frozen=True)
class Looks:
    """The keys that a query looks at most in the chosen head of one block, and its weights on all of them."""

    keys: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class Way:
    """All that is drawn of one token in one pass: kept for every reader of the same text."""

    strips: tuple[Strip, ...]
    looks: tuple[Looks, ...]  # by block
    guess_ids: tuple[tuple[int, ...], ...]  # by depth: after the embedding, then after each block
    guess_probs: tuple[tuple[float, ...], ...]
    lengths: tuple[float, ...]  # of the stream, by depth
    spreads: tuple[tuple[float, float], ...]  # mean and variance before each first norm, by block
    muted: tuple[float, ...]  # share of neurons that are below zero before GELU, by block
    next_ids: tuple[int, ...]
    next_probs: tuple[float, ...]
    within: tuple[int, ...]  # the blocks that are shown from within


def token_way(model: GPT, trace: GPTTrace, position: int, layer: int, head: int, furthest: int | None = None) -> Way:
    """Collect what the journey of one token shows. Pure numbers: the same for every language.

    `furthest` is the greatest position of those that travel together: they have the same stations.
    """
    config = model.config
    within = tuple(range(config.n_layers)) if _fits(model, max(position, furthest or 0)) else (layer,)
    shown = [place for place in way.places(config.n_layers) if _is_shown(place, within)]
    strips = [shaded(place, way.vector_at(trace, place, position=position)) for place in shown]
    looks = []
    for block in range(config.n_layers):
        weights = way.of_head(trace, f"blocks.{block}.att.weights", head=head, position=position)
        keys = way.strongest_keys(weights, n=MOST_KEYS)
        looks.append(Looks(tuple(keys.tolist()), tuple(weights.tolist())))
        if block in within:
            strips.append(
                shaded(f"blocks.{block}.att.weights", trace.blocks[block].att.weights[:, position, : position + 1])
            )
            for part in ("att.keys", "att.values"):
                place = f"blocks.{block}.{part}"
                strips.append(shaded(place, way.of_head(trace, place, head=head, position=position)[keys]))
            place = f"blocks.{block}.att.queries"
            strips.append(shaded(place, way.of_head(trace, place, head=head, position=position)))
    found = way.guesses(model, trace, position=position, n=GUESSES)
    says = trace.logits_at(position).softmax(dim=-1).topk(LIKELIEST)
    stream = trace.residual_stream[:, position]
    return Way(
        strips=tuple(strips),
        looks=tuple(looks),
        guess_ids=tuple(map(tuple, found.ids.tolist())),
        guess_probs=tuple(map(tuple, found.probs.tolist())),
        lengths=tuple(stream.norm(dim=-1).tolist()),
        spreads=tuple(
            (float(block.norm1.mean[position, 0]), float(block.norm1.variance[position, 0])) for block in trace.blocks
        ),
        muted=tuple(float((block.ff.pre[position] < 0).double().mean()) for block in trace.blocks),
        next_ids=tuple(says.indices.tolist()),
        next_probs=tuple(says.values.tolist()),
        within=within,
    )


def _fits(model: GPT, position: int) -> bool:
    config = model.config
    of_block = 8 * config.emb_dim + 2 * config.ff_dim
    of_keys = config.n_heads * (position + 1) + 2 * min(position + 1, MOST_KEYS) * config.head_dim
    return config.n_layers * (of_block + of_keys) <= MOST_BYTES


def _is_shown(place: str, within: Sequence[int]) -> bool:
    inside = way.INDEX.fullmatch(place)
    return not inside or int(inside[1]) in within or inside[2] in ("resid_pre", "resid_mid", "resid_post")


def whole_words(model: GPT, trace: GPTTrace) -> list[WholeWord]:
    """The likeliest whole words after the text."""
    with torch.inference_mode():
        return likeliest_words(model, trace, tokenizer().token, n=WORDS)


@dataclass(frozen=True)
class Scene:
    """One thing that happens: its kind says how it is drawn, `places` which strips it draws, the caption what it is."""

    kind: str
    caption: str
    chapter: str
    places: tuple[str, ...] = ()
    block: int = -1  # in which it happens; -1 is outside the blocks
    within: bool = False  # part of a block seen from within; blocks passed quickly have a scene of their own


def scenes(reading: Reading, found: Way, *, position: int, head: int, joins: bool) -> list[Scene]:
    """The whole way in order. A block comes both from within and in passing: the reader chooses which is shown.

    Where it `joins`, the likeliest token comes behind the sentence at the end.
    """
    blocks = block_scenes(found, reading.card.config, reading.tokens, position=position, head=head)
    return [*_before_the_blocks(reading, position), *blocks, *_at_the_end(reading, found, joins=joins)]


def _before_the_blocks(reading: Reading, position: int) -> Iterator[Scene]:
    token, id, n_tokens = reading.tokens[position], reading.ids[position], len(reading.ids)
    falls = plural("The sentence is {n} token.", "The sentence falls into {n} tokens.", n_tokens)
    yield Scene("tokens", filled(falls, n=n_tokens), "tokens")
    yield Scene("ids", filled(_("Each token is a number: {token} is {id}."), token=token, id=id), "tokens")
    row = _("Row {id} of the table: the {n} numbers of {token}.")
    told = filled(row, id=id, n=reading.card.config.emb_dim, token=token)
    yield Scene("lookup", told, "embeddings", ("embedding.token",))
    told = filled(_("The row of position {n} is laid upon it. The sum enters the first block."), n=position)
    yield Scene("position", told, "positions", ("embedding.token", "embedding.position", "embedding.out"))


def block_scenes(found: Way, config: GPTConfig, tokens: Sequence[bytes], *, position: int, head: int) -> list[Scene]:
    """What happens in the blocks, one after another."""
    told = []
    for block in range(config.n_layers):
        told.append(_in_passing(found, block))
        if block in found.within:
            told += _attention(found, config, tokens, block, position=position, head=head)
            told += _feed_forward(found, config, block)
            guess = _("If the model stopped after block {block}, it would say {word}, with {p:.1%}.")
            told.append(_told("guess", block, guess, "forward_pass", "resid_post", **_guess(found, block + 1)))
    return told


def _guess(found: Way, depth: int) -> dict[str, object]:
    return {"word": tokenizer().token(found.guess_ids[depth][0]), "p": found.guess_probs[depth][0]}


def _in_passing(found: Way, block: int) -> Scene:
    caption = filled(
        _("Block {block} adds to the stream. If the model stopped here, it would say {word}, with {p:.1%}."),
        block=block,
        **_guess(found, block + 1),
    )
    places = tuple(f"blocks.{block}.{part}" for part in ("resid_pre", "resid_mid", "resid_post"))
    return Scene("passing", caption, "block", places, block)


def _told(kind: str, block: int, sentence: str, chapter: str, *parts: str, **values: object) -> Scene:
    """A scene within a block; `parts` are places within it."""
    places = tuple(f"blocks.{block}.{part}" for part in parts)
    return Scene(kind, filled(sentence, block=block, **values), chapter, places, block, within=True)


def _attention(
    found: Way, config: GPTConfig, tokens: Sequence[bytes], block: int, *, position: int, head: int
) -> Iterator[Scene]:
    """Normalise, look back, gather, add."""
    mean, variance = found.spreads[block]
    normalised = _("Block {block}: a copy is normalised. Mean {mean:.2f} becomes 0, variance {variance:.2f} becomes 1.")
    parts = ("resid_pre", "norm1.normalised")
    yield _told("norm1", block, normalised, "layer_norm", *parts, mean=mean, variance=variance)

    looks = found.looks[block]
    most = looks.keys[0]
    itself = _("Head {head}: the query of {token} meets every key. It looks at itself most, with {weight:.0%}.")
    another = _("Head {head}: the query of {token} meets every key. It looks at {key} most, with {weight:.0%}.")
    parts = ("resid_pre", "norm1.normalised", "att.queries", "att.keys", "att.weights")
    meets = {"head": head, "token": tokens[position], "key": tokens[most], "weight": looks.weights[most]}
    yield _told("query", block, itself if most == position else another, "self_attention", *parts, **meets)

    alone = _("The values flow, each shrunk by its weight, into the context vector of the only head.")
    together = _(
        "The values flow, each shrunk by its weight, into the context vector. All {n} heads do so, side by side."
    )
    parts = ("resid_pre", "att.values", "att.weights", "att.context")
    yield _told("values", block, alone if config.n_heads == 1 else together, "heads", *parts, n=config.n_heads)

    added = _("What attention found is added to the stream: nothing is replaced.")
    parts = ("att.context", "att.out", "resid_pre", "resid_mid")
    yield _told("attention_added", block, added, "shortcuts", *parts)


def _feed_forward(found: Way, config: GPTConfig, block: int) -> Iterator[Scene]:
    """Normalise, widen, mute, narrow and add."""
    yield _told("norm2", block, _("A copy is normalised again."), "layer_norm", "resid_mid", "norm2.normalised")

    widened = _("The feed-forward widens it: {n:,} numbers become {wide:,}.")
    parts = ("resid_mid", "norm2.normalised", "ff.pre")
    yield _told("widened", block, widened, "feed_forward", *parts, n=config.emb_dim, wide=config.ff_dim)

    muted = _("GELU mutes what is below zero: {share:.0%} of them.")
    yield _told("muted", block, muted, "feed_forward", "resid_mid", "ff.pre", "ff.post", share=found.muted[block])

    added = _("Narrowed again and added. The stream was {before:.1f} long and is {after:.1f} long.")
    parts, lengths = ("ff.post", "ff.out", "resid_mid", "resid_post"), found.lengths[block : block + 2]
    yield _told("thought_added", block, added, "shortcuts", *parts, before=lengths[0], after=lengths[1])


def _at_the_end(reading: Reading, found: Way, *, joins: bool) -> Iterator[Scene]:
    last = reading.card.config.n_layers - 1
    best = {"word": tokenizer().token(found.next_ids[0]), "p": found.next_probs[0]}
    yield Scene(
        "final_norm",
        filled(_("After the last block, one more norm.")),
        "layer_norm",
        (f"blocks.{last}.resid_post", "final_norm.normalised"),
    )
    yield Scene(
        "vocabulary",
        filled(
            _("The output head compares the vector with all {n:,} tokens: {word} comes first, with {p:.1%}."),
            n=reading.card.config.vocab_size,
            **best,
        ),
        "forward_pass",
        ("final_norm.normalised",),
    )
    if joins:
        yield Scene(
            "joined",
            filled(_("{word} joins the sentence, and the next round can begin: only the new token travels."), **best),
            "generation",
        )


def header(
    reading: Reading, found: Way, told: Sequence[Scene], *, position: int, layer: int, head: int
) -> dict[str, object]:
    """What the stage needs of one sentence besides the shades; tokens are as they are shown."""
    pieces = tokenizer().token
    words = reading.of(whole_words) if position == len(reading.ids) - 1 else []
    return {
        "tokens": [visible(token) for token in reading.tokens],
        "ids": list(reading.ids),
        "position": position,
        "layer": layer,
        "head": head,
        "heads": reading.card.config.n_heads,
        "depth": reading.card.config.n_layers,
        "within": list(found.within),
        "looks": [asdict(looks) for looks in found.looks],
        "percents": [[percent(weight, 0) for weight in looks.weights] for looks in found.looks],
        "guesses": [
            [[visible(pieces(id)), p, percent_or_less(p)] for id, p in zip(ids, probs, strict=True)]
            for ids, probs in zip(found.guess_ids, found.guess_probs, strict=True)
        ],
        "next": [
            [visible(pieces(id)), p, percent_or_less(p)] for id, p in zip(found.next_ids, found.next_probs, strict=True)
        ],
        "words": [
            [
                visible(b"".join(map(pieces, word.pieces)), longest=24),
                word.probability,
                percent_or_less(word.probability),
            ]
            for word in words
        ],
        "scenes": [asdict(scene) for scene in told],
        "strips": [[strip.place, list(strip.shape), strip.unit, _largest(strip)] for strip in found.strips],
        "lengths": [number(length, 1) for length in found.lengths],
    }


def _largest(strip: Strip) -> str:
    """The largest number of a strip, without its sign, in three digits or so."""
    largest = strip.unit * STEPS
    return number(largest, 0 if largest >= 100 else 1 if largest >= 10 else 2)


def labels() -> dict[str, str]:
    """The stage's own few words."""
    return {
        "stream": _("residual stream"),
        "copy": _("normalised copy"),
        "context": _("context vector, all heads"),
        "attention": _("what attention adds"),
        "wide": _("widened"),
        "muted": _("after GELU"),
        "thought": _("what feed-forward adds"),
        "token": _("row of the token"),
        "position": _("row of the position"),
        "final": _("after the last norm"),
        "would_say": _("it would say"),
        "embedding": _("embedding"),
        "block": _("block {n}"),
        "next": _("next token"),
        "next_word": _("next word"),
        "follow": _("Follow a token"),
        "play": _("Play"),
        "pause": _("Pause"),
        "back": _("One step back"),
        "on": _("One step on"),
        "first": _("Back to the sentence"),
        "speed": _("Speed"),
        "everywhere": _("All blocks from within"),
        "all_heads": _("All heads"),
        "in_words": _("The journey in words"),
        "place": _("Place in the journey"),
        "next_round": _("Next round"),
        "stage": _("The journey of one token through the model"),
        "first_sentence": _("First sentence"),
        "second_sentence": _("Second sentence"),
        "differs": _("What differs"),
    }
