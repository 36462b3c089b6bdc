#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What attribution promises holds: over eight seeds it ranks the noise of keyword spotting, and eight other seeds recover as
much without the first term as it said, within two standard errors of the difference.

    attribution.py STRATA [SHARED_FOLDER]
"""
import json
import math
import os
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


def call(*args):
    done = subprocess.run([STRATA, *map(str, args), "--json", "-q"], capture_output=True, text=True, timeout=900,
                          check=False)
    assert done.returncode == 0, (args, done.stderr)
    return json.loads(done.stdout)["result"]


def attribute(program, seed):
    return call("evaluate", program, "--inputs", INPUTS, "--labels", LABELS, *SCALE, "--trials", 8, "--seed", seed,
                "--attribute")["attribution"]


def check(name, *options):
    """Seeds 0 to 7 promise, seeds 8 to 15 keep."""
    if not MODEL.exists():
        raise tap.Skip("no keyword spotting beside the project")
    program = Path(WORK.name) / f"{name}.strp"
    call("compile", MODEL, "--chip", "demonstrator", "--calibration", INPUTS, *SCALE, *options, "-o", program)
    promised, kept = attribute(program, 0), attribute(program, 8)
    first = promised["terms"][0]
    again = next(term for term in kept["terms"] if term["term"] == first["term"])
    text = "\n".join([
        f"{name}: ranked by {promised['ranked_by']}, all {100 * promised['all']:.2f} % ± {100 * promised['all_error']:.2f}, "
        f"none {100 * promised['none']:.2f} %"]
        + [f"  {term['term']:12} recovers {100 * term['recovered']:+.2f} ± {100 * term['recovered_error']:.2f} points, "
           f"{100 * term['output_noise_share']:+.1f} ± {100 * term['output_noise_share_error']:.1f} % of the output's noise"
           for term in promised["terms"] if term["present"]]
        + [f"  without {first['term']}, seeds 8 to 15: {100 * again['recovered']:+.2f} ± "
           f"{100 * again['recovered_error']:.2f} points, {100 * again['output_noise_share']:+.1f} ± "
           f"{100 * again['output_noise_share_error']:.1f} %"])
    for figure in ("recovered", "output_noise_share"):
        error = math.hypot(first[figure + "_error"], again[figure + "_error"])
        assert abs(first[figure] - again[figure]) <= 2 * error, (figure, text)
    return promised, text


def test_as_compiled():
    return check("kws")[1]


def test_without_levers():
    """Single reads and no row copies: noise moves accuracy, and the first term recovers most of it."""
    promised, text = check("kws-bare", "--reads", "1", "--no-row-copies")
    first = promised["terms"][0]
    assert promised["ranked_by"] == "accuracy" and first["recovered"] > 2 * first["recovered_error"], text
    assert promised["none"] > promised["all"], text
    return text


tap.run(dict(globals()), "/attribution")
