import subprocess
import sys
from dataclasses import replace
from math import log
from pathlib import Path

import pytest
import torch

from gpt_core import GPT, GPTConfig
from gpt_core.measure.text_loss import next_token_loss
from gpt_core.model.embedding import sinusoids
from gpt_core.tokenizer.bpe import Tokenizer
from gpt_core.training import checkpoint
from gpt_core.training.loop import Phase, Recipe, evaluate, initialise, optimisers, train
from gpt_core.training.optimisers import orthogonalised
from gpt_core.training.recipes.corpus import Vocabulary, Windows, hold_out, read_chapters
from gpt_core.training.recipes.induction import CONFIG, WORDS, Repeats, word_ids

TINY = GPTConfig(vocab_size=17, context_length=8, n_layers=2, n_heads=3, emb_dim=12)
RECIPE = Recipe(
    phases=(Phase(20, 12, 8), Phase(10, 8, 8, sampled_softmax=(5, 4))), other_rate=0.02, warm_up=3, cool_down=10
)


def tiny_model(seed: int = 1) -> GPT:
    model = GPT(TINY)
    initialise(model, seed=seed)
    return model


def counting() -> Windows:
    """A text in which each token is the one before plus three: soon learnt."""
    stream = torch.arange(400) * 3 % 16
    return Windows((stream,), (torch.arange(0, 400, 16),), (1.0,), marker=16, seed=1)


def test_an_untrained_model_is_as_surprised_as_by_dice():
    loss = next_token_loss(tiny_model(), counting().draw(0, 8, 8))
    assert loss.item() == pytest.approx(log(17), abs=0.05)


def test_training_makes_the_loss_fall():
    losses = [step.loss for step in train(tiny_model(), counting(), RECIPE)]
    assert len(losses) == 30
    assert losses[-1] < 0.7 * losses[0]


def test_products_in_half_precision_learn_the_same_and_leave_whole_numbers():
    exact, rough = tiny_model(), tiny_model()
    exact_losses = [step.loss for step in train(exact, counting(), RECIPE)]
    rough_losses = [step.loss for step in train(rough, counting(), replace(RECIPE, half_products=True))]
    assert rough_losses != exact_losses
    assert rough_losses[-1] == pytest.approx(exact_losses[-1], rel=0.1)
    assert {parameter.dtype for parameter in rough.parameters()} == {torch.float32}


def test_positions_begin_as_sines_of_the_height_asked_for():
    model = GPT(TINY)
    initialise(model, seed=1, positions=0.1)
    assert torch.equal(model.embedding.pos_emb.weight, 0.1 * sinusoids(8, 12))
    assert model.embedding.tok_emb.weight.std().item() == pytest.approx(0.02, rel=0.2)


def test_from_a_window_on_a_share_says_a_short_passage_again_and_again():
    stream = torch.randperm(4_000)
    plain = Windows((stream,), (torch.arange(0, 4_000, 50),), (1.0,), marker=4_000, seed=1)
    reciting = replace(plain, recited=0.5, recited_from=100)
    assert torch.equal(reciting.draw(0, 100, 64), plain.draw(0, 100, 64))
    repeats = [len(window.unique()) for window in reciting.draw(100, 200, 64)]
    recited = [n_different for n_different in repeats if n_different < 65]
    assert 70 <= len(recited) <= 130
    assert min(recited) >= 12
    assert max(recited) <= 32
    assert all(len(window.unique()) == 65 for window in plain.draw(100, 200, 64))


def test_the_same_seed_gives_the_same_model():
    first, second = tiny_model(), tiny_model()
    for one, other in zip(train(first, counting(), RECIPE), train(second, counting(), RECIPE), strict=True):
        assert one == other
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_a_run_that_was_interrupted_ends_with_the_same_numbers(tmp_path: Path):
    whole = tiny_model()
    *_, last = train(whole, counting(), RECIPE)

    broken_off = tiny_model()
    optimising = optimisers(broken_off, RECIPE)
    for step in train(broken_off, counting(), RECIPE, optimising=optimising):
        if step.step == 13:
            break
    checkpoint.save(tmp_path / "run.safetensors", broken_off, optimising, step=13)

    taken_up = tiny_model(seed=2)
    optimising = optimisers(taken_up, RECIPE)
    start = checkpoint.resume(tmp_path / "run.safetensors", taken_up, optimising)
    *_, last_again = train(taken_up, counting(), RECIPE, start=start, optimising=optimising)
    assert start == 13
    assert last_again == last
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), taken_up.parameters(), strict=True))


def test_the_global_dice_are_left_alone():
    model = tiny_model()
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    for _ in train(model, counting(), RECIPE):
        pass
    assert torch.equal(torch.rand(1), expected)


def test_when_every_token_is_a_candidate_sampling_changes_nothing():
    model, batch = tiny_model(), counting().draw(0, 8, 8)
    generator = torch.Generator().manual_seed(1)
    sampled = next_token_loss(model, batch, sampled_softmax=(5, 12), generator=generator)
    assert sampled.item() == pytest.approx(next_token_loss(model, batch).item(), abs=1e-5)


