"""From a training run to the files that are shipped: a packed model, its sizes, and its snapshots of learning."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int
from safetensors.torch import save_file
from torch import Tensor

from gpt_core.model.config import GPTConfig
from gpt_core.model.gpt import GPT
from gpt_core.training import checkpoint
from gpt_core.training.recipes import storyteller
from gpt_core.training.recipes.induction import CONFIG, RECIPE, Repeats
from gpt_core.training.recipes.pieces import WHOLE, halves
from gpt_core.training.recipes.storyteller import SNAPSHOT_STEPS, Library
from gpt_core.weights import configuration, packing
from gpt_core.weights.model_file import MODEL_FILE
from gpt_core.weights.packing import Composition

SNAPSHOT_ROWS = 9_000  # of the table; these tokens make up 98 % of the text
RAREST = 1_000  # rows of the table that an unused token resembles
NEARNESS = 0.2  # what a row's squared distance from the rare rows costs, against the logarithm of its probability
OFTEN_MET = 15_000  # tokens whose rows show how a row is made of two
RULE_STIFFNESS = 1e-2  # what a number of the rule that composes rows costs, squared, against the mean squared error
STIFFNESS = 0.01  # the same for a rare row, against the squared error of its logit


def quiet_row(
    model: GPT, windows: Int[Tensor, "n_windows T"], *, nearness: float = NEARNESS
) -> Float[Tensor, "1 emb_dim"]:
    """One row for all tokens that training never saw: read like a rare word, never written.

    It begins as the mean of the rare rows, whose logits are the mean of theirs, and moves no further than it must to be
    unlikely everywhere in `windows`: the highest probabilities count, and the way from the beginning.
    """
    with torch.no_grad():
        trace = model.trace(windows)
        outputs, totals = trace.final_norm.out.flatten(0, -2), trace.logits.logsumexp(dim=-1).flatten()
        rarest = model.out_head.weight[-RAREST:].mean(dim=0)
    row = rarest.clone().requires_grad_()
    search = torch.optim.LBFGS([row], max_iter=100, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        search.zero_grad()
        found = (outputs @ row - totals).logsumexp(dim=0) + nearness * (row - rarest).square().sum()
        found.backward()
        return found

    search.step(cost)  # pyright: ignore[reportArgumentType] (a tensor is what LBFGS asks for)
    return row.detach()[None]


def composition(model: GPT, used: Int[Tensor, " n_used"]) -> Composition:
    """How the tokens that training never met get a row each: by what holds, on average, between the rows that it made.

    They are merges, for every byte has been met; their halves may be such tokens too. Nothing keeps these rows from
    being written: what moves them all away from the likely ones makes them all likely where a head copies one.
    """
    others = torch.ones(GPTConfig().vocab_size, dtype=torch.bool).index_fill(0, used, value=False).nonzero()[:, 0]
    return Composition(halves()[others], fitted_rule(model.out_head.weight.detach(), used))


def fitted_rule(
    rows: Float[Tensor, "n_used emb_dim"], used: Int[Tensor, " n_used"], *, stiffness: float = RULE_STIFFNESS
) -> Float[Tensor, "n_inputs emb_dim"]:
    """Least squares, with a cost for large numbers: the rule that best makes a row out of those of the two halves.

    It is fitted to the tokens that were met most often, the first of `used`: the rows of others have hardly moved.
    """
    at = torch.full((GPTConfig().vocab_size,), WHOLE).index_copy(0, used, torch.arange(len(used)))
    parts = halves()[used[:OFTEN_MET]]
    parts = torch.where(parts == WHOLE, WHOLE, at[parts])
    merged = (parts != WHOLE).all(dim=-1)
    known = torch.cat([rows[parts[merged]].flatten(1), torch.ones(int(merged.sum()), 1)], dim=-1).double()
    products = known.mT @ known + stiffness * len(known) * torch.eye(known.shape[-1], dtype=torch.double)
    return torch.linalg.solve(products, known.mT @ rows[:OFTEN_MET][merged].double()).float()


def rare_row(
    model: GPT, windows: Int[Tensor, "n_windows T"], *, n_known: int, vocab_size: int
) -> Float[Tensor, "1 emb_dim"]:
    """One row for all tokens whose own rows were not kept, so that the model's losses stay nearly what they were.

    It begins as the mean of the rarest rows and moves, by least squares over `windows`, to where all tokens that share
    it have together the probability of the `n_known - model.config.vocab_size` that training had, if each of those is
    as likely as one of the rarest.
    """
    n_kept = model.config.vocab_size
    with torch.no_grad():
        outputs = model.trace(windows).final_norm.out.flatten(0, -2)
        rarest = model.out_head.weight[-RAREST:]
        fewer = log((n_known - n_kept) / (vocab_size - n_kept))
        wanted = (outputs @ rarest.T).logsumexp(dim=-1) - log(len(rarest)) + fewer
        missing = wanted - outputs @ rarest.mean(dim=0)
        spread = outputs.T @ outputs / len(outputs) + STIFFNESS * torch.eye(outputs.shape[-1])
        return (rarest.mean(dim=0) + torch.linalg.solve(spread, outputs.T @ missing / len(outputs)))[None]


def write_model(
    path: Path,
    model: GPT,
    used: Int[Tensor, " n_used"],
    unused: Mapping[str, Float[Tensor, "n_rows emb_dim"] | Composition],
    *,
    whole_numbers: bool = False,
) -> None:
    """Save `model`, trained on the tokens `used` alone, in the packed format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    state = {name: parameter.detach() for name, parameter in model.named_parameters()}
    packed = packing.pack(state, used, unused, whole_numbers=whole_numbers)
    save_file({name: tensor.contiguous() for name, tensor in packed.items()}, path, {"format": packing.FORMAT})


