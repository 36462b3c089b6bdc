#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keyword spotting on `demonstrator` against age: warmth costs accuracy, recalibration takes the loss of the mean back, and what
is left is extrapolated where the table says so.

    ageing.py STRATA [SHARED_FOLDER]
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA = str(Path(sys.argv[1]).resolve())
SHARED = Path(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("STRATA_SHARED", "../shared")).resolve()
MODEL = SHARED / "models" / "mlperf_tiny_kws_dscnn_fp32" / "model.onnx"
INPUTS, LABELS = (SHARED / "data" / "kws01" / name for name in ("features_int8.npy", "labels_u8.npy"))
SCALE = ["--input-offset", "-83", "--input-scale", "0.58470290"]
WORK = tempfile.TemporaryDirectory()
DAY = 86400


def call(*args):
    done = subprocess.run([STRATA, *map(str, args), "--json", "-q"], capture_output=True, text=True, timeout=900,
                          check=False)
    assert done.returncode == 0, (args, done.stderr)
    return json.loads(done.stdout)["result"]


def row(at):
    return f"  {at['temperature_c']} degC: " + "; ".join(
        f"{point['age_s'] / DAY:.3g} d {100 * point['mean']:.1f} ± {100 * point['deviation']:.1f} %, recalibrated "
        f"{100 * point['recalibrated_mean']:.1f} ± {100 * point['recalibrated_deviation']:.1f} %"
        + (" (extrapolated)" if point["extrapolated"] else "") for point in at["ages"])


def test_keyword_spotting():
    if not MODEL.exists():
        raise tap.Skip("no keyword spotting beside the project")
    program = Path(WORK.name) / "kws.strp"
    call("compile", MODEL, "--chip", "demonstrator", "--calibration", INPUTS, *SCALE, "-o", program)
    reply = call("evaluate", program, "--inputs", INPUTS, "--labels", LABELS, *SCALE, "--trials", 3, "--limit", 200, "--ages",
                 "0,1d,30d,1y", "--temperatures", "25degC,55degC,85degC", "--recalibrate")
    text = "\n".join([f"samples {reply['samples']}, quantised {100 * reply['quantised']:.1f} %"]
                     + [row(at) for at in reply["temperatures"]])
    for at in reply["temperatures"]:
        fresh, last = at["ages"][0], at["ages"][-1]
        # Signal to noise falls with age, and recalibration gives most of it back. Half a decibel is what two sets of three
        # programmings differ by: cells are held on a coarser grid just programmed than aged.
        signals = [point["snr_db"] for point in at["ages"]]
        assert all(later < earlier + 0.5 for earlier, later in zip(signals, signals[1:])), (signals, text)
        assert signals[-1] < signals[0] - 6 and last["recalibrated_snr_db"] > last["snr_db"] + 6, (signals, text)
        assert last["recalibrated_snr_db"] < fresh["snr_db"] + 0.5, text
        assert last["recalibrated_mean"] > fresh["mean"] - 0.03, text
    cool, warm, hot = (at["ages"][-1] for at in reply["temperatures"])
    assert cool["mean"] > warm["mean"] + 0.05 and warm["mean"] > hot["mean"] + 0.05, text
    due = [at["due_s"] for at in reply["temperatures"]]
    assert all(due) and due == sorted(due, reverse=True), text
    # five days at 55 degC were measured
    assert [point["extrapolated"] for point in reply["temperatures"][1]["ages"]] == [False, False, True, True], text
    return text


tap.run(dict(globals()), "/ageing")
