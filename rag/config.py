"""Settings: the only reader of the environment and of a `.env` file in the working folder.

Entry points build one `Settings`; everything else receives plain values. A key for some other program (`OPENAI_API_KEY`) turns nothing on.
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import ConfigError

PREFIX = "FOOTNOTE_"


class Settings(BaseSettings):
    """What can be set, with `FOOTNOTE_` before the upper-case name. Frozen; secrets never print."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_file_encoding="utf-8", frozen=True, extra="ignore")

    library: str = Field("default", min_length=1, description="Name of a library in the user's data folder, or a folder")
    embedder: str = Field("minilm-int8", description="`minilm-int8`, `minilm-fp32`, `openai:<model>`, `hf:<model>` or `none`")
    embedder_base_url: str | None = Field(None, description="Address for `openai:<model>` embedders, such as `http://127.0.0.1:11434/v1`")
    embedder_api_key: SecretStr | None = Field(None, description="Key for that address")
    chroma_url: str | None = Field(None, description="A Chroma server, such as `http://127.0.0.1:8000`; unset: embedded Chroma")
    ray: str | None = Field(
        None, description="A Ray cluster, `host:port` or `local`, that reads, embeds and searches sharded libraries (extra `ray`)"
    )
    ray_replicas: int = Field(1, ge=1, le=64, description="Processes that search a shard there")
    fusion: str = Field("auto", description="How rankings are joined: `auto`, `minmax`, `rrf`, `dense` or `keyword`")
    reranker: str | None = Field(None, description="`hf:<cross-encoder>`: reranks the first 50 papers (extra `hf`)")
    k: int = Field(20, ge=1, le=1000, description="Papers retrieved for a question")
    answer_words: int = Field(120, ge=20, le=2000, description="Longest answer, in words; lists may be longer")
    answer_timeout_s: float = Field(300.0, gt=0, le=36_000, description="Longest an answer may take as a whole, in seconds")
    llm_base_url: str | None = Field(None, description="Address of an OpenAI-compatible server; unset: answers are quoted offline")
    llm_model: str | None = Field(None, description="The model's name there")
    llm_api_key: SecretStr | None = Field(None, description="Its key, where it wants one")
    llm_context_tokens: int | None = Field(
        None, ge=1024, description="The model's window in tokens, where it is not known; an Ollama is set to it"
    )
    llm_max_output_tokens: int = Field(700, ge=64, le=32_000, description="Longest reply, in tokens")
    llm_temperature: float = Field(0.0, ge=0, le=2, description="Sampling temperature")
    llm_connect_timeout_s: float = Field(5.0, gt=0, le=120, description="Longest wait for a connection, in seconds")
    llm_timeout_s: float = Field(60.0, gt=0, le=3600, description="Longest wait for the next bytes of a reply, in seconds")
    llm_total_timeout_s: float | None = Field(
        None, gt=0, le=36_000, description="Longest a whole reply may take, in seconds; unset: four times the wait between bytes"
    )
    llm_max_retries: int = Field(2, ge=0, le=10, description="Further tries after 429 and 5xx; `Retry-After` is honoured")
    llm_headers: SecretStr | None = Field(None, description='Headers for that address as a JSON object, such as `{"X-Team": "a"}`')
    llm_body: str | None = Field(None, description='Further fields of each request as a JSON object, such as `{"top_p": 0.9}`')
    llm_repair: bool = Field(True, description="Send sentences that fail the check back to the model once")
    llm_rerank: bool = Field(False, description="Let the model put the first 20 papers in order before it writes")
    llm_rewrite: bool = Field(False, description="Let the model put the question in further words to search for")
    llm_cache: int = Field(0, ge=0, le=10_000, description="Answers by the model that are kept for the same question over the same papers")
    llm_judge: bool = Field(False, description="Ask the model to check each sentence a second time")
    llm_price_file: Path | None = Field(None, description="JSON file with prices per million tokens; unset: cost is unknown")
    unsupported: Literal["withhold", "mark", "quote"] = Field(
        "withhold",
        description="What happens to sentences that fail the check: nothing of them is shown, a warning, or the line that they cite",
    )
    host: str = Field("127.0.0.1", description="Address to listen on; beyond the loopback a password or key is required")
    port: int = Field(7860, ge=0, le=65_535, description="Port to listen on; 0 picks a free one")
    user: str | None = Field(None, description="User name for the page")
    password: SecretStr | None = Field(None, description="Password for the page")
    api_key: SecretStr | None = Field(None, description="Bearer key for the API routes")
    owner_key: SecretStr | None = Field(None, description="Allows uploading and removing when others can reach the server")
    allowed_hosts: str = Field("", description="Host names that the server answers to beside the loopback, comma-separated")
    allowed_origins: str = Field(
        "", description="Pages of other origins that may use the server, comma-separated, such as `https://chat.example`"
    )
    trusted_proxies: str = Field("", description="Reverse proxies whose `X-Forwarded-For` is believed: addresses or networks")
    allowed_addresses: str = Field(
        "", description="Machines of the own network where a model named on a shared server's page may be: addresses or networks"
    )
    max_upload_mb: int = Field(25, ge=1, le=2048, description="Largest upload, in megabytes")
    lookup: bool = Field(
        default=False, description="Papers can be added on the page by DOI or arXiv number, which are then sent to the two services below"
    )
    lookup_doi_url: str = Field("https://doi.org", description="Where DOIs are looked up")
    lookup_arxiv_url: str = Field("https://export.arxiv.org", description="Where arXiv numbers are looked up")

    @field_validator("lookup_doi_url", "lookup_arxiv_url")
    @classmethod
    def _service(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("llm_base_url", "embedder_base_url", "chroma_url")
    @classmethod
    def _http_address(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        if not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/")

    @field_validator("llm_body", "llm_headers")
    @classmethod
    def _json_object(cls, value: Any) -> Any:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if text is None or not text.strip():
            return None
        try:
            found = json.loads(text)
        except ValueError:
            raise ValueError("must be a JSON object") from None
        if not isinstance(found, dict):
            raise ValueError("must be a JSON object")  # noqa: TRY004 - pydantic reports ValueErrors
        return value

    def llm_headers_given(self) -> dict[str, str]:
        """The set headers by name."""
        return {str(k): str(v) for k, v in json.loads(self.llm_headers.get_secret_value()).items()} if self.llm_headers else {}

    @property
    def llm_enabled(self) -> bool:
        """Both an address and a model are set: only then is any model called."""
        return bool(self.llm_base_url and self.llm_model)


def load(**overrides: Any) -> Settings:
    """The settings from the environment and `.env`, with `overrides` (None values are ignored) on top.

    Raises ConfigError in one line for a bad value, and for a misspelt `FOOTNOTE_` name.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            # Without the prefix, which would make every name look close.
            near = difflib.get_close_matches(name.removeprefix(PREFIX), [n.removeprefix(PREFIX) for n in sorted(known)], n=1)
            hint = f"; did you mean {PREFIX}{near[0]}?" if near else "; see the settings table in README.md"
            raise ConfigError(f"no setting is called {name!r}{hint}")
    try:
        return Settings(**{k: v for k, v in overrides.items() if v is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        shown = "(a secret)" if "key" in name.lower() or "password" in name.lower() else repr(first["input"])
        raise ConfigError(f"{name} is {shown}: {first['msg']}") from error


def use_library(name_or_dir: str) -> None:
    """Make this the library of every later `load` in this process, unless one is named there."""
    os.environ[f"{PREFIX}LIBRARY"] = name_or_dir


def library_folder(name_or_dir: str) -> Path:
    """The folder of a library: a path when it looks like one or exists, else a name below the user's data folder.

    Names are letters, digits, `.`, `_` and `-`; anything else raises ConfigError.
    """
    path = Path(name_or_dir).expanduser()
    if os.sep in name_or_dir or (os.altsep and os.altsep in name_or_dir) or name_or_dir in {".", ".."}:
        return path.resolve()
    if not all(c.isalnum() or c in "._-" for c in name_or_dir) or name_or_dir.startswith("."):
        raise ConfigError(f"{name_or_dir!r} is no library name (letters, digits, '.', '_', '-'); for a folder write ./{name_or_dir}")
    return libraries_folder() / name_or_dir


def libraries_folder() -> Path:
    """Where named libraries live: `libraries/` in the user's data folder for Footnote."""
    import platformdirs

    return platformdirs.user_data_path("footnote", appauthor=False) / "libraries"


def libraries() -> list[str]:
    """The names of the libraries there, sharded ones too, in order."""
    folder = libraries_folder()
    return sorted({p.parent.name for name in ("papers.db", "shards.json") for p in folder.glob(f"*/{name}")}) if folder.is_dir() else []


def cache_folder() -> Path:
    """The user's cache folder for Footnote: the embedder's graph, mirrors of Chroma servers, evaluation libraries."""
    import platformdirs

    return platformdirs.user_cache_path("footnote", appauthor=False)
