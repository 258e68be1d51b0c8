"""Keep what a pair reached that was tried and not shipped, beside those tried before it.

Usage: ``python benchmarks/carried_tried.py NAME RESULT.json [--out FILE]``: RESULT is of ``carried_pair.py``,
NAME says in a few words what the pair was. Its figures of each target stay; a NAME that stands there is
replaced.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from carried_targets import targets
from machine import RESULTS, write_json

OUT = RESULTS / "carried" / "tried.json"


def reached(result: dict[str, Any]) -> dict[str, Any]:
    """Who the pair was, and what it reached of each target that was measured.

    Raises
    ------
    SystemExit
        If nothing was measured that has a target.
    """
    found = {what: {"found": value, "met": met} for what, _, value, met in targets(result)}
    if not found:
        raise SystemExit("This result holds no figure that has a target.")
    parts = {part: result[part].get("card") for part in ("quality", "calibration", "speed") if part in result}
    return {"models": result["models"], "cards": parts, "targets": found}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name")
    parser.add_argument("result", type=Path)
    parser.add_argument("--out", type=Path, default=OUT, help="file of the result")
    given = parser.parse_args()
    known = json.loads(given.out.read_text("utf-8"))["pairs"] if given.out.exists() else {}
    result = json.loads(given.result.read_text("utf-8"))
    write_json(given.out, {"pairs": known | {given.name: reached(result)}})


if __name__ == "__main__":
    main()
