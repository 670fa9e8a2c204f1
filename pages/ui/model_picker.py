"""Choosing the model: those that are here in a list, the published ones a button away."""

import streamlit as st

from gpt_core.weights.catalogue import CATALOGUE, ModelCard, available
from gpt_core.weights.model_file import CONVERT, WeightsError
from pages.services.downloads import Failure
from pages.services.models import OwnModel
from pages.services.names import readable
from pages.services.shared import downloads, engine, models
from pages.ui import moments, session
from pages.ui.words import N_, _, filled, in_words, literal, number, plural

HERE = "assets/models"
TRAINED = "the model that this reader trained last"
OF_SERVICES = (N_("Just trained"), N_("one text alone, live in Learning. It knows nothing else."))
UNVERIFIED = N_(
    "Names, shapes and finiteness are checked; no digest of the published file is known here, so whether its numbers "
    "are the published ones is not."
)
UNKNOWN = N_("this app does not know what it learnt from")


def draw() -> None:
    """The list of models and what the chosen one is, or the one in its place."""
    titles = {name: listed(models.card(name)) for name in names()}
    beside, more = st.columns([5, 1], gap=None, vertical_alignment="bottom")
    chosen = beside.selectbox(_("Model"), list(titles), format_func=titles.__getitem__, key="model", filter_mode=None)
    # Only its icon is seen (pages/ui/style.py), its words are heard.
    about = more.popover(_("About the models"), icon=":material/info:", type="tertiary", key="about", on_change="rerun")
    if about.open:
        with about:
            describe()
            describe_own()
    moments.draw(chosen)
    name, problem = engine.load_or_fallback(moments.chosen_model())
    card = models.card(name)
    if problem:
        st.error(
            _("This model cannot be used: {reason}. {model} is shown instead.").format(
                reason=literal(why(problem)), model=listed(card)
            )
        )
    if is_own(card):
        st.badge(_("yours"), icon=":material/person:")
    st.caption(literal(badge(card)))
    if session.get("present"):  # on the wall the picture needs the room
        moments.tell(card)


def names() -> list[str]:
    """What this reader may choose: what is here for everybody, and what they trained, or came with by a link."""
    own = dict.fromkeys((session.get(TRAINED, ""), session.get("model")))
    return [*engine.available_models(), *filter(models.is_trained, own)]


def is_own(card: ModelCard) -> bool:
    """Whether a model is a reader's."""
    return card.folder is not None or models.is_trained(card.name)


def title_of(card: ModelCard) -> str:
    """What a model is called: a reader's own by the name of its folder, whatever that means; a snapshot by its step."""
    if card.step is not None:
        return moments.title_of(card)
    return card.title if card.folder else _(card.title)


def listed(card: ModelCard) -> str:
    """A model's title in a list: a reader's own is marked as such."""
    return f"{title_of(card)} · {_('yours')}" if is_own(card) else title_of(card)


def called(name: str) -> str:
    """What a model that is gone was called: a reader's own by its folder, which is in its name."""
    if name in CATALOGUE:
        return _(CATALOGUE[name].title)
    kind, _colon, folder = name.partition(":")
    return _("Just trained") if kind == "trained" else folder


def why_lost(name: str) -> str:
    """Why a model that could be chosen cannot be chosen any more."""
    own = models.own.get(name)
    if own and own.problem:
        return why(own.problem)
    return _("it is not kept any longer") if name.startswith("trained:") else _("its folder is gone")


def why(problem: WeightsError | OSError) -> str:
    """What is wrong with a model's files, in the reader's language."""
    if isinstance(problem, WeightsError):
        values = {name: readable(value) if isinstance(value, str) else value for name, value in problem.values.items()}
        if model := values.get("model"):
            values["model"] = _(str(model))
        return _(problem.reason).format(**values)
    return _("its files cannot be read")


def describe() -> None:
    """What each model is and learnt from; for those that are not here, the way to get them."""
    for card in CATALOGUE.values():
        st.markdown(f"**{_(card.title)}** · {number(card.parameters)} {_('parameters')}  \n{_(card.trained_on)}")
        if card.unverified:
            st.caption(_(UNVERIFIED))
        if not available(card):
            transfer = downloads.transfer_of(card)
            running = transfer is not None and not transfer.done
            unknown = downloads.hub_answers() is None
            st.fragment(offer, run_every=1.0 if running or unknown else None)(card, was_unknown=unknown)


