"""Settings come from FOOTNOTE_ variables, a `.env` file and the command's options, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from rag import config
from rag.errors import ConfigError

SECRETS = ("llm_api_key", "embedder_api_key", "password", "api_key", "owner_key")


def test_nothing_is_set() -> None:
    """By default everything is offline: bundled embedder, embedded Chroma, no model, loopback only."""
    found = config.load()
    assert (found.library, found.embedder, found.k) == ("default", "minilm-int8", 20)
    assert (found.chroma_url, found.llm_base_url, found.llm_enabled, found.host) == (None, None, False, "127.0.0.1")


def test_a_key_for_something_else_turns_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_API_KEY and its address in the environment change no setting."""
    before = config.load()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9")
    assert config.load() == before
    assert not config.load().llm_enabled


@pytest.mark.parametrize("given", [{"llm_base_url": "http://127.0.0.1:1/v1"}, {"llm_model": "m"}, {"llm_api_key": "k"}])
def test_a_model_needs_address_and_name(given: dict[str, str]) -> None:
    """One of them, or a key, is not enough."""
    assert not config.load(**given).llm_enabled
    assert config.load(llm_base_url="http://127.0.0.1:1/v1/", llm_model="m").llm_enabled


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Options over environment over `.env`; an option that was not given changes nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(config.Settings.model_config, "env_file", ".env")
    (tmp_path / ".env").write_text("FOOTNOTE_K=5\nFOOTNOTE_LIBRARY=from-file\nOTHER_PROGRAM=1\n", encoding="utf-8")
    assert (config.load().k, config.load().library) == (5, "from-file")
    monkeypatch.setenv("FOOTNOTE_K", "6")
    assert (config.load().k, config.load().library) == (6, "from-file")
    assert config.load(k=7, library=None).k == 7
    assert config.load(k=None).k == 6


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("K", "many"),
        ("K", "0"),
        ("K", "1001"),
        ("LIBRARY", ""),
        ("PORT", "70000"),
        ("LLM_BASE_URL", "example.org/v1"),
        ("CHROMA_URL", "ftp://example.org"),
        ("LLM_TIMEOUT_S", "-1"),
        ("UNSUPPORTED", "keep"),
        ("LLM_TEMPERATURE", "warm"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the variable and its value."""
    monkeypatch.setenv(f"FOOTNOTE_{name}", value)
    with pytest.raises(ConfigError) as caught:
        config.load()
    assert f"FOOTNOTE_{name} is {value!r}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_misspelt_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A FOOTNOTE_ variable that no setting has is an error, with the nearest name."""
    monkeypatch.setenv("FOOTNOTE_LIBARY", "x")
    with pytest.raises(ConfigError, match="did you mean FOOTNOTE_LIBRARY"):
        config.load()
    monkeypatch.delenv("FOOTNOTE_LIBARY")
    monkeypatch.setenv("FOOTNOTE_ZZZZZZZZ", "x")
    with pytest.raises(ConfigError, match="README"):
        config.load()


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_do_not_show(name: str) -> None:
    """Neither printing the settings nor dumping them as text shows a secret."""
    found = config.load(**{name: "hunter2-secret"})
    assert "hunter2" not in repr(found)
    assert "hunter2" not in str(found)
    assert "hunter2" not in found.model_dump_json()
    assert getattr(found, name).get_secret_value() == "hunter2-secret"


def test_every_secret_is_secret() -> None:
    """Whatever is named like one is typed as one."""
    named = {n for n in config.Settings.model_fields if n.endswith(("key", "password", "token", "secret"))}
    assert named == set(SECRETS)
    assert all("SecretStr" in str(config.Settings.model_fields[n].annotation) for n in named)


def test_settings_do_not_change() -> None:
    """Frozen: no part of the program can turn something on behind the others' backs."""
    with pytest.raises(ValidationError):
        config.load().k = 3


def test_every_setting_is_described() -> None:
    """The README's table is made from these."""
    assert [n for n, f in config.Settings.model_fields.items() if not f.description] == []


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_address_is_none(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As shells and compose files set variables that are meant to be unset."""
    monkeypatch.setenv("FOOTNOTE_CHROMA_URL", value)
    assert config.load().chroma_url is None


def test_addresses_end_without_a_stroke() -> None:
    """So that paths can be put behind them."""
    assert config.load(chroma_url="http://127.0.0.1:8000/").chroma_url == "http://127.0.0.1:8000"


def test_names_live_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is a folder below the user's data; whatever has a separator is a path."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    assert config.library_folder("my-papers_2.1") == tmp_path / "data" / "footnote" / "libraries" / "my-papers_2.1"
    assert config.library_folder("./here") == tmp_path / "here"
    assert config.library_folder(str(tmp_path / "x" / ".." / "y")) == tmp_path / "y"
    assert config.library_folder(".") == tmp_path
    assert config.cache_folder() == tmp_path / "cache" / "footnote"
    assert config.library_folder("~/z") == Path("~/z").expanduser()


@pytest.mark.parametrize("name", ["two words", "semi;colon", ".hidden", "new\nline", "nul\0"])
def test_a_name_that_is_none(name: str) -> None:
    """Refused with the way out."""
    with pytest.raises(ConfigError, match="letters, digits"):
        config.library_folder(name)
