#!/usr/bin/env bash
# Build the wheel, install it where no checkout is near, and run the demo from it: what a user gets.
set -euo pipefail
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
checkout=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m build --wheel --outdir "$scratch" "$checkout" >"$scratch/build.log" 2>&1 ||
    { tail -40 "$scratch/build.log"; exit 1; }
ls -l "$scratch"/*.whl
"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip --disable-pip-version-check --quiet install \
    -c "$checkout/constraints.txt" "$scratch"/*.whl
cd "$scratch"
export PERTINENT_HOME="$scratch/home"
venv/bin/pertinent demo --offline
venv/bin/pertinent demo --offline --json | venv/bin/python -c '
import json, sys
report = json.load(sys.stdin)
assert report["offline"] and len(report["answers"]) == 6, report.keys()
assert all(answer["hits"] and answer["reranked"] is True for answer in report["answers"])
print("wheel: demo answered", len(report["answers"]), "questions from", report["passages"], "passages")'
