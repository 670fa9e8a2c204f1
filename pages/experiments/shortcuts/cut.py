"""Cut them: the shortcuts of all blocks or of one, and what comes next then."""

from gpt_core import Intervention
from gpt_core.measure.gradients import without_shortcuts
from pages import show
from pages.ui import session
from pages.ui.chapter import Choices, Reading, say
from pages.ui.layout import choose
from pages.ui.words import N_, _

TITLE = N_("Cut them")

CUT = "shortcuts_cut"


def draw(reading: Reading, _chosen: Choices) -> None:
    """The next token with shortcuts and without."""
    n_layers = reading.card.config.n_layers
    blocks = {-1: _("all blocks")} | {layer: _("block {number}").format(number=layer) for layer in range(n_layers)}
    key = f"{CUT} {reading.base}"
    which = choose(_("Cut the shortcuts of"), list(blocks), format_func=blocks.__getitem__, key=key)
    change = without_shortcuts(n_layers) if which < 0 else Intervention(shortcuts_off={(which, 1), (which, 2)})
    show.next_token_before_after((_("with shortcuts"), reading), (_("without"), reading.under(change)))
    say("cut")


def notebook(reading: Reading, _chosen: Choices) -> dict[str, object]:
    """What the notebook must know besides the choices: the block whose shortcuts are cut, -1 for all."""
    return {"cut_in": session.get(f"{CUT} {reading.base}", -1)}
