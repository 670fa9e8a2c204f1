"""A GPT under the names of the book's GPTModel, restated from its equations, and trained on the spot by its recipe."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CONFIG = {  # as section 4.1 writes it, small enough to learn in a second
    "vocab_size": 50_257,
    "context_length": 16,
    "emb_dim": 32,
    "n_heads": 2,
    "n_layers": 2,
    "drop_rate": 0.1,
    "qkv_bias": False,
}


class MultiHeadAttention(nn.Module):
    """Section 3.6."""

    def __init__(self, width: int, length: int, n_heads: int, dropout: float, *, qkv_bias: bool) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.W_query = nn.Linear(width, width, bias=qkv_bias)
        self.W_key = nn.Linear(width, width, bias=qkv_bias)
        self.W_value = nn.Linear(width, width, bias=qkv_bias)
        self.out_proj = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("mask", torch.ones(length, length).triu(1))

    def forward(self, x: Tensor) -> Tensor:
        parts = (self.W_query(x), self.W_key(x), self.W_value(x))
        queries, keys, values = (part.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for part in parts)
        mask = self.get_buffer("mask")[: x.shape[1], : x.shape[1]].bool()
        scores = (queries @ keys.mT).masked_fill(mask, -torch.inf)
        weights = self.dropout(torch.softmax(scores / keys.shape[-1] ** 0.5, dim=-1))
        return self.out_proj((weights @ values).transpose(1, 2).flatten(2))


class LayerNorm(nn.Module):
    """Section 4.2."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale, self.shift = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.scale, self.shift, 1e-5)


class FeedForward(nn.Module):
    """Section 4.3."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU("tanh"), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class TransformerBlock(nn.Module):
    """Section 4.5."""

    def __init__(self, width: int, length: int, n_heads: int, dropout: float, *, qkv_bias: bool) -> None:
        super().__init__()
        self.att = MultiHeadAttention(width, length, n_heads, dropout, qkv_bias=qkv_bias)
        self.ff, self.norm1, self.norm2 = FeedForward(width), LayerNorm(width), LayerNorm(width)
        self.drop_shortcut = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.drop_shortcut(self.att(self.norm1(x)))
        return x + self.drop_shortcut(self.ff(self.norm2(x)))


class GPTModel(nn.Module):
    """Section 4.6."""

    def __init__(self, cfg: dict) -> None:
        super().__init__()
        width, length = cfg["emb_dim"], cfg["context_length"]
        self.tok_emb = nn.Embedding(cfg["vocab_size"], width)
        self.pos_emb = nn.Embedding(length, width)
        self.drop_emb = nn.Dropout(cfg["drop_rate"])
        sizes = (width, length, cfg["n_heads"], cfg["drop_rate"])
        blocks = [TransformerBlock(*sizes, qkv_bias=cfg["qkv_bias"]) for _ in range(cfg["n_layers"])]
        self.trf_blocks = nn.Sequential(*blocks)
        self.final_norm = LayerNorm(width)
        self.out_head = nn.Linear(width, cfg["vocab_size"], bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.drop_emb(self.tok_emb(ids) + self.pos_emb(torch.arange(ids.shape[1])))
        return self.out_head(self.final_norm(self.trf_blocks(x)))


def trained(ids: list[int], *, steps: int = 3, seed: int = 123) -> tuple[GPTModel, list[float]]:
    """Section 5.2: AdamW on the cross-entropy of each next token; the model and its losses."""
    torch.manual_seed(seed)
    model = GPTModel(CONFIG)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.004, weight_decay=0.1)
    windows = torch.tensor(ids[: CONFIG["context_length"] + 1])[None]
    losses = []
    for _step in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(windows[:, :-1]).flatten(0, 1), windows[:, 1:].flatten())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return model.eval(), losses
