from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gpt_core import GPT, GPTConfig
from gpt_core.training.loop import initialise
from gpt_core.training.release import quiet_row, rare_row, write_config, write_model
from gpt_core.weights import packing
from gpt_core.weights.folder import load_folder, load_packed
from gpt_core.weights.model_file import WeightsError

USED = torch.tensor([3, 16, 0, 7, 9])
SMALL = GPTConfig(vocab_size=5, context_length=8, n_layers=2, n_heads=3, emb_dim=12)
WHOLE = GPTConfig(vocab_size=17, context_length=8, n_layers=2, n_heads=3, emb_dim=12)
TABLE = "embedding.tok_emb.weight"


@pytest.fixture
def model() -> GPT:
    model = GPT(SMALL)
    initialise(model, seed=1)
    return model


def state_of(model: GPT) -> dict[str, torch.Tensor]:
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("whole_numbers", [False, True])
def test_a_packed_model_thinks_as_it_did(model: GPT, whole_numbers: bool):
    unused = {TABLE: torch.zeros(1, 12)}
    state = packing.unpack(packing.pack(state_of(model), USED, unused, whole_numbers=whole_numbers), WHOLE)
    whole = GPT(WHOLE)
    whole.load_state_dict(state | {"out_head.weight": state[TABLE]})
    rows = torch.tensor([4, 0, 2, 2, 1])
    found = whole(USED[rows])[:, USED]
    error = (found - model(rows)).abs().max() / model(rows).abs().max()
    assert error < (0.05 if whole_numbers else 0.002)


def test_unused_tokens_share_rows_in_turn(model: GPT):
    others = torch.arange(24.0).view(2, 12)
    table = packing.unpack(packing.pack(state_of(model), USED, {TABLE: others}), WHOLE)[TABLE]
    assert table.shape == (17, 12)
    assert torch.equal(table[4], others[0])
    assert torch.equal(table[5], others[1])
    assert torch.equal(table[16], state_of(model)[TABLE][1].half().float())


def made_of_halves(model: GPT) -> packing.Composition:
    """For the twelve tokens that `USED` leaves out; 4 is made of 3 and 0, 5 of 4 and 3, and so on."""
    others = [id for id in range(17) if id not in USED]
    halves = torch.tensor([[max(0, id - 1), max(0, id - 2)] for id in others])
    halves[0] = torch.tensor([0, 0])  # of 1
    generator = torch.Generator().manual_seed(3)
    return packing.Composition(halves, torch.randn(25, 12, generator=generator) / 5)


def test_a_token_without_a_row_gets_one_from_its_halves_and_those_from_theirs(model: GPT):
    others = made_of_halves(model)
    table = packing.unpack(packing.pack(state_of(model), USED, {TABLE: others}), WHOLE)[TABLE]
    rule = others.rule.half().float()
    kept = dict(zip(USED.tolist(), state_of(model)[TABLE].half().float(), strict=True))

    def row(id: int) -> torch.Tensor:
        if id in kept:
            return kept[id]
        at = [other for other in range(17) if other not in kept].index(id)
        first, second = others.halves[at].tolist()
        return row(first) @ rule[:12] + row(second) @ rule[12:24] + rule[24]

    for id in range(17):
        torch.testing.assert_close(table[id], row(id), rtol=1e-5, atol=1e-6)
    assert len(table.unique(dim=0)) == 17


@pytest.mark.parametrize(
    ("spoilt", "by", "complaint"),
    [
        (packing.HALVES, lambda t: t[:-1], "two smaller ids for each of 12 tokens"),
        (packing.HALVES, lambda t: t[:, :1], "two smaller ids for each of 12 tokens"),
        (packing.HALVES, lambda t: t + 1, "two smaller ids for each of 12 tokens"),
        (packing.HALVES, lambda t: t - 9, "two smaller ids for each of 12 tokens"),
        (TABLE + packing.FROM_HALVES, lambda t: t[:-1], r"the rule that composes rows has shape \(24, 12\)"),
        (TABLE + packing.FROM_HALVES, lambda t: t[:, :-1], "the rule that composes rows"),
        (packing.HALVES, None, f"{TABLE} is composed, but {packing.HALVES} is missing"),
    ],
)
def test_a_composition_that_cannot_be_is_refused(model: GPT, spoilt: str, by, complaint: str):
    packed = packing.pack(state_of(model), USED, {TABLE: made_of_halves(model)})
    if by:
        packed[spoilt] = by(packed[spoilt])
    else:
        del packed[spoilt]
    with pytest.raises(ValueError, match=complaint):
        packing.unpack(packed, WHOLE)


