"""What a model's margins are worth in a domain: a map to probabilities, for this model and prompt alone.

Files are JSON and may come from anywhere: they are read with limits, and one that was made for another
model, revision or prompt is refused rather than believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pertinent.errors import DataError, UsageError
from pertinent.rerankers.margin_map import MOST_KNOTS, MarginMap
from pertinent.types import ModelInfo, Scores

FORMAT = "pertinent-calibration"
VERSION = 1
MOST_BYTES = 4 << 20
MOST_CHARACTERS = 10_000
"""Of each text in a file; an instruction is the longest."""

_DOMAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_TEXTS = ("domain", "model", "revision", "instruction", "prompt", "method")
_COUNTS = ("pairs", "queries")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Probabilities for the margins of one model, asked in one way, in one domain.

    Parameters
    ----------
    domain : str
        What it is called; letters, digits, dashes and underscores.
    model, revision : str
        Whose margins it reads.
    map : MarginMap
        The map itself.
    instruction : str
        What the model was told when it was fitted; empty where it reads no instruction.
    prompt : str
        Hash of its prompt as token ids then (see ``Reranker.prompt_hash``); empty where it was not told.
    pairs, queries : int
        What it was fitted on.

    Raises
    ------
    UsageError
        If the domain is no name.
    """

    domain: str
    model: str
    revision: str
    map: MarginMap
    instruction: str = ""
    prompt: str = ""
    pairs: int = 0
    queries: int = 0

    def __post_init__(self) -> None:
        if not is_domain(self.domain):
            raise UsageError(
                f"{self.domain[:80]!r} is no name of a domain.",
                hint="Use letters, digits, dashes and underscores.",
            )

    def probability(self, margin: float) -> float:
        """The probability that a pair of this margin is relevant.

        Examples
        --------
        >>> Calibration("notes", "m", "1", MarginMap("temperature", slope=0.5)).probability(0.0)
        0.5
        """
        return self.map.probability(margin)

    def applied(self, scores: Scores) -> Scores:
        """The scores with calibrated probabilities; margins, and so the order, stay what they are."""
        return tuple(
            replace(score, probability=self.probability(score.margin), calibration=self.domain)
            for score in scores
        )

    def require_model(self, model: ModelInfo) -> None:
        """Refuse a model whose margins it was not fitted on.

        Raises
        ------
        UsageError
            If name or revision differ.
        """
        if (self.model, self.revision) != (model.name, model.revision):
            raise UsageError(
                f"Calibration {self.domain!r} belongs to {self.model[:200]!r} at {self.revision[:80]!r}, "
                f"not to {model.name!r} at {model.revision!r}.",
                hint=f"Make one with: {_command(model, self.domain)}",
            )

    def require_prompt(self, prompt: str, instruction: str | None) -> None:
        """Refuse a model that is asked in another way: another instruction or variant of the prompt.

        Parameters
        ----------
        prompt : str
            Hash of the prompt of this call; empty where it is not known.
        instruction : str | None
            What the model is told in this call, which decides where a hash is not known.

        Raises
        ------
        UsageError
            If the calibration was fitted otherwise.
        """
        known = bool(self.prompt and prompt)
        if self.prompt != prompt if known else self.instruction != (instruction or ""):
            told = f"instruction {self.instruction[:500]!r}" if self.instruction else "no instruction"
            raise UsageError(
                f"Calibration {self.domain!r} was fitted with another prompt ({told}).",
                hint="Ask in the same way, or calibrate with the prompt and instruction of this call.",
            )

    def to_json(self) -> str:
        """The text of its file.

        Examples
        --------
        >>> notes = Calibration("notes", "m", "1", MarginMap("platt", slope=0.5, bias=-1.25))
        >>> Calibration.from_json(notes.to_json()) == notes
        True
        """
        fields: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "domain": self.domain,
            "model": self.model,
            "revision": self.revision,
            "instruction": self.instruction,
            "prompt": self.prompt,
            "pairs": self.pairs,
            "queries": self.queries,
            "method": self.map.method,
            "slope": self.map.slope,
            "bias": self.map.bias,
            "knots": self.map.knots,
        }
        return json.dumps(fields, indent=1, ensure_ascii=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Calibration:
        """Read a file's text.

        Raises
        ------
        DataError
            If it is not one, or of a newer version; the text itself is not repeated.
        """
        try:
            fields = json.loads(text)
            if isinstance(fields, dict) and fields.get("format") == FORMAT and fields["version"] != VERSION:
                raise DataError(
                    "The calibration was made by another version of Pertinent.", hint="Calibrate again."
                )
            return _read(fields)
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError, UsageError):
            raise DataError(
                "This is no calibration, or a damaged one.", hint="Make it again with: pertinent calibrate"
            ) from None