def test_drawn_candidates_stand_for_those_that_were_not_drawn():
    model, batch = tiny_model(), counting().draw(0, 8, 8)
    losses = [
        next_token_loss(model, batch, sampled_softmax=(5, 4), generator=torch.Generator().manual_seed(seed)).item()
        for seed in range(40)
    ]
    assert sum(losses) / 40 == pytest.approx(next_token_loss(model, batch).item(), abs=0.05)


def test_skipped_tokens_do_not_count():
    model, batch = tiny_model(), counting().draw(0, 8, 8)
    changed = batch.clone()
    changed[:, 8] = 0
    assert not torch.equal(next_token_loss(model, batch, skip=5), next_token_loss(model, changed, skip=5))
    logits = model(batch[:, :-1])[:, 5:].flatten(0, -2)
    expected = torch.nn.functional.cross_entropy(logits, batch[:, 6:].flatten())
    assert next_token_loss(model, batch, skip=5).item() == pytest.approx(expected.item(), abs=1e-6)


def test_positions_learn_fast_again_where_windows_grow():
    recipe = replace(RECIPE, phases=(Phase(steps=20, n_windows=4, length=8), Phase(steps=10, n_windows=4, length=16)))
    assert [recipe.positions_rate(step) for step in range(30)] == [recipe.rate(step) for step in range(30)]
    late = replace(recipe, late_positions=True)
    assert [late.positions_rate(step) for step in range(20)] == [recipe.rate(step) for step in range(20)]
    assert [late.positions_rate(step) for step in range(20, 30)] == pytest.approx([1 - n / 10 for n in range(10)])


def test_only_positions_have_that_rate():
    model, recipe = tiny_model(), replace(RECIPE, late_positions=True)
    longer = replace(recipe, phases=(Phase(steps=1, n_windows=2, length=4), Phase(steps=1, n_windows=2, length=8)))
    still = replace(longer, warm_up=10**9)  # so that nothing else moves
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for _ in train(model, counting(), still):
        pass
    moved = {name for name, parameter in model.named_parameters() if (parameter - before[name]).abs().max() > 1e-4}
    assert moved == {"embedding.pos_emb.weight"}


def test_the_rate_rises_holds_and_falls_to_nothing():
    rates = [RECIPE.rate(step) for step in range(RECIPE.steps)]
    assert rates[:3] == pytest.approx([1 / 3, 2 / 3, 1])
    assert rates[3:21] == [1.0] * 18
    assert rates[25] == pytest.approx(0.5)
    assert 0 < rates[-1] < 0.03


def test_a_step_past_the_end_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match="step 30 is past the end: this recipe has 30 steps"):
        RECIPE.at(30)


def test_evaluation_reads_every_token_once():
    model, text = tiny_model(), counting().streams[0][:20]
    total = 0.0
    for window in (text[:9], text[8:17], text[16:]):
        logits = model(window[:-1])
        total += torch.nn.functional.cross_entropy(logits, window[1:], reduction="sum").item()
    with torch.no_grad():
        assert evaluate(model, [text], length=8) == pytest.approx(total / 19, abs=1e-5)


def test_muon_pushes_equally_in_all_directions():
    matrix = torch.randn(12, 48, generator=torch.Generator().manual_seed(1))
    for turned in (matrix, matrix.mT):
        singular = torch.linalg.svdvals(orthogonalised(turned))
        assert singular.min() > 0.5
        assert singular.max() < 1.3


def test_windows_are_pieces_of_the_text_and_half_begin_with_the_marker():
    lessons = counting()
    windows = lessons.draw(0, 200, 8)
    marked = windows[:, 0] == 16
    assert 70 < marked.sum() < 130
    assert ((windows[:, 2:] - windows[:, 1:-1]) % 16 == 3).all()
    assert torch.equal(windows, lessons.draw(0, 200, 8))


def test_whole_chapters_are_held_out_and_none_is_lost():
    chapters = [f"Tale {n}\n" + f"It was the year {n}. " * 150 + "\n" for n in range(200)]
    train_on, held = hold_out(chapters, seed=1)
    assert sorted(train_on + held) == sorted(chapters)
    assert 0.02 <= sum(map(len, held)) / sum(map(len, chapters)) <= 0.025
    assert read_chapters("".join(chapters)) == chapters


def test_the_small_vocabulary_puts_the_commonest_token_first():
    vocabulary = Vocabulary.of([torch.tensor([7, 9, 9, 9, 7, 4])])
    assert vocabulary.shrink(torch.tensor([4, 9, 8])).tolist() == [2, 0, -1]


def test_lessons_of_the_induction_lab_repeat_words_that_are_one_token_each():
    ids = word_ids(Tokenizer("gpt2"))
    assert len(ids) == len(ids.unique()) == len(WORDS.split()) == 128
    for window in Repeats(128, seed=1).draw(0, 20, CONFIG.context_length):
        period = int((window[1:] == window[0]).nonzero()[0]) + 1
        assert 8 <= period <= 32
        assert torch.equal(window[period:], window[:-period])


def test_the_command_explains_itself():
    shown = subprocess.run(
        [sys.executable, "-m", "gpt_core.training", "--help"], capture_output=True, text=True, check=True
    )
    assert "storyteller" in shown.stdout
    assert "induction-lab" in shown.stdout
