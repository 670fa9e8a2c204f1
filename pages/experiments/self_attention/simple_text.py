"""Without weights, your text: embeddings ask, answer and give just as they are."""

from gpt_core import GPTTrace
from gpt_core.examples import book
from gpt_core.examples.book import SimpleAttention
from pages.experiments.self_attention import step_rows
from pages.ui.chapter import Choices, Reading, say, tell
from pages.ui.words import N_, _

TITLE = N_("Without weights: your text")


def simple_attention(trace: GPTTrace) -> SimpleAttention:
    """Attention without any matrices over what enters the first block."""
    return book.simple_attention(trace.embedding.out)


def draw(reading: Reading, chosen: Choices) -> None:
    """The chosen query's steps, and how much it keeps for itself."""
    say("simple_text")
    att, query = reading.of(simple_attention), chosen.token
    step_rows.draw_without_matrices("simple_text", att, (query, chosen.key), reading.tokens, chooses="key")
    sentence = _("Without weights {token} gives {share:.1%} of its attention to itself.")
    tell(sentence, token=reading.tokens[query], share=float(att.weights[query, query]))
