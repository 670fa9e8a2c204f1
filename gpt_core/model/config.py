"""The shape of a GPT: how wide, how deep, how many heads, how many tokens its vocabulary has."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GPTConfig:
    """Sizes in the book's names; the defaults are GPT-2 small (124M).

    Source: openai/gpt-2, src/model.py: default_hparams(), and Raschka, section 4.1.

    >>> GPTConfig().head_dim, GPTConfig().ff_dim
    (64, 3072)
    """

    vocab_size: int = 50_257
    context_length: int = 1_024
    emb_dim: int = 768
    n_heads: int = 12
    n_layers: int = 12
    qkv_bias: bool = True  # GPT-2's files have these biases; the book builds its untrained model without
    tied_head: bool = True  # the output head is the token table itself: 124M parameters rather than 163M
    n_inner: int | None = None  # width inside the feed-forward network, where it is not four times emb_dim

    def __post_init__(self) -> None:
        sizes = ("vocab_size", "context_length", "emb_dim", "n_heads", "n_layers")
        for name in sizes:
            size = getattr(self, name)
            if not isinstance(size, int) or size < 1:
                raise ValueError(f"{name}={size!r} is not a whole number of at least 1")
        if self.n_inner is not None and (not isinstance(self.n_inner, int) or self.n_inner < 1):
            raise ValueError(f"n_inner={self.n_inner!r} is not a whole number of at least 1")
        if self.emb_dim % self.n_heads:
            raise ValueError(f"emb_dim={self.emb_dim} cannot be shared out evenly among n_heads={self.n_heads}")

    @property
    def head_dim(self) -> int:
        """Width of one head: the stream is shared out among the heads."""
        return self.emb_dim // self.n_heads

    @property
    def ff_dim(self) -> int:
        """Width inside the feed-forward network: four times the stream, as in the first Transformer, unless said."""
        return self.n_inner or 4 * self.emb_dim


BOOK_124M = GPTConfig(qkv_bias=False, tied_head=False)  # Raschka, section 4.1: GPT_CONFIG_124M, drop_rate left out

PUBLISHED = {  # Radford et al. 2019, table 2; counts as in OpenAI's released files
    "gpt2": GPTConfig(),
    "gpt2-medium": GPTConfig(emb_dim=1_024, n_heads=16, n_layers=24),
    "gpt2-large": GPTConfig(emb_dim=1_280, n_heads=20, n_layers=36),
    "gpt2-xl": GPTConfig(emb_dim=1_600, n_heads=25, n_layers=48),
    "gpt3-175b": GPTConfig(context_length=2_048, emb_dim=12_288, n_heads=96, n_layers=96),  # Brown et al. 2020, 2.1
}
