"""What a model says of itself: sizes, under the names of Hugging Face, of the book, of nanoGPT or our own."""

import json
from pathlib import Path
from typing import Any

from gpt_core.model.config import GPTConfig
from gpt_core.weights.model_file import CONFIG_FILE, WeightsError

# Names of the same function, GELU by tanh: transformers, src/transformers/activations.py (held against it by a test)
TANH_GELU = ("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_python_tanh", "gelu_accurate")
SETTINGS: dict[str, tuple[str | float, ...]] = {  # what a file may say of itself; anything else is another model
    "model_type": ("gpt2",),
    "activation_function": TANH_GELU,
    "layer_norm_epsilon": (1e-5,),
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
}
NAMES: dict[str, tuple[str, ...]] = {  # ours, which are mostly the book's, and those of others
    "vocab_size": ("vocab_size",),
    "context_length": ("context_length", "n_positions", "block_size", "n_ctx"),
    "emb_dim": ("emb_dim", "n_embd"),
    "n_heads": ("n_heads", "n_head"),
    "n_layers": ("n_layers", "n_layer"),
    "n_inner": ("n_inner",),
    "qkv_bias": ("qkv_bias",),
    "tied_head": ("tied_head", "tie_word_embeddings"),
}
DEFAULTS = {  # a Hugging Face file need not say what is as in transformers' GPT2Config
    "vocab_size": 50_257,
    "context_length": 1_024,
    "emb_dim": 768,
    "n_heads": 12,
    "n_layers": 12,
    "tied_head": True,
}
SWITCHES = ("qkv_bias", "tied_head")


def read_config(path: Path) -> dict[str, Any]:
    """The sizes that a `config.json` states, under our names; nothing where there is no such file.

    Raises:
        WeightsError: it cannot be read, or says something that this code does not compute, which is not ignored.
    """
    try:
        settings = json.loads(path.read_text("utf-8"))
        return sizes_of(settings)
    except WeightsError:
        raise
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise WeightsError("{file} cannot be read", file=path.name, detail=str(error.strerror)) from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise not_a_configuration(error) from error


def sizes_of(settings: dict[str, Any]) -> dict[str, Any]:
    """The sizes among a model's settings, under our names. Raises WeightsError for a setting of another model."""
    for name, computed in SETTINGS.items():
        if settings.get(name, computed[0]) not in computed:
            raise WeightsError(
                "{file} says {name}={found}, but this is a GPT with {wanted}",
                file=CONFIG_FILE, name=name, found=repr(settings[name]), wanted=repr(computed[0]),
            )  # fmt: skip
    found = dict(DEFAULTS) if "model_type" in settings else {}
    for ours, names in NAMES.items():
        for name in names:
            if settings.get(name) is not None:
                found[ours] = settings[name]
                break
    for name in SWITCHES:
        if not isinstance(found.get(name, True), bool):
            raise ValueError(f"{name}={found[name]!r} is neither true nor false")
    return found


def not_a_configuration(error: Exception) -> WeightsError:
    """What is said of a configuration that makes no sense."""
    return WeightsError("{file} is not a GPT-2 configuration", file=CONFIG_FILE, detail=repr(error))


def settings_of(config: GPTConfig) -> dict[str, Any]:
    """The sizes as Hugging Face's GPT-2 files state them, and `qkv_bias`, which those do not know."""
    last = config.vocab_size - 1  # <|endoftext|> is the last token of GPT-2's vocabulary
    return {
        **{name: SETTINGS[name][0] for name in ("model_type", "activation_function", "layer_norm_epsilon")},
        "architectures": ["GPT2LMHeadModel"],
        "vocab_size": config.vocab_size,
        "n_positions": config.context_length,
        "n_embd": config.emb_dim,
        "n_head": config.n_heads,
        "n_layer": config.n_layers,
        "n_inner": config.n_inner,
        "qkv_bias": config.qkv_bias,
        "tie_word_embeddings": config.tied_head,
        "bos_token_id": min(last, GPTConfig().vocab_size - 1),
        "eos_token_id": min(last, GPTConfig().vocab_size - 1),
    }


def write_config(folder: Path, config: GPTConfig) -> None:
    """Write `config.json`, and its folder if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONFIG_FILE).write_text(json.dumps(settings_of(config), indent=2) + "\n", "utf-8")
