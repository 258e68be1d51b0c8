"""What a configuration says of the finished model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pertinent.train.data_config import Section


class CalibrationConfig(Section):
    """A line that margins are put on, so that their logistic curve is a probability: chosen elsewhere."""

    slope: Annotated[float, Field(gt=0)] = 1.0
    bias: float = 0.0


class FinalConfig(Section):
    """Constants of the formula that search orders by (see ``search.final``): chosen elsewhere."""

    weight: Annotated[float, Field(gt=0, le=1)]
    temperature: Annotated[float, Field(gt=0)]


class ExportConfig(Section):
    """What the model is called and how it is stored (see ``export``).

    Parameters
    ----------
    name, version, licence, description : str
        For ``model.json`` and the card.
    word_table_largest, matrix_largest : int
        Largest positions on the grids of the word table and of all other matrices; smaller ones take less
        space, and 0 leaves them in float32.
    query_prefix : str
        Of an embedder.
    calibration : CalibrationConfig
        Of a cross-encoder: becomes part of its classifier.
    final : FinalConfig | None
        Of a cross-encoder, for margins after that.
    """

    name: str
    version: str = "1"
    licence: str = "Apache-2.0"
    description: str = ""
    word_table_largest: Annotated[int, Field(ge=0, le=127)] = 127
    matrix_largest: Annotated[int, Field(ge=0, le=127)] = 127
    query_prefix: str = ""
    calibration: CalibrationConfig = CalibrationConfig()
    final: FinalConfig | None = None
