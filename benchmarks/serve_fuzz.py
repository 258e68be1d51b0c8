"""Twenty thousand malformed bodies against ``pertinent serve``: no answer may be a fault, none may be late.

Usage: ``python benchmarks/serve_fuzz.py [--bodies 20000] [--seed 0]``. Writes
``benchmarks/results/serve_fuzz.json`` unless ``--try`` is given; ends with an error at the first 5xx,
traceback or answer that takes longer than ten seconds.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

import httpx2

from machine import write_result
from serve_load import served

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.malformed import PATHS, malformed

LONGEST_SECONDS = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bodies", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--try", dest="trial", action="store_true", help="print only")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    statuses: Counter[str] = Counter()
    slowest = 0.0
    with (
        served() as (port, _),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=LONGEST_SECONDS) as client,
    ):
        for number in range(given.bodies):
            path, body = PATHS[number % len(PATHS)], malformed(chance)
            began = time.perf_counter()
            answer = client.post(path, content=body)
            slowest = max(slowest, time.perf_counter() - began)
            statuses[str(answer.status_code)] += 1
            if answer.status_code >= 500 or "Traceback" in answer.text:
                sys.exit(
                    f"body {number} of seed {given.seed} at {path}: {answer.status_code} {answer.text[:500]}"
                )
    result = {
        "bodies": given.bodies,
        "seed": given.seed,
        "statuses": dict(sorted(statuses.items())),
        "slowest_seconds": slowest,
    }
    print(result)
    if not given.trial:
        write_result("serve_fuzz", result)


if __name__ == "__main__":
    main()
