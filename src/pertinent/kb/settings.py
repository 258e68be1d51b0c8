"""How knowledge bases are searched, by the environment; ``docs/settings.md`` has the table.

``PERTINENT_X`` wins over the plain name ``X``, the environment over ``.env``, both over ``pertinent.toml``.
Plain names are those that such pipelines have elsewhere; no command but ``kb`` and ``mcp`` reads them.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pertinent.families.carried import CARRIED_RERANKER
from pertinent.search.fusion import RRF_CONSTANT
from pertinent.settings import PREFIX, SETTINGS_FILE, load_settings, read_settings


def _split(given: object) -> object:
    if isinstance(given, str):
        return tuple(part.strip() for part in given.split(",") if part.strip())
    return given


def _no_doubles(given: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(given)) < len(given):
        raise ValueError("a name stands in it twice")
    return given


Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_no_doubles)]
"""Names with commas between them."""


class PipelineSettings(BaseSettings):
    """Validated settings of the pipeline and of what serves it.

    Examples
    --------
    >>> PipelineSettings(rerank_model="deepinfra:Qwen/Qwen3-Reranker-8B, fireworks:").rerank_model
    ('deepinfra:Qwen/Qwen3-Reranker-8B', 'fireworks:')
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        toml_file=SETTINGS_FILE,
        extra="ignore",  # the other settings stand in the same files
        frozen=True,
    )

    rerank_enabled: bool = Field(default=True, description="whether the reranker is asked")
    rerank_model: Names = Field(
        default=(CARRIED_RERANKER,),
        min_length=1,
        max_length=8,
        description="rerankers with commas between them; each is asked where those before it do not answer",
    )
    embedding_model: str = Field(
        default="", description="the embedder; empty takes the one that a collection was made with"
    )
    top_k: int = Field(default=10, ge=1, le=1000, description="hits returned")
    candidate_multiplier: int = Field(
        default=4, ge=1, le=100, description="length of each first-stage list, as a multiple of `TOP_K`"
    )
    max_per_file: int = Field(
        default=3,
        ge=1,
        le=1000,
        description="passages of one file among the hits; where a file holds many records, of one record",
    )
    rrf_k: int = Field(
        default=RRF_CONSTANT, ge=1, le=10_000, description="the constant of reciprocal rank fusion"
    )
    rerank_threshold: float | None = Field(
        default=None, ge=0, le=1, description="hits with a lower probability are left out"
    )
    rerank_deadline_ms: int = Field(
        default=20_000,
        ge=1,
        le=600_000,
        description="milliseconds for a search; what the reranker has not scored by then follows unscored",
    )
    mcp_collections: Names = Field(
        default=(),
        max_length=100,
        description="collections that `pertinent mcp` shows where no option names any",
    )

    @property
    def deadline(self) -> float:
        """Seconds for a search."""
        return self.rerank_deadline_ms / 1000

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 (the hook's signature)
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of the sources, strongest first."""
        return (
            init_settings,
            env_settings,
            dotenv_settings,
            EnvSettingsSource(settings_cls, env_prefix=""),
            DotEnvSettingsSource(settings_cls, env_prefix=""),
            TomlConfigSettingsSource(settings_cls),
        )


@cache
def load_pipeline_settings() -> PipelineSettings:
    """Read the settings once for this process.

    Raises
    ------
    SettingsError
        If a value is not valid, or a name in ``pertinent.toml`` or with the prefix is unknown.
    """
    load_settings()  # refuses names that nobody knows
    return read_settings(PipelineSettings)
