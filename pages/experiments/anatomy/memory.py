"""Memory: what weights, cache and trace take, for the running model and for the published ones."""

from gpt_core.measure import anatomy
from gpt_core.model.config import GPTConfig
from pages import figures, show
from pages.experiments.anatomy.family import members, rounded
from pages.figures import Axis, Measure
from pages.ui.chapter import Choices, Reading, tell
from pages.ui.layout import columns, slider
from pages.ui.words import N_, _

TITLE = N_("Memory")

MEGA = 1e6


def draw(reading: Reading, _chosen: Choices) -> None:
    """A text's needs at the right, the weights of all models at the left, and what this trace really holds."""
    config = reading.card.config
    weights, text = columns(1, 1)
    with text:
        _draw_text(config, key=f"anatomy_memory {reading.base}")
    with weights:
        _draw_weights(members(reading))
    n_tokens = len(reading.ids)
    tell(
        _(
            "This text, {n:,|token|tokens}: its trace was estimated at {estimated:.2f} MB and holds {exact:.2f} MB, "
            "without the logits: these take {logits:.2f} MB."
        ),
        n=n_tokens,
        estimated=anatomy.trace_bytes(config, n_tokens) / MEGA,
        exact=reading.trace.n_bytes / MEGA,
        logits=anatomy.logits_bytes(config, n_tokens) / MEGA,
    )


def choose_length(config: GPTConfig, at_first: int, *, key: str) -> int:
    """A slider for the length of a text, in tokens."""
    most = config.context_length
    return slider(_("Tokens in the text"), 1, most, min(at_first, most), key=key)


def _draw_text(config: GPTConfig, *, key: str) -> None:
    n_tokens = choose_length(config, 128, key=key)
    needs = {
        _("weights"): anatomy.weight_bytes(config),
        _("keys and values kept"): anatomy.cache_bytes(config, n_tokens),
        _("trace of this page"): anatomy.trace_bytes(config, n_tokens),
    }
    measure = Measure(_("bytes in float32"), ".3~s", texts=[rounded(need) for need in needs.values()])
    bars = figures.bars(list(needs.values()), Axis(list(needs)), measure=measure)
    alt = _("Memory for the weights, for the cache of keys and values, and for the whole trace of a text.")
    show.chart("memory_text", bars, alt, height=300)


def _draw_weights(models: dict[str, GPTConfig]) -> None:
    widths = {_("float32"): 4, _("float16"): 2, _("8 bits"): 1}
    lines = figures.lines(
        {
            words: [anatomy.weight_bytes(one, bytes_per_number=width) for one in models.values()]
            for words, width in widths.items()
        },
        Axis(list(models)),
        measure=Measure(_("bytes for the weights"), ".3~s", log=True),
    )
    alt = _("Memory for the weights of each model, in float32, float16 and 8 bits.")
    show.chart("memory_weights", lines, alt, height=380)