def write_config(folder: Path, config: GPTConfig) -> None:
    """The sizes, as GPT-2's own files state them, for the whole vocabulary."""
    configuration.write_config(folder, replace(config, vocab_size=GPTConfig().vocab_size))


def commonest(model: GPT, n_rows: int) -> GPT:
    """The same model over the `n_rows` commonest of its tokens."""
    smaller = GPT(replace(model.config, vocab_size=n_rows))
    state = model.state_dict()
    smaller.load_state_dict({name: t[:n_rows] if name in packing.TABLES else t for name, t in state.items()})
    return smaller


def write_induction(folder: Path, model: GPT, used: Int[Tensor, " n_used"]) -> None:
    """The induction lab: an unknown token is read as one of the known, always the same, and never written."""
    generator = torch.Generator().manual_seed(RECIPE.seed)
    mixed = torch.randint(len(used), (64, CONFIG.context_length), generator=generator)
    text = torch.cat([mixed, Repeats(len(used), seed=RECIPE.seed).draw(0, 64, CONFIG.context_length - 1)])
    tables = {
        "embedding.tok_emb.weight": model.embedding.tok_emb.weight.detach(),
        "out_head.weight": quiet_row(model, text),
    }
    write_model(folder / MODEL_FILE, model, used, tables)
    write_config(folder, model.config)


def snapshot_row(smaller: GPT, text: Int[Tensor, "n_windows T"], *, n_known: int) -> Float[Tensor, "1 emb_dim"]:
    """The row of the tokens that a snapshot does not keep, from training text of those it keeps."""
    common = text[text < SNAPSHOT_ROWS]
    windows = common[: len(common) // 128 * 128].view(-1, 128)
    return rare_row(smaller, windows, n_known=n_known, vocab_size=GPTConfig().vocab_size)


def write_story(folder: Path, run: Path, library: Library) -> None:
    """The finished story model with every row it trained, its learning curve, and snapshots in a quarter of the size.

    Snapshots keep the rows of the commonest tokens alone, in int8.
    """
    used = library.vocabulary.ids
    text = library.windows.draw(0, 64, 128)[:, :-1]
    model = GPT(replace(storyteller.CONFIG, vocab_size=len(used)))
    table = "embedding.tok_emb.weight"
    for path in [run / f"step-{step:06}.safetensors" for step in SNAPSHOT_STEPS]:
        checkpoint.resume(path, model)
        smaller = commonest(model, SNAPSHOT_ROWS)
        unused = {table: snapshot_row(smaller, text, n_known=len(used))}
        write_model(folder / "snapshots" / path.name, smaller, used[:SNAPSHOT_ROWS], unused, whole_numbers=True)
    checkpoint.resume(run / "latest.safetensors", model)
    write_model(folder / MODEL_FILE, model, used, {table: quiet_row(model, text)})
    write_config(folder, model.config)
    history = json.loads((run / "history.json").read_text("utf-8"))
    (folder / "history.json").write_text(json.dumps(history, indent=1) + "\n", "utf-8")


def write_later_course(folder: Path, before: Path, run: Path, library: Library, *, n_layers: int) -> None:
    """The story model after a course that is not its first, with a row for every token, in int8.

    `before` is the folder written after the course before: its snapshots are kept, and its curve is gone on with.
    """
    model = GPT(replace(storyteller.CONFIG, vocab_size=len(library.vocabulary.ids), n_layers=n_layers))
    checkpoint.resume(run / "latest.safetensors", model)
    used, table = library.vocabulary.ids, "embedding.tok_emb.weight"
    write_model(folder / MODEL_FILE, model, used, {table: composition(model, used)}, whole_numbers=True)
    write_config(folder, model.config)
    if folder != before:
        shutil.copytree(before / "snapshots", folder / "snapshots", dirs_exist_ok=True)
    earlier, later = (json.loads((place / "history.json").read_text("utf-8")) for place in (before, run))
    curve = continued(earlier, [row for row in later if row["step"] > 0])
    (folder / "history.json").write_text(json.dumps(curve, indent=1) + "\n", "utf-8")


def continued(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The points of two courses as one curve: steps and tokens of the later one are counted on.

    >>> continued([{"step": 9, "tokens": 90}], [{"step": 1, "tokens": 20, "en": 4.0}])
    [{'step': 9, 'tokens': 90}, {'step': 10, 'tokens': 110, 'en': 4.0, 'course': 2}]
    """
    last, course = before[-1], {"course": before[-1].get("course", 1) + 1}
    return before + [row | {key: last[key] + row[key] for key in ("step", "tokens")} | course for row in after]
