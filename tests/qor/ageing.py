#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Keyword spotting on `demonstrator` against age: warmth costs accuracy, recalibration takes the loss of the mean back, and what
is left is extrapolated where the table says so. Dates of recalibrations and refreshes: the hotter the more, each confirmed by
an evaluation of its own. Without samples corrections are fitted to test vectors, which is better than not to recalibrate.

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
QUANTISED = SHARED / "models" / "mlperf_tiny_kws_dscnn_int8" / "model.onnx"
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


def effective_dates(at):
    point, plan = at["ages"][1], at["maintenance"]
    rate = point["effective_age_s"] / point["age_s"]
    return [event["at_s"] * rate for event in plan["events"]]


def test_dates():
    if not MODEL.exists():
        raise tap.Skip("no keyword spotting beside the project")
    program = Path(WORK.name) / "kws.strp"
    data = ("--inputs", INPUTS, "--labels", LABELS, *SCALE, "--trials", 2, "--limit", 100)
    call("compile", MODEL, "--chip", "demonstrator", "--calibration", INPUTS, *SCALE, "-o", program)
    reply = call("evaluate", program, *data, "--ages", "0,30d", "--temperatures", "25degC,55degC,85degC", "--recalibrate",
                 "--target", "88%", "--schedule")
    plans = [at["maintenance"] for at in reply["temperatures"]]
    text = "\n".join(
        f"  {at['temperature_c']} degC: {plan['recalibrated']['recalibrations']:.0f} recalibrations, "
        f"{plan['recalibrated']['refreshes']:.0f} refreshes in 5 years, {plan['refreshes_only']['refreshes']:.0f} without "
        f"recalibration; {plan['recalibrated']['energy_fj'] * 1e-12:.2f} mJ, {plan['recalibrated']['downtime_s']:.3g} s a year, "
        f"{100 * plan['recalibrated']['wear']:.3g} % of a cell's endurance; first at "
        + ", ".join(f"{event['age_s'] / DAY:.3g} d" + ("*" if event["extrapolated"] else "") for event in plan["events"][:4])
        for at, plan in zip(reply["temperatures"], plans))
    counts = [plan["n_events"] for plan in plans]
    alone = [plan["refreshes_only"]["refreshes"] for plan in plans]
    assert counts == sorted(counts) and alone == sorted(alone) and counts[-1] > 0 and alone[-1] > alone[0], text
    for plan in plans:
        assert plan["recalibrated"]["refreshes"] <= plan["refreshes_only"]["refreshes"], text
        assert plan["recalibrated"]["wear"] <= plan["refreshes_only"]["wear"], text
        assert all(event["before"] >= 0.88 and event["after"] >= 0.88 for event in plan["events"]), text
    # cells grow old faster, and pass all but the same dates: what else is warmer is kT/C noise
    first = [effective_dates(at)[0] for at in reply["temperatures"]]
    assert max(first) < 1.5 * min(first), (first, text)
    event = plans[1]["events"][0]
    ages = [call("evaluate", program, *data, "--age", f"{event[name]:.17g}s", "--temperature", "55degC")["analog_mean"]
            for name in ("age_s", "missed_s")]
    assert ages[0] >= 0.88 > ages[1] and abs(ages[0] - event["before"]) < 1e-9, (ages, event, text)
    return text


def test_without_samples():
    if not QUANTISED.exists():
        raise tap.Skip("no keyword spotting beside the project")
    program = Path(WORK.name) / "made-up.strp"
    call("compile", QUANTISED, "--chip", "demonstrator", "-o", program)
    reply = call("evaluate", program, "--inputs", INPUTS, "--labels", LABELS, *SCALE, "--trials", 3, "--limit", 150, "--ages",
                 "0,30d,1y", "--temperatures", "55degC", "--recalibrate")
    at = reply["temperatures"][0]
    text = row(at)
    assert reply["calibration_samples"] == "made up", reply
    for point in at["ages"][1:]:
        assert point["recalibrated_mean"] > point["mean"] + 0.08 and point["recalibrated_snr_db"] > point["snr_db"] + 2, text
    return text


tap.run(dict(globals()), "/ageing")
