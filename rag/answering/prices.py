"""Cost of a model call from a price file that the user fills in (`docs/prices.schema.json`); the project ships no prices.

A model that the file does not name has no known cost: None, never zero.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rag.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


class Price(BaseModel):
    """US dollars per million tokens, read and written."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    input_usd_per_million: float = Field(ge=0, description="US dollars per million prompt tokens")
    output_usd_per_million: float = Field(ge=0, description="US dollars per million tokens of the reply")


class Prices(BaseModel):
    """The price file: model names as configured, each with its price. `as_of` is for the reader."""

    model_config = ConfigDict(frozen=True, extra="forbid", title="Footnote price file")

    as_of: str | None = Field(default=None, description="When the prices were looked up")
    models: dict[str, Price] = Field(default_factory=dict, description="Prices by model name, as in FOOTNOTE_LLM_MODEL")

    def cost_usd(self, model: str, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What a call cost, or None where the file has no price for `model`.

        >>> prices = Prices(models={"m": Price(input_usd_per_million=2, output_usd_per_million=10)})
        >>> prices.cost_usd("m", 1000, 100), prices.cost_usd("other", 1000, 100)
        (0.003, None)
        """
        price = self.models.get(model)
        if price is None:
            return None
        return (prompt_tokens * price.input_usd_per_million + completion_tokens * price.output_usd_per_million) / 1_000_000


def load(path: Path | None) -> Prices:
    """The prices in the file at `path`, none where it is None; ConfigError names the file and the first thing wrong with it."""
    if path is None:
        return Prices()
    if path.exists() and not path.is_file():
        raise ConfigError(f"price file {str(path)!r} is no file; correct FOOTNOTE_LLM_PRICE_FILE")
    try:
        return Prices.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"price file {str(path)!r} can't be read ({error.strerror}); correct FOOTNOTE_LLM_PRICE_FILE") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise ConfigError(f"price file {str(path)!r}: {place}: {first['msg']}; the schema is docs/prices.schema.json") from error
