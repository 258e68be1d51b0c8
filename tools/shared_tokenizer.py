"""One tokenizer for several models, in as few bytes as it takes."""

from __future__ import annotations

import json
from pathlib import Path

from pertinent.errors import UsageError


def compact_tokenizer(*files: Path) -> bytes:
    """Read tokenizers that must be equal, and write one without padding, cutting or spaces.

    Raises
    ------
    UsageError
        If they differ, or one is no tokenizer.
    """
    try:
        definitions = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        for definition in definitions:
            definition["truncation"] = definition["padding"] = None
        vocabulary = definitions[0]["model"]["vocab"]
    except (ValueError, KeyError, TypeError):
        raise UsageError("A tokenizer.json is none.", hint="Fetch the published weights again.") from None
    if any(definition != definitions[0] for definition in definitions):
        raise UsageError("The models' tokenizers differ; they cannot share one.", hint="Use one vocabulary.")
    definitions[0]["model"]["vocab"] = dict(sorted(vocabulary.items(), key=lambda entry: entry[1]))
    return json.dumps(definitions[0], ensure_ascii=False, separators=(",", ":")).encode()
