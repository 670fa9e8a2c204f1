"""The steps that presenter mode shows one at a time: of each chapter what fills the screen together, in order.

A step names parts of its chapter's page: a function of its `STORY`, `row:` and a function for the whole row in which
that one stands, `look:` and an experiment, or `question` for the chapter's question. Its first part is its id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pages.chapters import Chapter
from pages.services.reading import Reading
from pages.ui import chapter as furniture
from pages.ui import story
from pages.ui.choices import Choices
from pages.ui.story import Beside, charts_first

QUESTION, ROW, LOOK = "question", "row:", "look:"

STEPS: dict[str, tuple[str, ...]] = {
    "start": (
        "follow",
        "road looks_at likeliest_word",
        "look:two_stages",
        "look:pairs",
        "look:what_gpt3_read",
        "look:uses formula the_same_by_torch",
        "question",
    ),
    "tokens": (
        "row:merges typed_mark one_merge",
        "rule token_in_focus nothing_is_lost",
        "look:encodings",
        "look:whole_words",
        "question",
    ),
    "embeddings": (
        "rows one_row",
        "neighbours doubtful_neighbours",
        "look:one_hot",
        "formula one_row_for_an_id",
        "look:projection",
        "question",
    ),
    "positions": (
        "likeness neighbours",
        "learned_table",
        "sum_of_two two_lengths",
        "formula the_sum_is_the_input",
        "look:shuffle",
        "look:sinusoids",
        "question",
    ),
    "why_attention": (
        "row:fading one_word half_of_all",
        "look:one_state",
        "look:erase",
        "look:model_reach",
        "formula honest differentiated",
        "question",
    ),
    "self_attention": (
        "look:simple_book",
        "look:projections",
        "look:trainable_book",
        "five_steps how_to_read",
        "score weight context the_models_own",
        "formula whole_score",
        "question",
    ),
    "causal_mask": (
        "three_steps one_score",
        "formula nothing_ahead",
        "look:mask_off",
        "look:two_ways",
        "look:dropout",
        "question",
    ),
    "heads": ("one_head one_weight", "all_heads", "look:arcs", "look:roles", "formula the_same_by_torch", "question"),
    "layer_norm": (
        "which_norm mean_and_variance one_token",
        "numbers_of_one_token",
        "formula normalised",
        "look:through_layers",
        "look:skip",
        "question",
    ),
    "feed_forward": (
        "bends widened",
        "look:one_neuron",
        "most_active",
        "formula neuron_by_neuron",
        "look:pushes",
        "look:swapped",
        "question",
    ),
    "shortcuts": (
        "book_network times_more",
        "damage other_answer what_is_lost",
        "look:cut",
        "look:own_gradients",
        "formula as_printed stream_is_a_sum",
        "look:growth",
        "question",
    ),
    "block": (
        "wiring two_additions dropout_is_off",
        "formula sum_of_three",
        "look:sum",
        "look:movers",
        "look:directions",
        "look:norm_order",
        "question",
    ),
    "anatomy": (
        "part_by_part sizes",
        "family_shares",
        "formula counted_twice",
        "look:tied_head",
        "look:calculator",
        "look:operations",
        "question",
    ),
    "forward_pass": (
        "row:candidates one_candidate the_texts_own",
        "look:softmax",
        "formula the_same_by_torch lens_is_the_output",
        "look:lens_here",
        "look:lens_everywhere",
        "look:surprise",
        "question",
    ),
    "generation": (
        "end_of_text row:candidates why_this_token",
        "formula whole_text tokens_cut tokens_vanished the_same_by_powers",
        "look:hundred_draws",
        "look:kv_cache",
        "look:random_against_trained",
        "question",
    ),
    "what_if": (
        "row:parts_off",
        "what_it_shows nothing_left_behind",
        "look:dial",
        "look:each_head",
        "look:each_part",
        "look:patching",
        "question",
    ),
    "learning": (
        "unmet_tokens learning_curve snapshot_in_numbers without_snapshots",
        "next_token",
        "formula before_training loss_is_mean_surprise",
        "look:loss_by_token",
        "look:attention",
        "look:stories",
        "question",
    ),
    "glossary": ("row:search words_found names_are_in_code", "question"),
}

Draw = Callable[[Any, Choices], None]


def experiments_in(chapter: str, id: str) -> list[str]:
    """The experiments that a step of a chapter shows, by the id of the step."""
    found = (Step(tuple(parts.split())) for parts in STEPS.get(chapter, ()))
    parts = [part for step in found if step.id == id for part in step.parts]
    return [part.removeprefix(LOOK) for part in parts if part.startswith(LOOK)]


@dataclass(frozen=True)
class Step:
    """What fills the screen at one time; `parts` are drawn one below the other."""

    parts: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its name in links and lessons: that of its first part, an experiment's own name for an experiment."""
        return self.parts[0].removeprefix(ROW).removeprefix(LOOK)


def key(chapter: Chapter) -> str:
    """Under which the session keeps the id of the step that is shown of a chapter."""
    return f"step {chapter.id}"


def steps_of(chapter: Chapter, reading: Reading | None, chosen: Choices) -> list[Step]:
    """The steps of a chapter that have something to show now. One without steps of its own is a single step."""
    offered = story.offered(chapter, reading, chosen)
    found = [Step(tuple(parts.split())) for parts in STEPS.get(chapter.id, ())]
    if not found:
        names = [step.__name__ for step in story.steps(story.page_of(chapter).STORY)]
        return [Step(tuple(names))]
    return [step for step in found if not step.parts[0].startswith(LOOK) or step.parts[0][len(LOOK) :] in offered]


def parts_by_name(chapter: Chapter) -> dict[str, Draw | Beside]:
    """All that a chapter's steps may name."""
    page = story.page_of(chapter)
    found: dict[str, Draw | Beside] = {}
    for part in page.STORY:
        if isinstance(part, Beside):
            found |= {step.__name__: step for _width, step in part.steps}
            found |= {f"{ROW}{step.__name__}": part for _width, step in part.steps}
        elif part is not charts_first:
            found[part.__name__] = part
    found |= {f"{LOOK}{id}": story.experiment(chapter, id).draw for id in chapter.experiments}
    if hasattr(page, "answer"):
        found[QUESTION] = lambda reading, chosen: furniture.question(
            lambda: page.answer(reading, chosen), guesses=lambda: page.guesses(reading, chosen)
        )
    return found


def draw_named(chapter: Chapter, id: str, reading: Reading | None, chosen: Choices) -> None:
    """Draw the step of this id; the first where this text or model has none of it."""
    found = steps_of(chapter, reading, chosen)
    draw(chapter, next((step for step in found if step.id == id), found[0]), reading, chosen)


def draw(chapter: Chapter, step: Step, reading: Reading | None, chosen: Choices) -> None:
    """Draw one step and nothing else of its chapter."""
    known = parts_by_name(chapter)
    for name in step.parts:
        part = known[name]
        if isinstance(part, Beside):
            story.draw_row(part, reading, chosen)
        elif name != QUESTION or reading is not None or chapter.text == "unused":
            part(reading, chosen)
