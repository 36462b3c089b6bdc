#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real models and data beside the project: right answers, published counts, accuracy. Skips where they are not there.

    test-models.py STRATA SHARED_FOLDER
"""
import array
import json
import math
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA, SHARED = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="strata-models-"))

TINY = [f"mlperf_tiny_{task}_{numbers}" for task in
        ("ad_autoencoder", "ic_resnet8", "kws_dscnn", "vww_mobilenetv1") for numbers in ("fp32", "int8")]
ALL = ["mnist_cntk_opset8", "resnet20_cifar10", *TINY]

# Parameters and MACs counted from the reference files of MLPerf Tiny; arrays by geometry on the demonstrator.
COUNTS = {"kws": (22604, 2656768, 6), "vww": (210850, 7489664, 17), "ic": (77706, 12501632, 14),
          "ad": (265864, 264192, 16)}


def model(name):
    path = SHARED / "models" / name / "model.onnx"
    if not path.exists():
        raise tap.Skip(f"no {name} beside the project")
    return path


def data(*names):
    path = SHARED.joinpath("data", *names)
    if not path.exists():
        raise tap.Skip(f"no {'/'.join(names)} beside the project")
    return path


def call(*args):
    done = subprocess.run([STRATA, *map(str, args), "--json"], capture_output=True, text=True, cwd=WORK)
    reply = json.loads(done.stdout)
    assert "result" in reply, reply
    return done.returncode, reply["result"]


def result(*args):
    status, reply = call(*args)
    assert status == 0, reply
    return reply


def test_counts():
    for name in TINY:
        parameters, macs, arrays = COUNTS[name.split("_")[2]]
        info = result("info", model(name))
        assert (info["parameters"], info["macs"]) == (parameters, macs), (name, info["parameters"], info["macs"])
        assert info["fit"]["demonstrator"]["arrays_required"] == arrays, (name, info["fit"])
        figures = result("compile", model(name))
        assert figures["arrays_required"] == arrays, (name, figures["arrays_required"])


def test_macs_of_all():
    """Multiply-accumulates of every model there as its own notes have them; every operator is on one kind of unit."""
    paths = sorted(SHARED.glob("models/*/model.onnx"))
    if not paths:
        raise tap.Skip("no models beside the project")
    for path in paths:
        name = path.parent.name
        if name == "silero_vad_v6":
            continue  # its branches need the sampling rate; its flat twin is there
        info, known = result("info", path), json.loads((path.parent / "meta.json").read_text())
        assert info["macs"] == known["macs"], (name, info["macs"], known["macs"])
        assert sum(u["macs"] for u in info["units"].values()) == info["macs"] == info["active_macs"], name
        assert sum(u["nodes"] for u in info["units"].values()) == info["nodes"], name
        assert sum(layer["macs"] for layer in info["layers"]) == info["macs"], name
        assert info["activations_peak"] <= info["activations_written"] + sum(
            math.prod(port["dims"]) for port in info["inputs"]), name
        page = subprocess.run([STRATA, "info", str(path)], capture_output=True, text=True, cwd=WORK).stdout.splitlines()
        assert len(page) <= 40 and max(map(len, page)) <= 120, (name, len(page), max(page, key=len))


def test_reference():
    """Every model there, at the tolerances of its README: by default those of the command."""
    notes = []
    folders = sorted(p.parent for p in SHARED.glob("models/*/model.onnx"))
    if not folders:
        raise tap.Skip("no models beside the project")
    assert len(folders) == 31, len(folders)
    for folder in folders:
        expect = ["--expect", "error=1e-4"] if folder.name in ALL else []
        reply = result("run", folder / "model.onnx", "--reference", "--test-data", folder, *expect)
        worst = max(c["max_error"] / max(c["peak"], 1e-30) for c in reply["comparisons"])
        sets = len({c["data"] for c in reply["comparisons"]})
        notes.append(f"{folder.name}: {sets} sets, worst error {worst:.2g} of the peak")
    return "\n".join(notes)


def save_masks(path, n_steps, n_slots):
    """Additive masks of a cache that fills from its end: in step t the last t + 1 slots may be read."""
    values = array.array("f")
    for step in range(n_steps):
        values.extend([-1e9] * max(n_slots - 1 - step, 0) + [0] * min(step + 1, n_slots))
    header = str({"descr": "<f4", "fortran_order": False, "shape": (n_steps, 1, 1, 1, n_slots)}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values.tobytes())


def test_greedy_decoding():
    """The story model with its cache fed back speaks the published text, token by token."""
    path = model("stories260K_decode128")
    known = json.loads((SHARED / "models/stories260K_prefill64/greedy.json").read_text())["greedy_tokens"]
    save_masks(WORK / "masks.npy", 128, 128)
    reply = result("run", path, "--reference", "--steps", "128", "--state", "logits=input_ids", "--state", "present_k.*=past_k.*",
                   "--state", "present_v.*=past_v.*", "--input", f"input_ids={known[0]}", "--input", "position=@step",
                   "--input", f"attn_mask={WORK / 'masks.npy'}")
    assert reply["fed"]["input_ids"] == known[1:129], reply["fed"]["input_ids"]
    return "128 tokens as published"


def test_exact_on_chip():
    notes = []
    for name in ALL:
        extra = [] if name.endswith("int8") else ["--calibration", model(name).parent]
        expect = ["--expect", "steps=1"] if name.endswith("int8") else []
        reply = result("run", model(name), "--chip", "demonstrator", "--analog", "off", "--test-data", model(name).parent,
                       *extra, *expect)
        rows = reply["comparisons"]
        if name.endswith("int8"):
            notes.append(f"{name}: at most {max(c['steps'] for c in rows):.3g} steps")
        elif "_ad_" in name:
            assert all(c["snr_db"] >= 25 for c in rows)
            notes.append(f"{name}: at least {min(c['snr_db'] for c in rows):.1f} dB")
        else:
            assert all(c["argmax"] == c["argmax_reference"] for c in rows)
            notes.append(f"{name}: same class on {len(rows)} sets")
    return "\n".join(notes)


def test_profiles():
    notes = []
    for name in ALL:
        path = WORK / f"{name}.strata"
        began = time.monotonic()
        figures = result("profile", model(name), "--chip", "demonstrator", "-o", path)
        elapsed = time.monotonic() - began
        sums = [result("query", path, f"SELECT sum({column}) AS fj FROM {table}")["rows"][0]["fj"]
                for table, column in (("event", "energy_fj"), ("energy", "nominal_fj"))]
        assert sums[0] == sums[1] == result("info", path)["energy_fj"], (name, sums)
        assert figures["lower_bound_ps"] <= figures["latency_ps"], name
        notes.append(f"{name}: {elapsed:.2f} s, {figures['latency_ps'] / 1e6:.1f} us, {figures['energy_fj'] / 1e9:.2f} uJ, "
                     f"{figures['power_mw']:.1f} mW, {figures['latency_ps'] / figures['lower_bound_ps']:.3f} of the bound")
    return "\n".join(notes)


def test_same_seed_any_threads():
    path = model("mlperf_tiny_kws_dscnn_fp32")
    programs, contents = set(), set()
    for threads in (1, 2):
        reply = result("profile", path, "--seed", 4, "--threads", threads, "-o", WORK / f"threads-{threads}.strata")
        programs.add(reply["program_hash"])
        contents.add(reply["content_hash"])
    assert len(programs) == len(contents) == 1
    trials = [result("evaluate", path, "--inputs", data("kws01", "features_int8.npy"), "--labels",
                     data("kws01", "labels_u8.npy"), "--input-offset", -83, "--input-scale", 0.58470290, "--limit", 40,
                     "--trials", 2, "--threads", threads)["trials"] for threads in (1, 2)]
    assert trials[0] == trials[1], trials


def evaluate(name, inputs, labels, *args):
    reply = result("evaluate", model(name), "--inputs", inputs, "--labels", labels, "--trials", 8, *args)
    note = (f"{name}: float {100 * reply['float']:.2f} %, quantised {100 * reply['quantised']:.2f} %, analog nominal "
            f"{100 * reply['analog_mean']:.2f} % ± {100 * reply['analog_deviation']:.2f} over 8 seeds, "
            f"row copies up to {reply['row_copies']}, {reply['reads']} reads")
    return reply, note


def test_accuracy_kws():
    notes = []
    args = ["--input-offset", -83, "--input-scale", 0.58470290, "--calibration", data("kws01", "features_int8.npy")]
    for name, expected in (("mlperf_tiny_kws_dscnn_int8", 0.895), ("mlperf_tiny_kws_dscnn_fp32", 0.898)):
        reply, note = evaluate(name, data("kws01", "features_int8.npy"), data("kws01", "labels_u8.npy"), *args)
        notes.append(note)
        assert abs(reply["float"] - expected) < 0.0006, note
        assert reply["quantised"] >= reply["float"] - 0.01, note
    return "\n".join(notes)


def test_accuracy_mnist():
    images = data("mnist_t10k", "images_u8.npy")
    reply, note = evaluate("mnist_cntk_opset8", images, data("mnist_t10k", "labels_u8.npy"), "--calibration", images,
                           "--limit", 1000, "--trials", 2)
    assert reply["quantised"] >= reply["float"] - 0.005, note
    return note


tap.run(dict(globals()), "/models")
