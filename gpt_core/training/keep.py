"""A tiny model that has just learnt a text, kept: as the two files of a folder that `load_model` opens."""

import io
import json
import zipfile
from dataclasses import dataclass, replace
from math import log
from pathlib import Path

import torch
from jaxtyping import Float, Int
from safetensors.torch import load, save
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.training.release import quiet_row
from gpt_core.training.tiny import Learner
from gpt_core.weights import packing
from gpt_core.weights.configuration import settings_of
from gpt_core.weights.folder import build
from gpt_core.weights.layouts import HEAD, TOKENS
from gpt_core.weights.model_file import CONFIG_FILE, MODEL_FILE

LEFT_FOR_OTHERS = 1e-3  # of the probability, for all tokens that the model did not meet
NEARER = (0.1, 0.05, 0.02, 0.01)  # what their row's distance from the model's own costs, until they are as unlikely


@dataclass(frozen=True)
class KeptModel:
    """A model of GPT-2's whole vocabulary in a small file: rows for the tokens it met, one row for all others."""

    config: GPTConfig
    weights: bytes  # safetensors, packed
    met: tuple[int, ...]  # ids of GPT-2's vocabulary

    def load(self) -> GPT:
        """The model, which computes and is not trained."""
        return build(self.config, packing.unpack(load(self.weights), self.config), Path(MODEL_FILE))

    def zipped(self, name: str) -> bytes:
        """The folder `name` with its two files, to be taken home."""
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/{CONFIG_FILE}", json.dumps(settings_of(self.config), indent=2) + "\n")
            archive.writestr(f"{name}/{MODEL_FILE}", self.weights)
        return held.getvalue()


def keep(learner: Learner) -> KeptModel:
    """What a learner is now. Tokens that it was not trained on are read as the mean of those it was, and not written.

    Needs gradients: not under inference_mode.
    """
    met = learner.ids.unique()
    model = GPT(replace(learner.model.config, vocab_size=len(met)))
    state = {name: value.detach().clone() for name, value in learner.model.named_parameters()}
    model.load_state_dict({name: value[met] if name in packing.TABLES else value for name, value in state.items()})
    windows = torch.searchsorted(met, learner.ids)[: model.config.context_length][None]
    read_as = model.embedding.tok_emb.weight.detach().mean(dim=0, keepdim=True)
    unused = {TOKENS: read_as, HEAD: never_written(model, windows)}
    ids = torch.tensor(learner.vocabulary)[met]
    packed = packing.pack(_parameters(model), ids, unused)
    weights = save({name: tensor.contiguous() for name, tensor in packed.items()}, {"format": packing.FORMAT})
    config = replace(model.config, vocab_size=GPTConfig().vocab_size)
    return KeptModel(config, weights, tuple(ids.tolist()))


def never_written(model: GPT, windows: Int[Tensor, "n_windows T"]) -> Float[Tensor, "1 emb_dim"]:
    """One row for all tokens that it did not meet, as near to its own rows as makes these unlikely, all together."""
    n_others = GPTConfig().vocab_size - model.config.vocab_size
    with torch.no_grad():
        trace = model.trace(windows)
        outputs, totals = trace.final_norm.out.flatten(0, -2), trace.logits.logsumexp(dim=-1).flatten()
    row = quiet_row(model, windows)
    for nearness in NEARER:
        if float((outputs @ row[0] - totals).max()) + log(n_others) < log(LEFT_FOR_OTHERS):
            break
        row = quiet_row(model, windows, nearness=nearness)
    return row


def _parameters(model: GPT) -> dict[str, Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}
