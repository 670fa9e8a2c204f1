"""The models known by name: sizes, where the weights come from, what they learnt from. A table, and no more."""

from dataclasses import dataclass
from pathlib import Path

from gpt_core.model.config import BOOK_124M, PUBLISHED, GPTConfig
from gpt_core.weights.hub import HubFile


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model. One of `seed`, `sha256` (bundled), `hub`, `folder` and `snapshot` tells of its weights.

    A snapshot's card is its finished model's with another name, and is in no catalogue (`catalogue.card_of`).
    """

    name: str
    title: str
    config: GPTConfig
    parameters: int
    trained_on: str
    licence: str
    seed: int | None = None
    sha256: str | None = None
    hub: HubFile | None = None
    folder: Path | None = None  # of a reader's own model, which is in no catalogue
    snapshot: Path | None = None  # the file of what a bundled model was earlier in its training
    step: int | None = None  # of that snapshot

    @property
    def unverified(self) -> bool:
        """Whether no digest is known that would say that its weights are the published ones."""
        return self.hub is not None and self.hub.sha256 is None

    @property
    def random(self) -> bool:
        """Whether the weights are drawn from `seed`."""
        return self.seed is not None

    @property
    def untrained(self) -> bool:
        """Whether nothing was learnt: random weights, or a snapshot of the first step."""
        return self.random or self.step == 0


GPT2_DATA = "WebText: 8 million web pages that Reddit users had linked, up to 2017"
GPT2_LICENCE = "modified MIT licence, OpenAI"
CATALOGUE = {
    model.name: model
    for model in (
        ModelCard(
            name="storyteller",
            title="Storyteller",
            config=GPTConfig(context_length=256, emb_dim=192, n_heads=6, n_layers=10),
            parameters=14_147_520,
            trained_on="412 books in English and French. It knows little.",
            licence="MIT",
            sha256="d50b16974de7c708ed828bae02e43a91b60e6e675997108ce5e67e73281216d8",
        ),
        ModelCard(
            name="induction-lab",
            title="Induction lab",
            config=GPTConfig(context_length=64, emb_dim=128, n_heads=4, n_layers=2, tied_head=False),
            parameters=13_270_784,
            trained_on="repeated sequences of 128 random words. All it can do is copy.",
            licence="MIT",
            sha256="ae07d1eb8ce1faf2f16444374d910c150b491cffa162b8764f7cce3b96963eb7",
        ),
        ModelCard(
            name="random-small",
            title="Random weights, small",
            config=GPTConfig(context_length=256, emb_dim=192, n_heads=6, n_layers=4),
            parameters=11_478_336,
            trained_on="nothing: random numbers, seed 123",
            licence="none needed",
            seed=123,
        ),
        ModelCard(
            name="random-124m",
            title="Random weights, GPT-2 size",
            config=BOOK_124M,
            parameters=163_009_536,
            trained_on="nothing: random numbers, seed 123, as in the book's chapter 4; the head is not tied",
            licence="none needed",
            seed=123,
        ),
        ModelCard(
            name="gpt2",
            title="GPT-2 124M",
            config=PUBLISHED["gpt2"],
            parameters=124_439_808,
            trained_on=GPT2_DATA,
            licence=GPT2_LICENCE,
            hub=HubFile(
                repository="openai-community/gpt2",
                revision="607a30d783dfa663caf39e06633721c8d4cfcd7e",
                n_bytes=548_105_171,
                sha256="248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707",
                others=("gpt2",),
            ),
        ),
        ModelCard(
            name="gpt2-medium",
            title="GPT-2 355M",
            config=PUBLISHED["gpt2-medium"],
            parameters=354_823_168,
            trained_on=GPT2_DATA,
            licence=GPT2_LICENCE,
            hub=HubFile(
                repository="openai-community/gpt2-medium",
                revision="6dcaa7a952f72f9298047fd5137cd6e4f05f41da",
                n_bytes=1_519_984_962,
                sha256="fc5a354a19255ad494f3d71549390baca1ccf61d1d822b9408971705c687c9cd",
                others=("gpt2-medium",),
            ),
        ),
        ModelCard(
            name="gpt2-large",
            title="GPT-2 774M",
            config=PUBLISHED["gpt2-large"],
            parameters=774_030_080,
            trained_on=GPT2_DATA,
            licence=GPT2_LICENCE,
            hub=HubFile(
                repository="openai-community/gpt2-large",
                revision="32b71b12589c2f8d625668d2335a01cac3249519",
                n_bytes=3_247_159_000,  # of the tensors and their masks, and about that of the header
                sha256=None,
                others=("gpt2-large",),
            ),
        ),
        ModelCard(
            name="gpt2-xl",
            title="GPT-2 1.5B",
            config=PUBLISHED["gpt2-xl"],
            parameters=1_557_611_200,
            trained_on=GPT2_DATA,
            licence=GPT2_LICENCE,
            hub=HubFile(
                repository="openai-community/gpt2-xl",
                revision="15ea56dee5df4983c59b2538573817e1667135e2",
                n_bytes=6_431_829_962,  # of the tensors, their masks and a header with their names
                sha256="0f8b28eb05a8075f48b61b6f35332978c74fc7763fa9fb4051a1c30511736a6a",
                others=("gpt2-xl",),
            ),
        ),
        ModelCard(
            name="distilgpt2",
            title="DistilGPT2",
            config=GPTConfig(n_layers=6),
            parameters=81_912_576,
            trained_on="OpenWebText, and what GPT-2 124M predicts there: half its blocks, nearly its words",
            licence="Apache 2.0",
            hub=HubFile(
                repository="distilbert/distilgpt2",
                revision="2290a62682d06624634c1f46a6ad5be0f47f38aa",
                n_bytes=352_824_413,
                sha256="e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b",
                others=("distilgpt2",),
            ),
        ),
    )
}