def is_domain(text: str) -> bool:
    """Whether this is a domain's name, and not a path.

    Examples
    --------
    >>> is_domain("medicine"), is_domain("./medicine.json")
    (True, False)
    """
    return _DOMAIN.fullmatch(text) is not None


def calibration_path(model: ModelInfo, domain: str) -> Path:
    """Where the calibration of a domain is kept: in the settings' ``home``, by model and revision."""
    return _folder(model) / f"{domain}.json"


def find_calibration(given: str | Path | Calibration, model: ModelInfo) -> Calibration:
    """Find a calibration and make sure that it is this model's.

    Parameters
    ----------
    given : str | Path | Calibration
        A domain that was calibrated for this model, a file, or the calibration itself.
    model : ModelInfo
        Whose margins shall be read.

    Raises
    ------
    UsageError
        If there is none, or it belongs to another model or revision.
    DataError
        If its file cannot be read.
    """
    if isinstance(given, str) and is_domain(given):
        path = calibration_path(model, given)
        if not path.is_file():
            raise UsageError(
                f"There is no calibration {given!r} for {model.name} at {model.revision}.",
                hint=f"Make it with: {_command(model, given)} ({_present(model)})",
            )
        given = path
    if isinstance(given, str | Path):
        given = read_calibration(Path(given))
    if not isinstance(given, Calibration):
        raise UsageError(
            f"The calibration is of type {type(given).__name__}.", hint="Give a domain or a file."
        )
    given.require_model(model)
    return given


def read_calibration(path: Path) -> Calibration:
    """Read a calibration's file.

    Raises
    ------
    DataError
        If it cannot be read, is too large, or holds none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise DataError(
            f"The calibration {path} cannot be read ({reason}).",
            hint="Give a domain's name, or the path of a file that pertinent calibrate wrote.",
        ) from None
    if len(data) > MOST_BYTES:
        raise DataError(
            f"{path} is larger than {MOST_BYTES >> 20} MiB.", hint="Give a file of pertinent calibrate."
        )
    try:
        return Calibration.from_json(data)
    except DataError as error:
        raise DataError(f"{path}: {error.message}", hint=error.hint) from None


def _read(fields: Mapping[str, Any]) -> Calibration:
    """Every field there, of its type, and no other; anything else is a ValueError or the like."""
    numbers = ("slope", "bias")
    if set(fields) != {"format", "version", "knots", *_TEXTS, *_COUNTS, *numbers}:
        raise ValueError
    texts = {name: fields[name] for name in _TEXTS}
    counts = {name: fields[name] for name in _COUNTS}
    knots = fields["knots"]
    if (
        fields["format"] != FORMAT
        or not all(isinstance(text, str) and len(text) <= MOST_CHARACTERS for text in texts.values())
        or not all(type(count) is int and 0 <= count <= 1 << 40 for count in counts.values())
        or not isinstance(knots, list)
        or len(knots) > MOST_KNOTS
    ):
        raise ValueError
    slope, bias = (_number(fields[name]) for name in numbers)
    pairs = tuple((_number(margin), _number(probability)) for margin, probability in knots)
    margin_map = MarginMap(texts.pop("method"), slope, bias, pairs)
    return Calibration(map=margin_map, **texts, **counts)


def _number(value: object) -> float:
    if type(value) is not float and type(value) is not int:
        raise TypeError
    return float(value)


def _folder(model: ModelInfo) -> Path:
    from pertinent.settings import load_settings

    # Two names may become one here; whose calibration a file is, it says itself.
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "--", model.name[:100])
    revision = re.sub(r"[^A-Za-z0-9_.-]+", "--", model.revision[:100])
    return load_settings().home / "calibrations" / f"{plain}@{revision}"


def _command(model: ModelInfo, domain: str) -> str:
    return f"pertinent calibrate --model {model.source or model.name} --data PAIRS --domain {domain}"


def _present(model: ModelInfo, most: int = 10) -> str:
    names = sorted(path.stem for path in _folder(model).glob("*.json"))
    return f"present: {', '.join(names[:most])}" if names else "none present yet"
