"""A story from each snapshot: the reader's text, continued by the model as it was at each of them."""

from gpt_core import GPT
from gpt_core.generation.generate import generate
from pages.ui import history
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import columns, decimal_slider, number_box
from pages.ui.words import N_, _

TITLE = N_("A story from each moment")
offered = history.are_kept

LENGTH = 40  # tokens


def continuation(model: GPT, prompt: tuple[int, ...], temperature: float, seed: int) -> tuple[int, ...]:
    """What a model writes after the prompt, drawing among its 40 likeliest tokens."""
    steps = generate(model, prompt, max_new_tokens=LENGTH, temperature=temperature, top_k=40, seed=seed)
    return tuple(step.id for step in steps)


def draw(reading: Reading, _chosen: Choices) -> None:
    """A story of each snapshot, with the same temperature and the same die."""
    say("stories")
    left, right = columns(2, 1)
    temperature = decimal_slider(_("Temperature"), 0.0, 1.5, 0.8, 0.1, key="learning_temperature", place=left)
    seed = number_box(_("Seed"), 0, 9_999, 123, key="learning_seed", place=right)

    def write(at_snapshot: Reading) -> tuple[int, ...]:
        return at_snapshot.of(continuation, prompt=reading.ids, temperature=temperature, seed=seed)

    history.tell_each(reading, write)
