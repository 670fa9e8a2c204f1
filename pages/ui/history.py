"""The story model's training: its curve, the snapshots that are kept, and a text as the model of each reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from torch import Tensor

from gpt_core import GPT
from gpt_core.measure import text_loss
from gpt_core.measure.text_loss import TextLoss
from gpt_core.weights.catalogue import CATALOGUE, ModelCard
from gpt_core.weights.packing import tokens_trained
from gpt_core.weights.snapshots import TrainingSnapshot, load_snapshot, snapshots
from pages.figures import visible
from pages.services.reading import Reading, tokenizer
from pages.services.shared import engine
from pages.ui import session
from pages.ui.chapter import Choices, tell
from pages.ui.words import _, number

SLIDER = "learning_moment"
PIECE = 6_000  # tokens of the held-out chapters of each language, the first: the curve is measured on them
# Source: assets/models/README.md, of all held-out chapters: the finished model's loss, and characters per token
WHOLE = {"en": 3.748, "fr": 2.814}
CHARACTERS = {"en": 4.14, "fr": 2.63}
LONGEST_LINE, ON_THE_WALL = 400, 50  # characters of a story in one line


@dataclass(frozen=True)
class SnapshotReading(Reading):
    """A text as the story model read it at a snapshot of its training; `name` is the path of those weights."""

    snapshot: TrainingSnapshot = field(kw_only=True, compare=False)

    @property
    def card(self) -> ModelCard:
        return replace(CATALOGUE["storyteller"], config=self.model.config)

    @property
    def model(self) -> GPT:
        return engine.cached((load_snapshot, self.snapshot), lambda: load_snapshot(self.snapshot))

    @property
    def met(self) -> Tensor | None:
        return tokens_trained(self.snapshot.path) if self.snapshot.path else None


def curve() -> tuple[TrainingSnapshot, ...]:
    """All points of the learning curve; none where the story model's history is not here or cannot be read."""
    try:
        return snapshots()
    except (OSError, ValueError, KeyError):
        return ()


def turns() -> tuple[int, ...]:
    """Places of the curve from which on training follows another course."""
    return tuple(i for i, (one, other) in enumerate(pairwise(curve())) if one.course != other.course)


def kept_snapshots() -> list[TrainingSnapshot]:
    """The snapshots whose models are here; fewer than two tell nothing."""
    kept = [snapshot for snapshot in curve() if snapshot.kept]
    return kept if len(kept) > 1 else []


def are_kept(_reading: Reading, _chosen: Choices) -> bool:
    """Whether experiments with snapshots have something to show."""
    return bool(kept_snapshots())


def chosen_snapshot() -> TrainingSnapshot | None:
    """Where the slider of the page stands, which is drawn before anything asks."""
    kept = kept_snapshots()
    by_step = {snapshot.step: snapshot for snapshot in kept}
    return by_step.get(session.get(SLIDER), kept[len(kept) // 2]) if kept else None


def finished() -> TrainingSnapshot | None:
    """The last of the kept snapshots."""
    return next(reversed(kept_snapshots()), None)


def read_at(snapshot: TrainingSnapshot | None, reading: Reading) -> Reading:
    """The reader's text as the model of a snapshot reads it, cut to what that model can see at once.

    Without a snapshot, as the chosen model reads it.
    """
    if snapshot is None:
        return reading
    path = str(snapshot.path)
    own = {"session": reading.session, "special": reading.special}
    whole = SnapshotReading(path, reading.text, reading.ids, reading.n_tokens, **own, snapshot=snapshot)
    return replace(whole, ids=reading.ids[: whole.model.config.context_length])


def loss_at(snapshot: TrainingSnapshot | None, reading: Reading) -> TextLoss:
    """The loss on the reader's text."""
    return read_at(snapshot, reading).of(text_loss.text_loss)


def name_of(snapshot: TrainingSnapshot) -> str:
    """How a snapshot is called on charts."""
    return _("after step {step}").format(step=number(snapshot.step)) if snapshot.step else _("before training")


def one_line(ids: Sequence[int], *, longest: int) -> str:
    """What a model wrote as a readable line: spaces as spaces, line ends and all that is hidden as marks."""
    return visible(b"".join(tokenizer().token(id) for id in ids), longest=longest).replace("␣", " ")


def tell_each(reading: Reading, write: Callable[[Reading], Sequence[int]]) -> None:
    """What the model of each snapshot writes after the reader's text, a line each; on the wall a short one."""
    longest = ON_THE_WALL if session.get("present") else LONGEST_LINE
    for snapshot in kept_snapshots():
        moment, story = name_of(snapshot), one_line(write(read_at(snapshot, reading)), longest=longest)
        tell(_("**{moment}**, {tokens:,} tokens read: … {story}"), moment=moment, tokens=snapshot.tokens, story=story)


def blind_guess(reading: Reading) -> tuple[int, str]:
    """Among how many tokens a blind guess chooses, and which.

    A bundled model chooses among those with which its training began. Where the text holds others than it ever met,
    such a guess could never be right, and the blind one is among all.
    """
    model, first = read_at(finished(), reading), next(iter(kept_snapshots()), None)
    if model.met is None or model.unmet:
        n_tokens, which = model.card.config.vocab_size, _("the {n} tokens of the vocabulary")
    elif first is None:
        n_tokens, which = len(model.met), _("the {n} tokens met in training")
    else:
        n_tokens, which = first.vocabulary, _("the {n} tokens with which training began")
    return n_tokens, which.format(n=number(n_tokens))


def tell_rows_kept() -> None:
    """What the files of earlier snapshots leave out."""
    met = [tokens_trained(snapshot.path) for snapshot in kept_snapshots() if snapshot.path]
    n_rows = [len(ids) for ids in met if ids is not None]
    if n_rows and n_rows[0] < n_rows[-1]:
        sentence = _(
            "Earlier moments keep their {n:,} commonest tokens; all others share one row, that of a rare word."
        )
        tell(sentence, n=n_rows[0])
