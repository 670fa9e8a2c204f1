"""What the start page shows: the map with this text's own numbers, the two stages of training, what GPT-3 read."""

import pandas as pd
import streamlit as st
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.trace import BlockTrace
from gpt_core.weights.catalogue import CATALOGUE
from pages import figures
from pages.figures import palette, visible
from pages.services.reading import Reading, tokenizer
from pages.ui import chapter
from pages.ui.choices import Choices
from pages.ui.components import road_map
from pages.ui.components.chart import chart
from pages.ui.components.road_map import Bar, Line, Station
from pages.ui.layout import columns
from pages.ui.words import _, number, plural

CELLS = 64  # numbers of a vector that are shown as coloured cells
SHORT = 10  # signs of a token that has a number beside it

# Brown et al. 2020, "Language Models are Few-Shot Learners", table 2.2: billions of tokens, share of what was read
GPT3_DATA = {"CommonCrawl": (410, 0.60), "WebText2": (19, 0.22), "Books1": (12, 0.08), "Books2": (55, 0.08)}
GPT3_DATA |= {"Wikipedia": (3, 0.03)}


def piece(id: Tensor | int) -> bytes:
    """The bytes of one token."""
    return tokenizer().token(int(id))


def next_chances(reading: Reading) -> Tensor:
    """The probability of every token of the vocabulary to come next."""
    trace = reading.trace
    return reading.once("next chances", work=lambda: trace.next_logits.softmax(dim=-1))


def road(reading: Reading | None, chosen: Choices) -> list[Line]:
    """The map. Without a text, each station still says what the model has there."""
    config = CATALOGUE[chosen.model].config
    block = reading.trace.blocks[chosen.layer] if reading else None
    return [
        Line(_("From text to vectors"), palette.TOKEN, to_vectors(reading, chosen, config)),
        Line(
            _("The block"),
            palette.ATTENTION,
            within_block(reading, block, chosen, config),
            repeats=plural("{n} such block", "× {n} such blocks", config.n_layers).format(n=config.n_layers),
        ),
        Line(_("The next word"), palette.VALUE, to_next_word(reading, chosen, config)),
    ]


def to_vectors(reading: Reading | None, chosen: Choices, config: GPTConfig) -> list[Station]:
    if reading is None:
        return [
            Station(_("Your text"), fact=_("not there yet: type a sentence at the left")),
            Station(_("Tokens"), ("tokens",), _("{n} pieces to choose from").format(n=number(config.vocab_size))),
            Station(_("Embeddings"), ("embeddings",), _("{n} numbers for each").format(n=number(config.emb_dim))),
            Station(_("Positions"), ("positions",), _("{n} places").format(n=number(config.context_length))),
        ]
    at, embedding = chosen.token, reading.trace.embedding
    n_tokens, n_characters = len(reading.ids), len(reading.text)
    length = plural("{n} character", "{n} characters", n_characters).format(n=number(n_characters))
    count = plural("{n} token; no. {at}:", "{n} tokens; no. {at}:", n_tokens).format(n=number(n_tokens), at=at)
    row = _("its row of {n} numbers").format(n=number(config.emb_dim))
    return [
        Station(_("Your text"), fact=length),
        Station(_("Tokens"), ("tokens",), count, chips=(f"{visible(reading.tokens[at])} = {reading.ids[at]}",)),
        Station(_("Embeddings"), ("embeddings",), row, strip=cells(embedding.token[at])),
        Station(
            _("Positions"),
            ("positions",),
            _("plus the row of place {at}").format(at=at),
            strip=cells(embedding.position[at]),
        ),
    ]


def within_block(
    reading: Reading | None, block: BlockTrace | None, chosen: Choices, config: GPTConfig
) -> list[Station]:
    attention = plural("{n} head looks back", "{n} heads look back", config.n_heads).format(n=config.n_heads)
    spread, looked_at, after = _("mean 0, variance 1"), (), ()
    if reading and block:
        most = block.att.weights[chosen.head, chosen.token, : chosen.token + 1].topk(min(2, chosen.token + 1))
        attention = _("head {head} looks at:").format(head=chosen.head)
        looked_at = tuple(
            f"{visible(reading.tokens[int(key)], longest=SHORT)} {percentage(float(weight), 0)}"
            for key, weight in zip(most.indices, most.values, strict=True)
        )
        variance = float(block.norm1.variance[chosen.token, 0])
        spread = _("variance {before} → 1").format(before=number(variance, 3 if variance < 1 else 1))
        after = cells(block.resid_post[chosen.token])
    sizes = " → ".join(number(size) for size in (config.emb_dim, config.ff_dim, config.emb_dim))
    return [
        Station(_("Layer norm"), ("layer_norm",), spread),
        Station(_("Attention"), ("why_attention", "self_attention", "causal_mask", "heads"), attention, looked_at),
        Station(_("Shortcut"), ("shortcuts",), _("what came in is added")),
        Station(_("Feed-forward"), ("feed_forward",), sizes),
        Station(_("Out of block {layer}").format(layer=chosen.layer), ("block",), strip=after),
    ]


