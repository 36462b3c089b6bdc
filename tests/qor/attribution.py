#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What attribution promises holds: over eight seeds it ranks the noise of keyword spotting, and runs without the first term
over eight other seeds recover as much as it said, within two standard errors of the difference.

    attribution.py STRATA [SHARED_FOLDER]
"""
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA = str(Path(sys.argv[1]).resolve())
SHARED = Path(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("STRATA_SHARED", "../shared")).resolve()
MODEL = SHARED / "models" / "mlperf_tiny_kws_dscnn_int8" / "model.onnx"
INPUTS, LABELS = (SHARED / "data" / "kws01" / name for name in ("features_int8.npy", "labels_u8.npy"))
SCALE = ["--input-offset", "-83", "--input-scale", "0.58470290"]
WORK = tempfile.TemporaryDirectory()
SEEDS = 8
CLIPS = 300


def call(*args):
    done = subprocess.run([STRATA, *map(str, args), "--json", "-q"], capture_output=True, text=True, timeout=1500,
                          check=False)
    assert done.returncode == 0, (args, done.stderr)
    return json.loads(done.stdout)["result"]


def evaluate(program, seed, *options):
    return call("evaluate", program, "--inputs", INPUTS, "--labels", LABELS, *SCALE, "--limit", CLIPS, "--trials", SEEDS,
                "--seed", seed, *options)


def check(name, *options):
    """Seeds 0 to 7 promise, seeds 8 to 15 keep."""
    if not MODEL.exists():
        raise tap.Skip("no keyword spotting beside the project")
    program = Path(WORK.name) / f"{name}.strp"
    call("compile", MODEL, "--chip", "demonstrator", "--calibration", INPUTS, *SCALE, *options, "-o", program)
    promised = evaluate(program, 0, "--attribute")["attribution"]
    first = promised["terms"][0]
    with_all, without = (evaluate(program, SEEDS, *more)["trials"] for more in ([], ["--without-physics", first["term"]]))
    differences = [b - a for a, b in zip(with_all, without)]
    kept, error = statistics.mean(differences), statistics.stdev(differences) / math.sqrt(SEEDS)
    text = "\n".join([
        f"{name}: ranked by {promised['ranked_by']}, all {100 * promised['all']:.2f} % ± {100 * promised['all_error']:.2f}, "
        f"none {100 * promised['none']:.2f} %"]
        + [f"  {term['term']:12} recovers {100 * term['recovered']:+.2f} ± {100 * term['recovered_error']:.2f} points, "
           f"{100 * term['output_noise_share']:+.1f} ± {100 * term['output_noise_share_error']:.1f} % of the output's noise"
           for term in promised["terms"] if term["present"]]
        + [f"  without {first['term']}, seeds {SEEDS} to {2 * SEEDS - 1}: {100 * kept:+.2f} ± {100 * error:.2f} points"])
    assert abs(first["recovered"] - kept) <= 2 * math.hypot(first["recovered_error"], error), text
    return promised, text


def test_as_compiled():
    return check("kws")[1]


def test_without_levers():
    """Single reads and no row copies: noise moves accuracy, and the first term recovers most of what is lost."""
    promised, text = check("kws-bare", "--reads", "1", "--no-row-copies")
    first = promised["terms"][0]
    assert promised["ranked_by"] == "accuracy" and first["recovered"] > 2 * first["recovered_error"], text
    assert promised["none"] > promised["all"], text
    return text


tap.run(dict(globals()), "/attribution")
