#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Accuracy against age by the command, and what keeping a target takes, on a net for digits.

    test-ages.py STRATA SAMPLE_DATA
"""
import math
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402
from command import Command  # noqa: E402

STRATA, DATA = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
MODEL = str(DATA / "digits.onnx")
WORK = Path(tempfile.mkdtemp(prefix="strata-ages-"))
COMMAND = Command(STRATA, WORK)
call, result, refused = COMMAND.call, COMMAND.result, COMMAND.refused


def program():
    path = WORK / "digits.strp"
    if not path.exists():
        result("compile", MODEL, "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0.0625", "-o", path)
    return path


def evaluate(*args):
    return result("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels",
                  DATA / "digits-test-labels.npy", "--input-scale", "0.0625", "--limit", "100", "--trials", "3", *args)


def test_ages():
    ages = ("--ages", "0,1d,1y", "--temperatures", "25degC,85degC", "--recalibrate")
    reply = evaluate(*ages, "--target", "15dB")
    cool, warm = reply["temperatures"]
    assert [point["age_s"] for point in cool["ages"]] == [0, 86400, 31536000], cool
    assert cool["ages"][0]["mean"] == cool["ages"][0]["recalibrated_mean"], cool
    assert cool["ages"][1]["effective_age_s"] < 86400 / 45 and not cool["ages"][1]["extrapolated"], cool
    assert warm["ages"][2]["extrapolated"] and warm["ages"][2]["snr_db"] < cool["ages"][2]["snr_db"], reply
    assert all(at["ages"][2]["recalibrated_snr_db"] > at["ages"][2]["snr_db"] + 3 for at in (cool, warm)), reply
    # a point of the table is what a single evaluation finds
    single = evaluate("--age", "1y", "--temperature", "85degC", "--recalibrated", "1y")
    assert abs(single["analog_mean"] - warm["ages"][2]["recalibrated_mean"]) < 1e-12, (single, warm)
    assert 0 < warm["due_s"] < 86400 < cool["due_s"] < 31536000 and warm["recalibrated_due_s"] is None, reply
    figures = result("info", program())
    n_samples = reply["recalibration_fj"] / figures["energy_fj"]
    assert n_samples == round(n_samples) and 1 < n_samples <= 64, (reply, figures)
    assert reply["recalibration_ps"] >= figures["latency_ps"] + (n_samples - 1) * figures["interval_ps"] - 1, reply
    keeping = warm["upkeep"]
    assert keeping["loads"] == 1 + reply["life_s"] // keeping["interval_s"], keeping
    assert abs(keeping["wear_conservative"] / keeping["wear"] - 10) < 1e-9, keeping
    assert evaluate(*ages, "--target", "15dB", "--threads", "1") == reply
    # less signal to noise is kept for longer
    strict, lax = (evaluate(*ages, "--target", target)["temperatures"][1]["due_s"] for target in ("12dB", "8dB"))
    assert strict < lax, (strict, lax)
    page = call("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels",
                DATA / "digits-test-labels.npy", "--input-scale", "0.0625", "--limit", "20", "--trials", "2", *ages, "--html",
                "-o", "age.html")
    text = (WORK / "age.html").read_text()
    assert page.returncode == 0 and "data:image" in text and "85 °C, recalibrated" in text and "loads" in text, page
    shown = call("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--input-scale", "0.0625", "--limit",
                 "20", "--trials", "2", *ages)
    assert shown.returncode == 0 and "worn out after" in shown.stdout and "extrapolated" in shown.stdout, shown
    refused(2, ["go with --ages"], "evaluate", program(), "--inputs", "x.npy", "--recalibrate")
    refused(2, ["--target"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--ages", "0", "--target",
            "best")
    refused(2, ["--ages", "more than the one before"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy",
            "--input-scale", "0.0625", "--ages", "1d,1h")
    for option, words in {"--ages": [], "--temperatures": ["--ages", "0"]}.items():
        refused(2, [option, "one or more"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy", *words, option, "")
    refused(2, ["--temperatures", "400 degC"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--ages", "0",
            "--temperatures", "400degC")


def test_schedule():
    ages = ("--ages", "0,1d,1y", "--temperatures", "25degC,55degC,85degC", "--target", "12dB", "--schedule")
    reply = evaluate(*ages, "--recalibrate", "--years", "3")
    before = 0
    for at in reply["temperatures"]:
        kept = at["maintenance"]
        totals, events = kept["recalibrated"], kept["events"]
        refreshes = [event for event in events if event["action"] == "refresh"]
        assert kept["n_events"] == totals["recalibrations"] + totals["refreshes"] >= before, kept
        assert len(events) == min(kept["n_events"], 1000), kept
        before = kept["n_events"]
        # the target is met at each date and missed soon after; extrapolated exactly beyond five days at 55 degC
        for event in events:
            assert event["before"] >= 12 and event["after"] >= 12, event
            assert event["age_s"] < event["missed_s"] <= 1.05 * event["age_s"], event
            assert event["earliest_s"] <= event["age_s"] and (event["latest_s"] or math.inf) >= event["age_s"], event
            rate = at["ages"][1]["effective_age_s"] / 86400
            assert event["extrapolated"] == (event["age_s"] * rate > 5 * 86400), event
        times = [event["at_s"] for event in events]
        assert times == sorted(times) and all(time < reply["life_s"] for time in times), times
        assert all(abs(event["at_s"] / totals["cycle_s"] - round(event["at_s"] / totals["cycle_s"])) < 1e-9
                   for event in refreshes), kept
        # what an action takes, times how often
        plan = result("info", program(), "--programming")["programming"]
        assert abs(totals["energy_fj"] - sum(event["energy_fj"] for event in events)) < 1e-6 * totals["energy_fj"] + 1 \
            or len(events) == 1000, kept
        for event in events:
            load_fj = plan["energy_fj"] if event["action"] == "refresh" else 0
            assert abs(event["energy_fj"] - load_fj - reply["recalibration_fj"]) < 1, (event, plan)
        assert totals["loads"] == 1 + totals["refreshes"] and kept["endurance_tag"] == "assumed", kept
        assert abs(totals["duty"] - totals["time_ps"] * 1e-12 / reply["life_s"]) < 1e-15, kept
        assert kept["refreshes_only"]["refreshes"] >= totals["refreshes"], kept
    # a date stands up to an evaluation of its own
    event = reply["temperatures"][1]["maintenance"]["events"][0]
    single = evaluate("--ages", f"{event['age_s']:.17g}s,{event['missed_s']:.17g}s", "--temperatures", "55degC")
    point, later = single["temperatures"][0]["ages"]
    assert point["snr_db"] >= 12 > later["snr_db"] and abs(point["snr_db"] - event["before"]) < 1e-9, (point, event)
    assert evaluate(*ages, "--recalibrate", "--years", "3", "--threads", "1") == reply
    alone = evaluate(*ages, "--years", "3")
    assert [at["maintenance"]["refreshes_only"] for at in alone["temperatures"]] \
        == [at["maintenance"]["refreshes_only"] for at in reply["temperatures"]], alone
    data = ("--inputs", DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy", "--input-scale", "0.0625",
            "--limit", "30", "--trials", "2")
    shown = call("evaluate", program(), *data, *ages, "--recalibrate")
    assert shown.returncode == 0 and "refreshes only" in shown.stdout and "Endurance: assumed" in shown.stdout, shown
    assert "30 samples times 2 seeds" in shown.stdout and "not ready" in shown.stdout, shown
    for extra, word, other in (((), "refreshed", "recalibrated ["), (("--recalibrate",), "recalibrated [", "refreshed [")):
        call("evaluate", program(), *data, *ages, *extra, "--html", "-o", "schedule.html")
        text = (WORK / "schedule.html").read_text()
        assert "over time at 85 °C" in text and "maintained" in text and word in text and other not in text, (word, other)
    refused(2, ["go with --ages"], "evaluate", program(), "--inputs", "x.npy", "--schedule")
    never = evaluate("--ages", "0", "--temperatures", "25degC", "--target", "60dB", "--schedule")["temperatures"][0]["maintenance"]
    assert never["refreshes_only"]["state"].startswith("never met") and never["n_events"] == 0, never


def test_temperature_ignored():
    """Phase change: the same at every temperature, and each place says so; a charge trap says nothing of the kind."""
    path = WORK / "hermes.strp"
    result("compile", MODEL, "--chip", "hermes", "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0.0625",
           "-o", path)
    data = ("--inputs", DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy", "--input-scale", "0.0625",
            "--limit", "40", "--trials", "2")
    reply = result("evaluate", path, *data, "--ages", "0,30d", "--temperatures", "25degC,85degC")
    cool, warm = (at["ages"][1]["snr_db"] for at in reply["temperatures"])
    assert cool == warm and reply["temperature_ignored"], reply
    assert not evaluate("--ages", "0", "--temperatures", "25degC")["temperature_ignored"]
    assert "Temperature is ignored" in call("evaluate", path, *data, "--ages", "0,1d").stdout
    shown = call("evaluate", path, *data, "--age", "1d", "--temperature", "85degC").stdout
    assert "temperature ignored: no source" in shown, shown
    assert "temperature ignored" not in call("evaluate", path, *data, "--age", "1d").stdout
    values = b"".join(struct.pack("<f", pixel / 16) for pixel in (DATA / "digits-test-images.npy").read_bytes()[-64:])
    COMMAND.save("one.npy", "<f4", (1, 1, 8, 8), values)
    call("profile", path, "--input", "one.npy", "--age", "1d", "--temperature", "85degC", "-o", "warm.strata")
    rules = [finding["rule"] for finding in result("report", "warm.strata")["findings"]]
    assert "temperature-ignored" in rules, rules


def test_attribution_page():
    done = call("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy",
                "--input-scale", "0.0625", "--limit", "30", "--trials", "2", "--attribute", "--html", "-o", "costs.html")
    text = (WORK / "costs.html").read_text()
    found = evaluate("--attribute")["attribution"]
    assert done.returncode == 0 and text.count("data:image/svg+xml") == 6, done
    for term in found["terms"]:
        assert term["term"] in text, term
    assert "Signal over noise of each layer" in text and "± " in text and "left out alone" in text, text[:500]
    refused(2, ["go with --ages", "--attribute, too"], "evaluate", program(), "--inputs", "x.npy", "--html")


try:
    os.environ.pop("DISPLAY", None)
    tap.run(dict(globals()), "/ages")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
