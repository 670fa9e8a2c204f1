"""Choosing the model: those that are here in a list, the published ones a button away."""

import threading
import time
from dataclasses import dataclass, field

import streamlit as st

from gpt_core.weights.catalogue import CATALOGUE, ModelCard, available
from gpt_core.weights.hub import Cancelled, fetch, reachable
from gpt_core.weights.layouts import WeightsError
from pages.ui import engine
from pages.ui.words import N_, _, in_words, literal, number


@dataclass
class Transfer:
    """One fetch under way for the whole server: all readers see the same progress."""

    n_bytes: int = 0
    error: str = ""
    cancel: threading.Event = field(default_factory=threading.Event)
    done: bool = False


@dataclass
class Hub:
    """Whether the hub can be reached: asked in the background, for all readers, and known for a while."""

    answers: bool | None = None  # None until it is known for the first time
    asked: float = float("-inf")
    asking: bool = False


ASKED_AGAIN = 30.0  # seconds

_transfers: dict[str, Transfer] = {}
_hub = Hub()
_starting = threading.Lock()


def draw() -> None:
    """The list of models and what the chosen one is, or the one in its place."""
    titles = {name: _(CATALOGUE[name].title) for name in engine.choosable()}
    beside, more = st.columns([5, 1], gap=None, vertical_alignment="bottom")
    chosen = beside.selectbox(_("Model"), list(titles), format_func=titles.__getitem__, key="model", filter_mode=None)
    # Only its icon is seen (pages/ui/style.py), its words are heard.
    about = more.popover(_("About the models"), icon=":material/info:", type="tertiary", key="about", on_change="rerun")
    if about.open:
        with about:
            describe()
    name, problem = engine.usable(chosen)
    if problem:
        st.error(
            _("This model cannot be used: {reason}. {model} is shown instead.").format(
                reason=literal(why(problem)), model=titles[name]
            )
        )
    st.caption(literal(badge(CATALOGUE[name])))


def why(problem: WeightsError | OSError) -> str:
    """What is wrong with a model's files, in the reader's language."""
    if isinstance(problem, WeightsError):
        return _(problem.reason).format(**problem.values)
    return _("its files cannot be read")


def describe() -> None:
    """What each model is and learnt from; for those that are not here, the way to get them."""
    for entry in CATALOGUE.values():
        st.markdown(f"**{_(entry.title)}** · {number(entry.parameters)} {_('parameters')}  \n{_(entry.trained_on)}")
        if not available(entry):
            transfer = _transfers.get(entry.name)
            running = transfer is not None and not transfer.done
            unknown = hub_answers() is None
            st.fragment(offer, run_every=1.0 if running or unknown else None)(entry, was_unknown=unknown)


def badge(entry: ModelCard) -> str:
    """What may be expected of a model's numbers, in a few words."""
    kind = _("random weights: its numbers mean nothing yet") if entry.random else _(entry.trained_on)
    return _("{model}: {n} parameters, {kind}").format(model=_(entry.title), n=in_words(entry.parameters), kind=kind)


def hub_answers() -> bool | None:
    """Whether the hub can be reached, by its last answer; None before the first one. Nobody waits for it."""
    with _starting:
        if not _hub.asking and time.monotonic() - _hub.asked > ASKED_AGAIN:
            _hub.asking = True
            threading.Thread(target=_ask, daemon=True).start()
    return _hub.answers


def _ask() -> None:
    try:
        _hub.answers = reachable()
    finally:
        _hub.asked = time.monotonic()
        _hub.asking = False


def offer(entry: ModelCard, *, was_unknown: bool = False) -> None:
    """The button that fetches a published model, and its progress while it does.

    `was_unknown`: the page was drawn before it was known whether the hub answers.
    """
    assert entry.hub is not None
    size = entry.hub.n_bytes
    transfer = _transfers.get(entry.name)
    megabytes = number(round(size / 1e6))
    if transfer and not transfer.done:
        so_far = _("{now} of {size} MB").format(now=number(round(transfer.n_bytes / 1e6)), size=megabytes)
        st.progress(min(transfer.n_bytes / size, 1.0), so_far)
        st.button(_("Cancel"), key=f"cancel {entry.name}", on_click=transfer.cancel.set)
        return
    if transfer and not transfer.cancel.is_set() and not transfer.error:
        with _starting:
            if _transfers.get(entry.name) is transfer:  # done with: its files may be gone again, and for ever so
                del _transfers[entry.name]
        st.rerun()  # it has just arrived: now the list has one more
    if available(entry):
        st.rerun()  # another reader's page has said so
    if transfer and transfer.error:
        st.warning(_("Not fetched. {reason}").format(reason=_(transfer.error)))
    answers = hub_answers()
    if answers is None:
        st.caption(_("Asking whether its source can be reached …"))
    elif was_unknown:
        st.rerun()  # now it is known, and the clock of this part may stop
    elif not answers:
        st.caption(_("Its source cannot be reached from here now; what is listed above works without."))
    label = _("Fetch {size} MB").format(size=megabytes)
    st.button(label, key=f"fetch {entry.name}", on_click=start, args=(entry,), disabled=not answers)


def start(entry: ModelCard) -> None:
    """Begin fetching, unless it has begun."""
    with _starting:
        running = _transfers.get(entry.name)
        if running is None or running.done:
            _transfers[entry.name] = Transfer()
            threading.Thread(target=_run, args=(entry, _transfers[entry.name]), daemon=True).start()


def _run(entry: ModelCard, transfer: Transfer) -> None:
    assert entry.hub is not None
    try:
        fetch(entry.hub, progress=lambda n: setattr(transfer, "n_bytes", n), cancelled=transfer.cancel.is_set)
    except Cancelled:
        pass
    except WeightsError:
        transfer.error = N_("What came is not the published file; it was removed.")
    except OSError:
        transfer.error = N_("The network or the disk failed; the models that are here go on working.")
    finally:
        transfer.done = True
