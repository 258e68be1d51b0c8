from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.converted import converted, segments
from pertinent.engine.layer_runs import LayerRuns, Past, Precision
from pertinent.errors import ModelError
from support.tiny_models import tiny_model


def runs_of(folder: Path, precision: Precision) -> LayerRuns:
    tiny_model(folder / "model", "qwen2")
    checkpoint = open_checkpoint(folder / "model")
    shape = checkpoint.shape
    graphs = converted(checkpoint, "float", folder / "cache")
    return LayerRuns(graphs, shape, segments(shape.layers), precision, streams=1, threads=1)


@pytest.mark.parametrize(("precision", "width"), [("f32", 4), ("bf16", 2)])
def test_keys_and_values_grow(tmp_path: Path, precision: Precision, width: int) -> None:
    runs = runs_of(tmp_path, precision)
    states = np.random.default_rng(0).normal(size=(1, 6, 64)).astype(np.float32)
    whole_states, whole = runs.call(0, states, runs.nothing().of(runs.runs[0]), None)
    layers = len(runs.runs[0])
    assert whole.tokens == 6
    assert whole.nbytes == 2 * layers * 2 * 6 * 16 * width
    past = runs.nothing().of(runs.runs[0])
    after = []
    for part in (states[:, :4], states[:, 4:]):
        part_states, new = runs.call(0, part, past, None)
        past = past.followed_by(new)
        after.append(part_states)
    bound = 1e-5 if precision == "f32" else 0.05
    assert np.abs(np.concatenate(after, axis=1) - whole_states).max() <= bound
    assert past.tokens == 6
    assert [array.shape for array in past.keys] == [(1, 2, 6, 16)] * layers
    if precision == "f32":
        for one, other in zip(past.keys + past.values, whole.keys + whole.values, strict=True):
            assert np.abs(one - other).max() <= 1e-5


def test_only_the_past_of_its_layers_goes_into_a_run() -> None:
    arrays = tuple(np.full((1, 1, 2, 2), layer, np.float32) for layer in range(4))
    part = Past(2, arrays, arrays).of(range(1, 3))
    assert [int(array.flat[0]) for array in part.keys + part.values] == [1, 2, 1, 2]


def test_a_graph_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    checkpoint_folder = tmp_path / "model"
    tiny_model(checkpoint_folder)
    (tmp_path / "broken.xml").write_text("<net/>")
    with pytest.raises(ModelError, match="does not load"):
        LayerRuns(
            [tmp_path / "broken.xml"],
            open_checkpoint(checkpoint_folder).shape,
            [range(3)],
            "f32",
            streams=1,
            threads=1,
        )


GROW = """
import sys
from pathlib import Path
import numpy as np
from pertinent.engine.checkpoint import open_checkpoint
from pertinent.engine.openvino_causal import OpenVinoCausalEngine
from pertinent.engine.peak_memory import process_peak

folder, cache = map(Path, sys.argv[1:])
checkpoint = open_checkpoint(folder)
engine = OpenVinoCausalEngine(checkpoint, checkpoint.margin_vector(5, 9), cache=cache, threads=2)
generator = np.random.default_rng(0)

def texts(lengths):
    return [generator.integers(2, 500, int(length), dtype=np.int32) for length in lengths]

for query in range(30):
    list(engine.margins(texts(generator.integers(5, 300, 1)), texts(generator.integers(40, 400, 8))))
    if query in (14, 29):
        print(process_peak())
"""


def test_memory_does_not_grow_with_every_query(tmp_path: Path) -> None:
    """OpenVINO keeps kernels for thousands of shapes, and hardly any two queries have one in common."""
    tiny_model(tmp_path / "m", layers=8)
    done = subprocess.run(
        [sys.executable, "-c", GROW, str(tmp_path / "m"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    early, late = map(int, done.stdout.split())
    assert late - early < 150e6
