"""Draws depend on their seed, not on who else is drawing."""

import threading

import torch

from gpt_core.model.seeding import seeded


def test_a_seed_gives_what_manual_seed_gives():
    with seeded(123):
        ours = torch.rand(5)
    theirs = torch.rand(5, generator=torch.Generator().manual_seed(123))
    assert torch.equal(ours, theirs)


def test_the_global_generator_is_as_it_was():
    before = torch.get_rng_state()
    with seeded(123):
        torch.rand(5)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_error_inside_leaves_the_generator_as_it_was_and_the_lock_open():
    before = torch.get_rng_state()
    try:
        with seeded(1):
            torch.rand(1)
            raise KeyError
    except KeyError:
        pass
    assert torch.equal(torch.get_rng_state(), before)
    with seeded(1):
        pass


def test_two_threads_do_not_mix_their_draws():
    expected = {}
    for seed in (1, 2):
        with seeded(seed):
            expected[seed] = torch.rand(300).tolist()
    found = {}

    def draw(seed: int) -> None:
        with seeded(seed):
            found[seed] = [torch.rand(1).item() for _ in range(300)]

    threads = [threading.Thread(target=draw, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == expected
