"""What the test command sees to: how many tests run at once, and that no process compiles what another has."""

import os

import pytest

from tests import __main__ as command


@pytest.mark.parametrize(
    "quota, n",
    [("max 100000", 8), ("200000 100000", 2), ("250000 100000", 2), ("50000 100000", 1), ("1600000 100000", 8)],
)
def test_a_container_counts_the_processors_it_may_use(tmp_path, monkeypatch, quota, n):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: range(8), raising=False)
    (tmp_path / "cpu.max").write_text(f"{quota}\n")
    assert command.processors(tmp_path / "cpu.max") == n
    assert command.processors(tmp_path / "none") == 8


@pytest.mark.parametrize("processors, workers", [(1, "2"), (2, "3"), (4, "5"), (64, "6")])
def test_there_is_one_worker_more_than_processors_but_never_more_than_memory_has_room_for(
    monkeypatch, processors, workers
):
    monkeypatch.setattr(command, "processors", lambda: processors)
    assert command.workers() == workers


def test_what_is_compiled_is_kept_out_of_the_tree_where_nothing_may_be_written_into_it():
    forbidden, allowed = {"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/home"}, {"HOME": "/home"}
    command.keep_compiled(forbidden)
    assert forbidden == {"HOME": "/home", "PYTHONPYCACHEPREFIX": str(command.ROOT / ".pytest_cache" / "compiled")}
    command.keep_compiled(allowed)
    assert allowed == {"HOME": "/home"}
