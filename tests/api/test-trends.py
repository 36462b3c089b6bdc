#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trends that published simulators report, through the command: one tier at a time, energy over voltage and bits, keys and values.

    test-trends.py STRATA
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA = str(Path(sys.argv[1]).resolve())
WORK = Path(tempfile.mkdtemp(prefix="strata-trends-"))


def result(*args):
    done = subprocess.run([STRATA, *map(str, args), "--json"], capture_output=True, text=True, cwd=WORK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["result"]


def chip(name, text):
    (WORK / f"{name}.yaml").write_text(f"name: {name}\n{text}")
    return f"{name}.yaml"


def encoder(width):
    folder = WORK / f"encoder-{width}"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "bert", "hidden_size": width, "intermediate_size": 4 * width, "num_hidden_layers": 2,
        "num_attention_heads": 8, "vocab_size": 512, "max_position_embeddings": 128, "type_vocab_size": 2}))
    return folder / "config.json"


def latency(width, chip_name):
    return result("compile", encoder(width), "--chip", chip_name, "--shape", "sequence=16", "-o", "x.strp")["latency_ps"]


def test_one_tier_at_a_time():
    """Buechel et al. 2025: latency steps where a matrix outgrows a tier of 512 x 512, as its tiers convert one at a time."""
    one = chip("one-tile", "base: ibm-3d\nmesh_x: 1\nmesh_y: 1\ntiers: 1024\np_budget: 100 W\n")
    times = {width: latency(width, one) for width in (384, 512, 576, 1024)}
    assert times[512] < 1.4 * times[384], times
    assert times[576] > 2 * times[512], times
    assert times[1024] < 1.5 * times[576], times
    spread = {width: latency(width, "ibm-3d") for width in (512, 576)}
    assert spread[576] / spread[512] < 0.6 * times[576] / times[512], (times, spread)
    return f"ns on one tile: { {w: t // 1000 for w, t in times.items()} }, on 64: { {w: t // 1000 for w, t in spread.items()} }"


def mvm_fj(name, text):
    return result("chip", "show", chip(name, "base: phone\n" + text))["mvm_fj"]


def test_energy_over_voltage_and_bits():
    """Wang 2022 and NeuRRAM: efficiency falls with the voltage and with bits, without exception."""
    volts = [mvm_fj("volts", f"v_in: {v} V\n") for v in (0.6, 0.7, 0.8, 0.9, 1.0)]
    out = [mvm_fj("out", f"adc_bits: {b} bit\n") for b in range(3, 13)]
    into = [mvm_fj("in", f"input_bits: {b} bit\n") for b in range(1, 9)]
    for energies in (volts, out, into):
        assert all(a < b for a, b in zip(energies, energies[1:])), energies


def test_keys_and_values():
    """Reading K and V: bytes over the memory's rate, so a context twice as long takes twice as long on its port."""
    folder = WORK / "decoder"
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({
        "model_type": "llama", "hidden_size": 512, "intermediate_size": 1024, "num_hidden_layers": 2,
        "num_attention_heads": 8, "vocab_size": 512, "max_position_embeddings": 8192}))
    busy = {}
    for past in (1024, 2048, 4096):
        result("profile", folder / "config.json", "--chip", "phone", "--shape", "sequence=1", "--shape", f"past={past}",
               "-o", "kv.strata")
        done = subprocess.run([STRATA, "query", "kv.strata", "--csv", "SELECT SUM(duration_ps) FROM event JOIN unit ON "
                               "unit.id = unit JOIN unit_kind ON unit_kind.id = unit.kind WHERE unit_kind.name = 'dram' "
                               "AND NOT flags & 2"], capture_output=True, text=True, cwd=WORK)
        busy[past] = int(done.stdout.splitlines()[1])
    step = busy[2048] - busy[1024]
    assert abs((busy[4096] - busy[2048]) / (2 * step) - 1) < 0.01, busy
    # two layers, keys and values of 512 bytes each, at 12.8 GB/s and 70 % of it
    assert abs(step / (1024 * 2 * 2 * 512 / (12.8 * 0.7) * 1000) - 1) < 0.01, (step, busy)


tap.run(globals(), "/api/trends")
