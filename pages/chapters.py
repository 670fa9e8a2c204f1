"""The one table of chapters, in reading order: where each stands, what it needs, and what can be looked at closer.

A chapter `heads` is its row here, its page `07_heads.py`, its lesson `assets/lessons/<language>/heads.md` and one file
in `experiments/heads/` for each name in `experiments`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pages.ui.words import N_

PAGES = Path(__file__).parent

Text = Literal["needed", "welcome", "unused"]


@dataclass(frozen=True)
class Chapter:
    """A row of the table."""

    id: str  # in addresses, too
    section: str  # of the menu, as the catalogues know it
    experiments: tuple[str, ...] = ()  # entries of "Look closer", the one that is open at first in front
    text: Text = "needed"  # whether it has something to show without one

    @property
    def number(self) -> int:
        """Its place in the table, which is the number in front of its page's name; Start is 0."""
        return CHAPTERS.index(self)

    @property
    def path(self) -> str:
        """Its address on this server; the first page is the server's own."""
        return self.id if self.number else ""

    @property
    def file(self) -> str:
        """Its page, in `pages/`."""
        return f"{self.number:02}_{self.id}.py"


VECTORS, ATTENTION, BLOCK, WHOLE = (
    N_("From text to vectors"),
    N_("Attention"),
    N_("The block"),
    N_("The whole model"),
)
CHAPTERS = (
    Chapter("start", N_("Start"), ("two_stages", "pairs", "what_gpt3_read", "uses"), text="welcome"),
    Chapter("tokens", VECTORS, ("encodings", "whole_words", "trained_bpe", "search", "special_tokens", "book_example")),
    Chapter("embeddings", VECTORS, ("one_hot", "word_map", "projection", "cosines")),
    Chapter("positions", VECTORS, ("shuffle", "drop", "sinusoids", "distance_bias", "rotation")),
    Chapter("why_attention", ATTENTION, ("one_state", "erase", "model_reach")),
    Chapter(
        "self_attention",
        ATTENTION,
        ("simple_book", "simple_text", "projections", "trainable_book", "query_meets_key", "context_sum"),
    ),
    Chapter("causal_mask", ATTENTION, ("mask_off", "two_ways", "dropout", "padding_mask", "book_example")),
    Chapter(
        "heads",
        ATTENTION,
        ("roles", "without_sink", "arcs", "compare", "split", "contributions", "book_example"),
    ),
    Chapter("layer_norm", BLOCK, ("skip", "through_layers", "scale_and_shift", "two_variances", "book_example")),
    Chapter(
        "feed_forward", BLOCK, ("pushes", "one_neuron", "swapped", "slopes", "wide_and_narrow", "silent", "tanh_or_erf")
    ),
    Chapter("shortcuts", BLOCK, ("cut", "growth", "own_gradients", "token_gradients", "book_network")),
    Chapter("block", BLOCK, ("sum", "movers", "directions", "norm_order", "one_station")),
    Chapter("anatomy", WHOLE, ("family_totals", "calculator", "tied_head", "memory", "operations")),
    Chapter(
        "forward_pass",
        WHOLE,
        (
            *("softmax", "whole_vocabulary", "word_candidates", "lens_here", "followed", "lens_everywhere"),
            *("surprise", "mattered", "room", "contributions", "two_predictions", "book_example"),
        ),
    ),
    Chapter(
        "generation",
        WHOLE,
        ("hundred_draws", "whole_vocabulary", "branches", "kv_cache", "random_against_trained", "nine_words"),
    ),
    Chapter("what_if", WHOLE, ("attention", "dial", "each_head", "each_part", "patching")),
    Chapter("learning", WHOLE, ("pairs", "live", "loss_by_token", "attention", "stories")),
    Chapter("glossary", WHOLE, text="unused"),
)


def beyond_the_table() -> list[str]:
    """Files of pages that have no row: each stands at the end of the menu and says so (and a test fails)."""
    known = {chapter.file for chapter in CHAPTERS}
    return sorted(path.name for path in PAGES.glob("[0-9][0-9]_*.py") if path.name not in known)


def chapter_of(id: str) -> Chapter | None:
    """The row of a chapter, if there is one."""
    return next((chapter for chapter in CHAPTERS if chapter.id == id), None)
