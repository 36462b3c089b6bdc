#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The ten networks of the benchmarks, or a few of them, on their chips and on chips with stacks and links to spare
(tests/lib/ample*.yaml): the estimate is never above the execution, and within 10 % of it where there is plenty; every byte sent is
received, every weight written once per copy; energy is the same however it is summed.

    networks.py STRATA FLOW few|all [SHARED_FOLDER]

FLOW is the executable test-simulator-flow, which takes programs.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA, FLOW, WHICH = str(Path(sys.argv[1]).resolve()), str(Path(sys.argv[2]).resolve()), sys.argv[3]
SHARED = Path(sys.argv[4] if len(sys.argv) > 4 else os.environ.get("STRATA_SHARED", "../shared")).resolve()
LIB = Path(__file__).resolve().parents[1] / "lib"
WORK = Path(tempfile.mkdtemp(prefix="strata-networks-"))
TINY = {"ad": "ad_autoencoder", "kws": "kws_dscnn", "ic": "ic_resnet8", "vww": "vww_mobilenetv1"}
MADE = ("resnet18", "resnet50", "mobilenetv2")
TRANSFORMERS = ("vit-b16-224", "bert-base-uncased", "llama-3.2-1b")
CHIPS = {"demonstrator": LIB / "ample.yaml", "phone": LIB / "ample-phone.yaml"}
LEAST = 0.9
FIGURES = ("latency_ps", "unit_interval_ps", "energy_fj", "dynamic_fj", "array_tops_w", "macro_tops_w", "chip_tops_w", "workload_tops_w")
BOUNDARIES = FIGURES[4:]


def call(*args):
    done = subprocess.run([STRATA, *map(str, args)], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout


def models():
    if not (SHARED / "models").exists():
        raise tap.Skip("no reference models beside the project")
    found = {name: (next((SHARED / "models" / f"mlperf_tiny_{model}_fp32").glob("*.onnx")), "demonstrator")
             for name, model in TINY.items()}
    if WHICH == "few":
        return {name: found[name] for name in ("ad", "kws", "ic")}
    for name in MADE:
        call("model", "make", name, "-q", "-o", WORK / f"{name}.onnx")
        found[name] = (WORK / f"{name}.onnx", "demonstrator")
    for name in TRANSFORMERS:
        found[name] = (f"{SHARED / 'data' / 'transformer_configs.json'}#{name}", "phone")
    return found


def program(name, model, chip):
    path = WORK / f"{name}-{Path(chip).stem}.strp"
    if not path.exists():
        call("compile", model, "--chip", chip, "-q", "-o", path)
    return path


def query(profile, sql):
    return [list(row.values()) for row in json.loads(call("query", profile, sql, "--json"))["result"]["rows"]]


def figures(path, fidelity, keep=None, *more):
    """Figures of a run, by name and band; @keep is called with the profile."""
    profile = WORK / "run.strata"
    call("profile", path, "--fidelity", fidelity, "-q", "-o", profile, *more)
    rows = query(profile, "SELECT name, nominal, optimistic, conservative FROM figure")
    if keep is not None:
        keep(profile)
    profile.unlink()
    return {row[0]: row[1:] for row in rows if row[0] in FIGURES}


def test_estimate():
    lines = []
    for name, (model, chip) in models().items():
        for place in (chip, CHIPS[chip]):
            path = program(name, model, place)
            estimate, timing = figures(path, "estimate"), figures(path, "timing")
            ratios = {key: [a / b for a, b in zip(estimate[key], timing[key])] for key in ("latency_ps", "unit_interval_ps", "dynamic_fj")}
            lines.append(f"{name:18}{Path(place).stem:14}" + "  ".join(
                f"{key} " + " ".join(f"{r:.3f}" for r in values) for key, values in ratios.items()))
            assert all(r <= 1 for values in ratios.values() for r in values), lines[-1]
            assert place == chip or all(ratios[key][0] >= LEAST for key in ratios), lines[-1]
    return "\n".join(lines)


def test_flow():
    paths = [str(program(name, model, chip)) for name, (model, chip) in models().items()]
    done = subprocess.run([FLOW, *paths], capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return "\n".join(line[2:] for line in done.stdout.splitlines() if "bytes loaded" in line)


def conserves(profile):
    """Events, records, figures and the report, in integers."""
    (events,), (static,) = query(profile, "SELECT sum(energy_fj) FROM event")[0], query(profile, "SELECT sum(energy_fj) FROM event WHERE layer IS NULL")[0]
    records, optimistic, conservative = query(profile, "SELECT sum(nominal_fj), sum(optimistic_fj), sum(conservative_fj) FROM energy")[0]
    figure = query(profile, "SELECT nominal, optimistic, conservative FROM figure WHERE name = 'energy_fj'")[0]
    dynamic = query(profile, "SELECT nominal FROM figure WHERE name = 'dynamic_fj'")[0][0]
    report = json.loads(call("report", profile, "--json"))["result"]
    layers = sum(layer["energy_fj"] for layer in report["layers"])
    assert events == records == int(figure[0]) == json.loads(call("info", profile, "--json"))["result"]["energy_fj"], (events, records, figure)
    assert (optimistic, conservative) == (int(figure[1]), int(figure[2])), (optimistic, conservative, figure)
    assert events - static == int(dynamic) == layers, (events, static, dynamic, layers)
    printed = {f["name"]: f for f in report["figures"]}
    assert int(printed["energy_fj"]["nominal"]) == events == report["energy_fj"] and report["static_fj"] == static
    # four boundaries, never one
    assert all(printed[name]["unit"] == "TOPS/W" and printed[name]["source"] for name in BOUNDARIES)


def test_conservation():
    lines = []
    for name, (model, chip) in models().items():
        made = figures(program(name, model, chip), "timing", conserves)
        lines.append(f"{name:18}" + " ".join(f"{key} {made[key][0]:.4g}" for key in BOUNDARIES))
    return "\n".join(lines)


def test_values():
    """Calibrated, and run on values: the energy of the same events, which knows how often the rows toggle."""
    lines = []
    for name, (model, chip) in models().items():
        if name not in ("kws", "ic"):
            continue
        samples, path = Path(model).parent, WORK / f"{name}-calibrated.strp"
        call("compile", model, "--chip", chip, "--calibration", samples, "-q", "-o", path)
        timed = figures(path, "timing", conserves)
        run = figures(path, "functional", conserves, "--input", samples / "test_data_set_0" / "input_0.npy")
        assert run == timed, (run, timed)
        rates = []
        for known in ([], ["--calibration", samples]):  # one read of single rows, so that what toggles alone differs
            call("compile", model, "--chip", chip, "--reads", 1, "--no-row-copies", "-q", "-o", path, *known)
            rates.append(figures(path, "timing")["array_tops_w"][0])
        lines.append(f"{name:18}array {rates[0]:.4g} TOPS/W as alpha_toggle says, {rates[1]:.4g} as the samples do")
        assert rates[1] > 1.5 * rates[0], lines[-1]
    return "\n".join(lines)


tap.run(globals(), "qor/networks")
