"""The embedders: the bundled model against its published arithmetic in NumPy, and servers in their good and bad moods."""

from __future__ import annotations

import json
import math
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest

from rag import embedding, errors
from rag.embedding import graph, minilm, weights
from rag.embedding.base import unit_rows
from rag.embedding.minilm import MiniLM
from rag.embedding.openai import BATCH, OpenAIEmbedder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TEXTS = [
    "Sparse adapters let one frozen network serve forty languages.",
    "Wing flutter at transonic speed was measured in a closed tunnel; damping fell by 12.5 % near Mach 0.9.",
    "naïve Matérn-kernel café, 東京, x² ≤ ½",
    "",
    "token " * 400,
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for built graphs."""
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="module")
def fp32(cache: Path) -> MiniLM:
    """In full precision."""
    return MiniLM("fp32", cache=cache)


@pytest.fixture(scope="module")
def int8(cache: Path) -> MiniLM:
    """The default."""
    return MiniLM("int8", cache=cache)


def reference(ids: Sequence[int]) -> np.ndarray[Any, Any]:
    """BERT's forward pass and mean pooling (Devlin et al., 2019; Reimers and Gurevych, 2019), straight from the weights in float64."""
    from safetensors.numpy import load

    w = {
        k: v.astype(np.float64) for k, v in load((weights.folder() / "model.safetensors").read_bytes()).items() if v.ndim and "ids" not in k
    }
    erf = np.vectorize(math.erf)

    def dense(x: Any, name: str) -> Any:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: Any, name: str) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-12) * w[f"{name}.weight"] + w[f"{name}.bias"]

    x = w["embeddings.word_embeddings.weight"][list(ids)] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for n in range(6):
        at = f"encoder.layer.{n}"
        q, k, v = (dense(x, f"{at}.attention.self.{part}").reshape(-1, 12, 32).transpose(1, 0, 2) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(-1, 384)
        x = norm(dense(mixed, f"{at}.attention.output.dense") + x, f"{at}.attention.output.LayerNorm")
        inner = dense(x, f"{at}.intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
        x = norm(dense(inner, f"{at}.output.dense") + x, f"{at}.output.LayerNorm")
    mean: np.ndarray[Any, Any] = x.mean(0)
    mean /= np.linalg.norm(mean)
    return mean


def test_fp32_is_the_published_model(fp32: MiniLM) -> None:
    """Vectors agree with the arithmetic of the papers to six digits, for an empty text too."""
    for text in TEXTS[:4]:
        assert float(fp32.embed_query(text) @ reference(fp32._ids(text).tolist())) == pytest.approx(1.0, abs=1e-6)


def test_int8_stays_close(fp32: MiniLM, int8: MiniLM) -> None:
    """7-bit weights turn a sentence's vector by less than some ten degrees and keep who is nearest."""
    a, b = fp32.embed(TEXTS[:3]), int8.embed(TEXTS[:3])
    assert ((a * b).sum(axis=1) > 0.98).all()
    query = "fluttering of aerofoils"
    assert (a @ fp32.embed_query(query)).argmax() == (b @ int8.embed_query(query)).argmax() == 1


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_a_vector_does_not_depend_on_its_batch(precision: str, request: pytest.FixtureRequest) -> None:
    """Alone, in a batch or in another order: the very same numbers, unit rows, float32."""
    model: MiniLM = request.getfixturevalue(precision)
    together = model.embed(TEXTS)
    assert together.dtype == np.float32
    assert together.shape == (len(TEXTS), model.dimension)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (model.embed(TEXTS[::-1])[::-1] == together).all()
    assert (np.stack([model.embed_query(text) for text in TEXTS]) == together).all()
    assert model.embed([]).shape == (0, model.dimension)


def test_reads_256_word_pieces(int8: MiniLM) -> None:
    """`max_tokens` is what is read whole; what lies beyond changes nothing, and `count` is never capped."""
    whole = "paper " * int8.max_tokens
    assert int8.count(whole) == int8.max_tokens == 254
    assert (int8.embed_query(whole) == int8.embed_query(whole + "and much more")).all()
    assert not (int8.embed_query(whole) == int8.embed_query("paper " * (int8.max_tokens - 1))).all()
    assert int8.count("paper " * 1000) == 1000


def test_tokens_with_their_characters(int8: MiniLM) -> None:
    """`read` gives one unit vector a word piece, and where in the text it stands."""
    text = "Sparse adapters, forty languages."
    vector, tokens, places = int8.read(text)
    assert (vector == int8.embed_query(text)).all()
    assert [text[a:b] for a, b in places] == ["Sparse", "adapt", "ers", ",", "forty", "languages", "."]
    assert tokens.shape == (len(places), 384)
    assert np.linalg.norm(tokens, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert len(int8.read("token " * 400)[2]) == int8.max_tokens


def test_cached_graph(cache: Path, int8: MiniLM, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start neither builds nor imports the builder's package; a damaged cache is made anew; none at all works too."""
    assert graph.VERSION == minilm._GRAPH_VERSION
    (path,) = cache.glob("minilm-int8-*.onnx")
    built = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(minilm, "_built", lambda *_: pytest.fail("built again"))
        again = MiniLM("int8", cache=cache)
    assert (again.embed_query(TEXTS[0]) == int8.embed_query(TEXTS[0])).all()
    path.write_bytes(built[: len(built) // 2])
    assert (MiniLM("int8", cache=cache).embed_query(TEXTS[0]) == int8.embed_query(TEXTS[0])).all()
    assert path.read_bytes() == built
    assert [p.name for p in cache.iterdir() if p.name.startswith(".")] == []
    blocked = cache / "file"
    blocked.write_text("no folder")
    assert MiniLM("int8", cache=blocked).count("a b") == 2


def test_altered_or_missing_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that are not the pinned ones are refused with the next step, and so is a missing package."""
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setattr(weights, "folder", lambda: tmp_path)
    with pytest.raises(errors.ConfigError, match=r"SHA256.*reinstall"):
        MiniLM("int8")
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(errors.ConfigError, match="can't be read"):
        MiniLM("int8")
    monkeypatch.undo()
    monkeypatch.setattr(weights, "PACKAGE", "no_such_package_anywhere")
    with pytest.raises(errors.ConfigError, match="FOOTNOTE_EMBEDDER=none"):
        MiniLM("int8")


@pytest.mark.parametrize("spec", ["bert", "", "openai", "openai:", "openai:model", "hf:", "minilm"])
def test_load_names_the_next_step(spec: str) -> None:
    """A spec that is none, and a server without an address, end in one line that tells what to set."""
    with pytest.raises(errors.ConfigError, match=r"choose|FOOTNOTE_EMBEDDER"):
        embedding.load(spec)


def test_hub_extra_is_named() -> None:
    """Without the extra, `hf:` says how to get it."""
    pytest.importorskip("tokenizers")
    try:
        import sentence_transformers  # noqa: F401
    except ImportError:
        with pytest.raises(errors.ConfigError, match="extra `hf`"):
            embedding.load("hf:some/model")
    else:
        pytest.skip("the extra is installed")


class Server:
    """An embeddings server on the loopback that answers with what it is told: (status, body) or a function of the request."""

    def __init__(self, *replies: Any) -> None:
        """The last reply stays."""
        self.replies: list[Any] = list(replies)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []

    def __enter__(self) -> Self:
        """Listens on a free port."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.requests.append(request)
                server.keys.append(self.headers.get("Authorization"))
                reply = server.replies.pop(0) if len(server.replies) > 1 else server.replies[0]
                status, body = reply(request) if callable(reply) else reply
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Retry-After", "0")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        """Stops."""
        self._server.shutdown()
        self._server.server_close()


def good(request: dict[str, Any]) -> tuple[int, Any]:
    """Vectors that tell their texts apart, in reversed order: the index says which is which."""
    rows = [{"object": "embedding", "index": n, "embedding": [len(t), 1.0, 2.0]} for n, t in enumerate(request["input"])]
    return 200, {"object": "list", "data": rows[::-1], "model": request["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def said(status: int, code: str, message: str) -> tuple[int, Any]:
    """An error as servers write it."""
    return status, {"error": {"code": code, "message": message}}


def test_server_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts go in batches and come back in order as unit rows; only the key that was given is sent, whatever the environment holds."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-the-environment")
    with Server(good) as server:
        model = OpenAIEmbedder("any-model", base_url=server.url)
        texts = ["x" * (n + 1) for n in range(BATCH + 3)]
        found = model.embed([*texts, ""])
        assert found == pytest.approx(unit_rows(np.array([[max(len(t), 1), 1, 2] for t in [*texts, ""]], dtype=np.float32)))
        assert [len(r["input"]) for r in server.requests] == [BATCH, 4]
        assert model.dimension == 3
        assert model.embed([]).shape == (0, 3)
        assert "sk-from-the-environment" not in str(server.keys)
        model.close()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (said(401, "invalid_api_key", "no"), errors.AuthRejected),
        (said(403, "forbidden", "no"), errors.AuthRejected),
        (said(429, "rate_limit_exceeded", "slow down"), errors.RateLimited),
        (said(400, "context_length_exceeded", "too many tokens"), errors.ContextOverflow),
        (said(413, "", "too large"), errors.ContextOverflow),
        (said(400, "content_filter", "refused"), errors.ContentRefused),
        (said(404, "model_not_found", "no such model"), errors.ProviderError),
        (said(500, "server_error", "out of memory"), errors.ProviderError),
        ((200, b"<html>"), errors.BadReply),
        ((200, {"data": []}), errors.BadReply),
        ((200, {"data": [{"index": 0, "embedding": ["a"], "object": "embedding"}]}), errors.BadReply),
        ((200, {"data": [{"index": 0, "embedding": [float("nan"), 1.0], "object": "embedding"}]}), errors.BadReply),
    ],
)
def test_failures_are_ours(reply: tuple[int, Any], kind: type[errors.ProviderError]) -> None:
    """Every failure of a server arrives as one line of the ProviderError family that names the server and no key."""
    with Server(reply) as server:
        model = OpenAIEmbedder("m", base_url=server.url, api_key="sk-secret", max_retries=0)
        with pytest.raises(errors.ProviderError) as caught:
            model.embed(["text"])
        model.close()
    assert type(caught.value) is kind
    assert server.url in str(caught.value)
    assert "sk-secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_retries_are_bounded() -> None:
    """A 500 is tried again as often as allowed, and the reply that then comes counts."""
    with Server(said(500, "", "busy"), good) as server:
        model = OpenAIEmbedder("m", base_url=server.url, max_retries=1)
        assert model.embed_query("abc").shape == (3,)
        model.close()
    assert len(server.requests) == 2


def test_nobody_listens() -> None:
    """A closed port is 'unreachable', with the question whether it runs."""
    with Server(good) as server:
        url = server.url
    model = OpenAIEmbedder("m", base_url=url, max_retries=0, timeout_s=5)
    with pytest.raises(errors.ProviderUnreachable, match="running"):
        model.embed(["text"])
    model.close()