def test_what_a_packed_file_keeps_is_read_off_its_header(model: GPT, tmp_path: Path):
    for name, others, n_shared in (("shared", torch.zeros(2, 12), 2), ("composed", made_of_halves(model), 0)):
        write_model(tmp_path / name, model, USED, {TABLE: others})
        assert packing.kept_in(tmp_path / name) == packing.Packed(
            5, n_shared, whole_numbers=False, n_layers=WHOLE.n_layers
        )


def test_a_snapshot_is_loaded_with_as_many_blocks_as_it_holds(model, tmp_path):
    write_model(tmp_path / "before.safetensors", model, USED, {TABLE: torch.zeros(1, 12)})
    grown = replace(WHOLE, n_layers=5)
    assert load_packed(tmp_path / "before.safetensors", grown).config == WHOLE
    none = {name: tensor for name, tensor in state_of(model).items() if not name.startswith("blocks.")}
    packed = packing.pack(none, USED, {TABLE: torch.zeros(1, 12)})
    save_file(packed, tmp_path / "none.safetensors", {"format": packing.FORMAT})
    with pytest.raises(WeightsError, match=r"lacks blocks\.0"):
        load_packed(tmp_path / "none.safetensors", WHOLE)


def test_a_table_without_its_ids_is_refused(model: GPT):
    packed = packing.pack(state_of(model), USED, {TABLE: torch.zeros(1, 12)})
    for missing in (packing.USED, TABLE + packing.UNUSED):
        with pytest.raises(ValueError, match=f"{TABLE} is packed, but {missing} is missing"):
            packing.unpack({name: tensor for name, tensor in packed.items() if name != missing}, WHOLE)


@pytest.mark.parametrize(
    ("ids", "complaint"),
    [
        ([3, 16, 0, 7, 17], "different ids from 0 to 16"),
        ([3, 16, 0, 7, -1], "different ids from 0 to 16"),
        ([3, 16, 0, 7, 7], "different ids from 0 to 16"),
        ([3, 16, 0, 7], "5 rows are packed for 4 ids"),
    ],
)
def test_wrong_ids_are_refused(model: GPT, ids: list[int], complaint: str):
    packed = packing.pack(state_of(model), USED, {TABLE: torch.zeros(1, 12)})
    packed[packing.USED] = torch.tensor(ids, dtype=torch.int32)
    with pytest.raises(ValueError, match=complaint):
        packing.unpack(packed, WHOLE)


def test_a_quiet_row_is_read_like_a_rare_word_and_never_written(model: GPT):
    windows = torch.tensor([[0, 1, 2, 3, 4], [4, 2, 0, 1, 3]])
    row = quiet_row(model, windows)
    trace = model.trace(windows)
    usual = trace.final_norm.out @ model.out_head.weight.mean(dim=0)
    quiet = (trace.final_norm.out @ row.mT)[..., 0]
    assert (quiet < usual - 2).all()
    assert (quiet < trace.logits.min(dim=-1).values).all()


def test_a_rare_row_gives_all_tokens_that_share_it_the_probability_of_those_that_were_left_out():
    model = GPT(WHOLE)
    initialise(model, seed=1)
    windows = torch.randint(17, (40, 8), generator=torch.Generator().manual_seed(2))
    row = rare_row(model, windows, n_known=30, vocab_size=100)
    outputs = model.trace(windows).final_norm.out
    shared, one_of_17 = 83 * (outputs @ row.mT)[..., 0].exp(), model.out_head(outputs).exp().mean(dim=-1)
    assert float((shared / (13 * one_of_17)).detach().log().mean()) == pytest.approx(0, abs=0.3)


def test_a_written_model_is_loaded_like_any_other(model: GPT, tmp_path: Path):
    write_model(tmp_path / "model.safetensors", model, USED, {TABLE: torch.zeros(1, 12)})
    write_config(tmp_path, SMALL)
    loaded = load_folder(tmp_path)
    assert loaded.config == GPTConfig(context_length=8, n_layers=2, n_heads=3, emb_dim=12)
    ids = torch.tensor([3, 16, 0])
    assert torch.allclose(loaded(ids)[:, USED], model(torch.tensor([0, 1, 2])), atol=1e-3)


def test_a_file_of_another_kind_does_not_pass_for_a_packed_one(model: GPT, tmp_path: Path):
    packed = packing.pack(state_of(model), USED, {TABLE: torch.zeros(1, 12)})
    save_file(packed, tmp_path / "model.safetensors")
    write_config(tmp_path, SMALL)
    with pytest.raises(ValueError, match=r"embedding\.tok_emb\.weight has shape \(5, 12\), expected \(50257, 12\)"):
        load_folder(tmp_path)