def to_next_word(reading: Reading | None, chosen: Choices, config: GPTConfig) -> list[Station]:
    bars, continued = (), ()
    fact = _("a probability for {n} tokens").format(n=number(config.vocab_size))
    if reading:
        best = next_chances(reading).topk(3)
        bars = tuple(
            Bar(visible(piece(id)), share=float(p), words=percentage(float(p)))
            for id, p in zip(best.indices, best.values, strict=True)
        )
        fact = _("likeliest of {n}:").format(n=number(config.vocab_size))
        continued = (visible(reading.tokens[-1]), visible(piece(best.indices[0])), "…")
    size = _("{n} parameters").format(n=number(CATALOGUE[chosen.model].parameters))
    return [
        Station(_("Forward pass"), ("forward_pass",), fact, bars=bars),
        Station(_("Generation"), ("generation",), _("one is added, and again"), continued),
        Station(_("Anatomy"), ("anatomy",), size),
        Station(_("Questions"), ("what_if", "learning", "glossary"), _("what if … · learning · words")),
    ]


def percentage(p: float, digits: int = 1) -> str:
    """A probability in few characters."""
    least = 10**-digits
    return _("{n}%").format(n=number(100 * p, digits) if 200 * p >= least else f"< {number(least, digits)}")


def cells(vector: Tensor) -> tuple[float, ...]:
    """The first numbers of a vector, for a strip of coloured cells."""
    return tuple(round(value, 4) for value in vector[:CELLS].tolist())


def two_stages(reading: Reading | None) -> None:
    """Pre-training on raw text, then fine-tuning: a map of its own, with the reader's text as raw text."""
    chapter.say("two_stages")
    tokens = [visible(token) for token in reading.tokens[:5]] if reading else []
    pair = (*tokens[:-1], "→", tokens[-1]) if len(tokens) > 1 else ()
    road_map.draw(
        [
            Line(
                _("1 · Pre-training"),
                palette.PLAIN,
                [
                    Station(_("Raw text"), fact=_("books and web pages; nobody has labelled them")),
                    Station(_("Guess the next token"), ("learning",), _("the text itself has the answer:"), pair),
                    Station(_("A foundation model"), fact=_("it continues any text, and nothing else")),
                ],
            ),
            Line(
                _("2 · Fine-tuning"),
                palette.FEED_FORWARD,
                [
                    Station(_("Little data, little time"), fact=_("thousands of examples, not billions of tokens")),
                    Station(_("By instruction"), fact=_("questions with good answers: an assistant")),
                    Station(_("or by classification"), fact=_("texts with a label: spam or not spam")),
                ],
            ),
        ],
        key="two_stages",
        label=_("Pre-training, then fine-tuning"),
    )


def gpt3_table() -> pd.DataFrame:
    """A line for each source: its size, and which share of what GPT-3 read came from it."""
    return pd.DataFrame(
        [(name, tokens, percentage(share, 0)) for name, (tokens, share) in GPT3_DATA.items()],
        columns=[_("source"), _("billion tokens"), _("of what was read")],
    )


def what_gpt3_read() -> None:
    """Each source's share of the tokens there were, and of the tokens that GPT-3 read."""
    chapter.say("gpt3")
    total = sum(tokens for tokens, _share in GPT3_DATA.values())
    shares, lines = columns(5, 4)
    with shares:
        chart(
            figures.bars(
                [share for _tokens, share in GPT3_DATA.values()],
                labels=list(GPT3_DATA),
                second=[tokens / total for tokens, _share in GPT3_DATA.values()],
                names=(_("share of what was read"), _("share of what there was")),
                value_format=".1~%",
                colour=palette.TOKEN,
                label_axis="plain",
            ),
            key="gpt3",
            alt=_(
                "CommonCrawl is most of what GPT-3 read, but less than its size; "
                "the smaller sources were read more often."
            ),
            height=380,
        )
    with lines:
        st.table(gpt3_table().set_index(_("source")))


def reveal(reading: Reading) -> None:
    """The ten likeliest next tokens."""
    best = next_chances(reading).topk(10)
    chart(
        figures.bars(
            best.values.numpy(),
            labels=[piece(id) for id in best.indices],
            highlighted=0,
            axis_title=_("probability to come next"),
        ),
        key="next_words",
        alt=_("The ten likeliest next tokens with their probabilities."),
        height=380,
    )
    st.caption(_("The bars are all the model has: it gives every token a chance, it does not know what it will say."))
