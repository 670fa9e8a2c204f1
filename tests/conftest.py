"""What several tests share: a model so small and so odd that a transposed axis cannot pass by luck."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jaxtyping
import pytest

# A worker for each processor keeps them all busy: with a second thread each, the threads wait for one another three
# times as long as they compute. For all that tests start, too; before torch, which reads it once.
os.environ |= {"OMP_NUM_THREADS": "1", "GLASSBOX_THREADS": "1"}

import torch

from gpt_core import GPT, GPTConfig
from gpt_core.model.layer_norm import LayerNorm
from gpt_core.model.seeding import seeded
from pages.figures import layout
from pages.services.training_queue import TrainingQueue
from tests.waiting import until

layout.CHECKED = True  # a property that Plotly does not know fails here, and costs readers no time

PATIENCE = 600.0  # seconds, of our training queues: a busy machine is no reader who has left
TINY = GPTConfig(vocab_size=17, context_length=8, n_layers=2, n_heads=3, emb_dim=12)

ROOT = Path(__file__).parent.parent
AREAS = {  # the marker of each folder or file: the longest that fits counts (`pytest -m figures`)
    "gpt_core": "core",
    "pages": "pages",
    "pages/figures": "figures",
    "tests": "core",
    "tests/browser": "browser",
    "tests/load": "services",
    "tests/pages": "pages",
    "tests/server": "services",
    "tests/services": "services",
    "tests/test_architecture.py": "architecture",
    "tests/test_figures.py": "figures",
    "tests/test_learning_curve.py": "figures",
    "tests/test_words.py": "words",
}
SLOW = ("tests/test_packaging.py", "tests/test_readme.py")  # they build a wheel and start other interpreters


def pytest_addoption(parser: pytest.Parser) -> None:
    """What takes too long for every run."""
    parser.addoption("--every-look", action="store_true", help="measure every experiment on every screen")
    parser.addoption("--load", action="store_true", help="as many readers as the goals name, and their times")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test by where it is, as hundreds of decorators would."""
    for item in items:
        path = item.path.relative_to(ROOT)
        places = [place for place in (path, *path.parents) if place.as_posix() in AREAS]
        item.add_marker(AREAS[places[0].as_posix()])
        if path.as_posix() in SLOW:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Tiny matrices gain nothing by a second thread, and two add up in another order. A test may have set others."""
    torch.set_num_threads(1)


def random_gpt(config: GPTConfig, seed: int = 5) -> GPT:
    """Random weights everywhere: biases, scales and shifts too, or a forgotten one would go unnoticed."""
    with seeded(seed):
        model = GPT(config)
        for parameter in model.parameters():
            parameter.data.normal_(0.0, 0.3)
        for norm in (module for module in model.modules() if isinstance(module, LayerNorm)):
            norm.scale.data.add_(1.0)
    return model.eval().requires_grad_(requires_grad=False)


@pytest.fixture(scope="session")
def tiny() -> GPT:
    return random_gpt(TINY)


@pytest.fixture(scope="session")
def tiny_untied() -> GPT:
    return random_gpt(replace(TINY, tied_head=False), seed=6)


@pytest.fixture(scope="session")
def ids() -> torch.Tensor:
    return torch.tensor([3, 1, 4, 1, 5, 9, 2])


@pytest.fixture
def unchecked() -> Iterator[None]:
    """No type checks, as in the running app: what a wrong argument meets then is our own error message."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def new_queue() -> Iterator[Callable[..., TrainingQueue]]:
    """Make a `TrainingQueue` for this test alone; in the end all its trainings are stopped."""
    made = []

    def make(**limits: Any) -> TrainingQueue:
        made.append(TrainingQueue(**{"patience": PATIENCE, **limits}))
        return made[-1]

    yield make
    for queue in made:
        for job in queue.line:
            job.stop.set()
    until(lambda: not any(queue.line for queue in made))
