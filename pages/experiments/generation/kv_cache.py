"""Key/value cache: operations of each generation step with and without it, counted; on demand measured too."""

from collections.abc import Sequence

from gpt_core.measure.anatomy import cache_bytes, generation_multiply_adds
from gpt_core.measure.timing import medians, seconds_per_step
from pages import figures, show
from pages.figures import Measure, NumberAxis, palette
from pages.ui.chapter import Choices, Reading, note, say, tell
from pages.ui.layout import switch
from pages.ui.words import N_, _

TITLE = N_("Key/value cache")

COUNTED, MEASURED = 20, 8  # steps
RUNS = 3


def timed(reading: Reading, use_cache: bool, run: int) -> list[float]:
    """Seconds of each step of one run, of which `run` is the number."""
    return seconds_per_step(reading.model, reading.ids, max_new_tokens=MEASURED, use_cache=use_cache)


def draw(reading: Reading, _chosen: Choices) -> None:
    """The operations as two lines, what the cache saves and takes, and the milliseconds."""
    say("cache")
    config, n_prompt = reading.card.config, len(reading.ids)
    cached, without = (generation_multiply_adds(config, n_prompt, COUNTED, use_cache=use) for use in (True, False))
    alt = _("Operations of each generation step, with and without the key/value cache.")
    _step_by_step("generation_operations", cached, without, Measure(_("multiply-and-add operations"), ",.3~s"), alt)
    if sum(cached) < sum(without):
        sentence = _(
            "{n} steps: {without:.0f} million multiply-and-adds without the cache, {cached:.0f} million with it: "
            "{ratio:.1f} times fewer."
        )
    else:
        sentence = _(
            "{n} steps: {without:.0f} million multiply-and-adds, with the cache as without it. It saves nothing here."
        )
    ratio = sum(without) / sum(cached)
    tell(sentence, n=COUNTED, without=sum(without) / 1e6, cached=sum(cached) / 1e6, ratio=ratio)
    overflows = config.context_length - n_prompt + 2  # the first step whose text does not fit
    if overflows <= COUNTED:
        sentence = _(
            "This model sees {n:,} tokens at once. From step {step} on the text is longer: the oldest token falls"
            " out, all others move up one position, and all keys and values must be computed again."
        )
        tell(sentence, n=config.context_length, step=overflows)
    n_held = min(n_prompt + COUNTED - 1, config.context_length)  # nobody has read the last token that was drawn
    sentence = _("In the end the cache holds keys and values of {n:,|token|tokens}: {size:,} kB of memory.")
    tell(sentence, n=n_held, size=round(cache_bytes(config, n_held) / 1000))
    if switch(_("Measure it on this machine"), key="generation_measure"):
        _measured(reading)


def _measured(reading: Reading) -> None:
    """How long the steps took: with and without in turn, and other readers get theirs in between."""
    runs = [[reading.of(timed, use_cache=use, run=run) for use in (True, False)] for run in range(RUNS)]
    cached, without = ([1000 * seconds for seconds in medians(those)] for those in zip(*runs, strict=True))
    alt = _("Milliseconds of each generation step, with and without the key/value cache.")
    _step_by_step("generation_milliseconds", cached, without, Measure(_("milliseconds"), ".1f"), alt)
    note(_("Medians of {n} runs in turn, on this machine, with whatever else it is doing."), n=RUNS)


def _step_by_step(key: str, cached: Sequence[float], without: Sequence[float], measure: Measure, alt: str) -> None:
    """Two lines over the steps of a generation."""
    with_it, without_it = _("with the cache"), _("without")
    lines = figures.lines(
        {with_it: cached, without_it: without},
        NumberAxis(range(1, len(cached) + 1), _("generation step")),
        measure=measure,
        colours={with_it: palette.FEED_FORWARD, without_it: palette.QUERY},
    )
    show.chart(key, lines, alt, height=340)
