"""Pre-training on raw text, then fine-tuning: a map of its own, with the reader's text as raw text."""

from pages.figures import palette, visible
from pages.ui.chapter import Choices, Reading, say
from pages.ui.components import road_map
from pages.ui.components.road_map import Line, Station
from pages.ui.words import N_, _

TITLE = N_("Pre-training, then fine-tuning")


def draw(reading: Reading | None, _chosen: Choices) -> None:
    """Both stages as lines of stations; the text itself shows how the next token is guessed."""
    say("two_stages")
    tokens = [visible(token) for token in reading.tokens[:5]] if reading else []
    pair = (*tokens[:-1], "→", tokens[-1]) if len(tokens) > 1 else ()
    pre_training = [
        Station(_("Raw text"), fact=_("books and web pages; nobody has labelled them")),
        Station(_("Guess the next token"), ("learning",), _("the text itself has the answer:"), pair),
        Station(_("A foundation model"), fact=_("it continues any text, and nothing else")),
    ]
    fine_tuning = [
        Station(_("Little data, little time"), fact=_("thousands of examples, not billions of tokens")),
        Station(_("By instruction"), fact=_("questions with good answers: an assistant")),
        Station(_("or by classification"), fact=_("texts with a label: spam or not spam")),
    ]
    stages = [
        Line(_("1 · Pre-training"), palette.PLAIN, pre_training),
        Line(_("2 · Fine-tuning"), palette.FEED_FORWARD, fine_tuning),
    ]
    road_map.draw(stages, key="two_stages", label=_(TITLE))
