"""Choosing the model: those that are here in a list, the published ones a button away."""

import streamlit as st

from gpt_core.weights.catalogue import CATALOGUE, ModelCard, available
from gpt_core.weights.model_file import WeightsError
from pages.services.downloads import Failure
from pages.services.shared import downloads, engine
from pages.ui.words import _, in_words, literal, number


def draw() -> None:
    """The list of models and what the chosen one is, or the one in its place."""
    titles = {name: _(CATALOGUE[name].title) for name in engine.available_models()}
    beside, more = st.columns([5, 1], gap=None, vertical_alignment="bottom")
    chosen = beside.selectbox(_("Model"), list(titles), format_func=titles.__getitem__, key="model", filter_mode=None)
    # Only its icon is seen (pages/ui/style.py), its words are heard.
    about = more.popover(_("About the models"), icon=":material/info:", type="tertiary", key="about", on_change="rerun")
    if about.open:
        with about:
            describe()
    name, problem = engine.load_or_fallback(chosen)
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
    for card in CATALOGUE.values():
        st.markdown(f"**{_(card.title)}** · {number(card.parameters)} {_('parameters')}  \n{_(card.trained_on)}")
        if not available(card):
            transfer = downloads.transfer_of(card)
            running = transfer is not None and not transfer.done
            unknown = downloads.hub_answers() is None
            st.fragment(offer, run_every=1.0 if running or unknown else None)(card, was_unknown=unknown)


def badge(card: ModelCard) -> str:
    """What may be expected of a model's numbers, in a few words."""
    kind = _("random weights: its numbers mean nothing yet") if card.random else _(card.trained_on)
    return _("{model}: {n} parameters, {kind}").format(model=_(card.title), n=in_words(card.parameters), kind=kind)


def offer(card: ModelCard, *, was_unknown: bool = False) -> None:
    """The button that fetches a published model, and its progress while it does.

    `was_unknown`: the page was drawn before it was known whether the hub answers.
    """
    assert card.hub is not None
    size = card.hub.n_bytes
    transfer = downloads.transfer_of(card)
    megabytes = number(round(size / 1e6))
    if transfer and not transfer.done:
        so_far = _("{now} of {size} MB").format(now=number(round(transfer.n_bytes / 1e6)), size=megabytes)
        st.progress(min(transfer.n_bytes / size, 1.0), so_far)
        st.button(_("Cancel"), key=f"cancel {card.name}", on_click=transfer.cancel.set)
        return
    if transfer and not transfer.cancel.is_set() and not transfer.failure:
        downloads.forget(card, transfer)
        st.rerun()  # it has just arrived: now the list has one more
    if available(card):
        st.rerun()  # another reader's page has said so
    if transfer and transfer.failure:
        st.warning(_("Not fetched. {reason}").format(reason=failure_in_words(transfer.failure)))
    answers = downloads.hub_answers()
    if answers is None:
        st.caption(_("Asking whether its source can be reached …"))
    elif was_unknown:
        st.rerun()  # now it is known, and the clock of this part may stop
    elif not answers:
        st.caption(_("Its source cannot be reached from here now; what is listed above works without."))
    label = _("Fetch {size} MB").format(size=megabytes)
    st.button(label, key=f"fetch {card.name}", on_click=downloads.start, args=(card,), disabled=not answers)


def failure_in_words(failure: Failure) -> str:
    """Why a transfer brought nothing."""
    if failure == "another file":
        return _("What came is not the published file; it was removed.")
    return _("The network or the disk failed; the models that are here go on working.")