def describe_own() -> None:
    """The readers' own models, what is wrong with those that cannot be opened, and the way to put one here."""
    st.markdown(f"**{_('Your own models')}**")
    said = _("A folder with your model in {places} is listed here. In Python, with the book’s configuration:")
    st.markdown(said.format(places=own_places()))
    st.code(f'from gpt_core import save_model\n\nsave_model(model, "{HERE}/mine", GPT_CONFIG_124M)', language="python")
    st.markdown(_("Or from a file of `torch.save` with weights of the book’s model, of nanoGPT or of Hugging Face:"))
    st.code(f"{CONVERT} model.pth {HERE}/mine", language="shell")
    for own in models.own.values():
        if own.card is None:
            assert own.problem is not None
            said = _("**{place}** cannot be opened: {reason}.")
            st.warning(said.format(place=literal(own.place), reason=literal(why(own.problem)).removesuffix(".")))
            continue
        st.markdown(f"**{literal(own.place)}**" + "  \n" + sizes(own.card) + "  \n" + literal(origin(own)))
        for remark in own.remarks:
            st.caption(literal(_(remark.reason).format(**remark.values)))
    st.button(_("Look again"), key="look_again", icon=":material/refresh:", on_click=look_again)


def own_places() -> str:
    """Where readers' own models are looked for, as it is shown."""
    return f"`{HERE}`" + (_(" or a folder of `GLASSBOX_MODELS`") if models.has_more_roots else "")


def sizes(card: ModelCard) -> str:
    """The sizes of a model in one line."""
    config = card.config
    sentence = _(
        "{n:,|parameter|parameters}; {layers:,|layer|layers}, {heads:,|head|heads} in each; width {width}; "
        "up to {most:,|token|tokens}."
    )
    counted = {"layers": config.n_layers, "heads": config.n_heads, "width": config.emb_dim}
    return filled(sentence, n=card.parameters, most=config.context_length, **counted)


def origin(own: OwnModel) -> str:
    """Whose layout a model's files have, and where its tokens come from."""
    return _("Layout: {layout}. Tokens: GPT-2’s.").format(layout=own.layout)


def look_again() -> None:
    """When asked: look into the folders once more; a model whose files are other ones is loaded anew."""
    for name in models.look_again():
        engine.forget_model(name)


def badge(card: ModelCard) -> str:
    """What may be expected of a model's numbers, in a few words."""
    kind = _("random weights: its numbers mean nothing yet") if card.random else _(card.trained_on or UNKNOWN)
    kind = moments.read_so_far(card) or kind
    if card.parameters < 1_000_000:  # in French, only millions need a "de" behind them
        said = plural("{model}: only {n} parameter, {kind}", "{model}: only {n} parameters, {kind}", card.parameters)
        said = said.format(model=title_of(card), n=number(card.parameters), kind=kind)
    else:
        said = _("{model}: {n} parameters, {kind}").format(model=title_of(card), n=in_words(card.parameters), kind=kind)
    return f"{said}. {_(UNVERIFIED)}" if card.unverified else said


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
        said = _("Without a network: put `config.json` and `model.safetensors` of {repository} into {folder}.")
        st.caption(said.format(repository=f"`{card.hub.repository}`", folder=f"`{HERE}/{card.name}`"))
    too_large = models.lack_of_memory(card)
    if too_large:
        st.caption(literal(why(too_large)) + ".")
    label = _("Fetch {size} MB").format(size=megabytes)
    st.button(
        label,
        key=f"fetch {card.name}",
        on_click=downloads.start,
        args=(card,),
        disabled=not answers or too_large is not None,
    )


def failure_in_words(failure: Failure) -> str:
    """Why a transfer brought nothing."""
    if failure == "another file":
        return _("What came is not the published file; it was removed.")
    return _("The network or the disk failed; the models that are here go on working.")
