#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Dies in the command: files and drawn ones, programs fitted to them, devices that are one, what they cost in accuracy.

    test-die.py STRATA SAMPLE_DATA
"""
import json
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402
from command import Command  # noqa: E402

DATA = Path(sys.argv[2]).resolve()
MODEL = str(DATA / "digits.onnx")
WORK = Path(tempfile.mkdtemp(prefix="strata-die-"))
COMMAND = Command(str(Path(sys.argv[1]).resolve()), WORK)
call, result, refused, save = COMMAND.call, COMMAND.result, COMMAND.refused, COMMAND.save


def program():
    path = WORK / "digits.strp"
    if not path.exists():
        result("compile", MODEL, "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0.0625", "-o", path)
    return path


def save_digit():
    save("digit.npy", "<f4", (1, 1, 8, 8), struct.pack("<64f", *(i % 17 / 16 for i in range(64))))


def save_die(name, *lines):
    (WORK / name).write_text("\n".join(("chip: demonstrator", f"serial: {name}") + lines) + "\n")
    return name


def places():
    """Stack and tier of each tile of the program."""
    layers = range(result("info", program())["layers"])
    tiles = [tile for layer in layers for tile in result("explain", program(), layer)["layers"][0]["tiles"]]
    return sorted({(tile["stack"], tile["tier"]) for tile in tiles})


def test_die():
    stack, tier = places()[0]
    spared = save_die("spared.yaml", f"dead_tiers: [{{stack: {stack}, tier: {tier}}}]",
                      "dead_rows: [{stack: 0, tier: 1, rows: [3, 250-255]}]")
    dead = save_die("dead.yaml", f"dead_tiers: [{{stack: {stack}}}]")
    die = result("chip", "check", spared)
    assert (die["valid"], die["chip"], die["serial"]) == (True, "demonstrator", "spared.yaml")
    assert (die["dead_arrays"], die["used_spare_tiers"], die["lost_arrays"]) == (1, 1, 0)
    assert (die["dead_rows"], die["repaired_lines"], die["weak_arrays"]) == (7, 7, 0)
    assert "die spared.yaml of demonstrator" in call("chip", "check", spared).stdout
    again = WORK / "again.yaml"
    again.write_text(call("chip", "show", spared, "--yaml").stdout)
    assert result("chip", "check", again)["hash"] == die["hash"] == result("chip", "show", spared)["hash"]
    before, on_spares, moved = (result("explain", program(), *extra) for extra in ((), ("--die", spared), ("--die", dead)))
    assert on_spares["program_hash"] == before["program_hash"] != moved["program_hash"]
    move = next(item for item in moved["decisions"] if item["reason"] == "die")
    assert before["program_hash"] in move["text"] and "dead.yaml" in move["text"] and move["value"] > 0
    outputs = []
    save_digit()
    for extra in ((), ("--die", dead)):
        done = call("run", program(), "--analog", "off", "--input", WORK / "digit.npy", "--output", WORK / "die", *extra)
        assert done.returncode == 0, done.stderr
        outputs.append((WORK / "die" / sorted(os.listdir(WORK / "die"))[0]).read_bytes())
    assert outputs[0] == outputs[1]
    assert "die dead.yaml: of" in done.stderr
    # compiled and fitted in one go, for the device of that chip
    assert call("compile", MODEL, "--die", dead, "-o", WORK / "fitted.strp").returncode == 0
    assert call("run", WORK / "fitted.strp", "--device", "sim:demonstrator", "--analog", "off", "--input",
                WORK / "digit.npy").returncode == 0
    assert result("profile", program(), "--die", dead, "-o", WORK / "die.strata")["program_hash"] == moved["program_hash"]


def test_die_is_refused():
    refused(4, ["bad.yaml:3:", "dead_tiers", "0 to 63"], "chip", "check", save_die("bad.yaml", "dead_tiers: [{stack: 64}]"))
    refused(3, ["nowhere.yaml"], "explain", program(), "--die", "nowhere.yaml")
    refused(2, ["--die", "--reference"], "run", MODEL, "--reference", "--die", "spared.yaml")
    other = WORK / "other.yaml"
    other.write_text("chip: phone\nserial: other\n")
    refused(4, ["die other is one of chip phone", "compile it for the die's chip"], "explain", program(), "--die", other)


def test_drawn_die():
    drawn = WORK / "drawn.yaml"
    assert call("chip", "die", "demonstrator", "--seed", "3", "-o", drawn).returncode == 0
    again = call("chip", "die", "demonstrator", "--seed", "3")
    assert again.stdout == drawn.read_text() and again.stderr == "", again.stderr
    die = result("chip", "check", drawn)
    made = result("chip", "die", "demonstrator", "--seed", "3")
    assert die["hash"] == made["hash"] != result("chip", "die", "demonstrator", "--seed", "4")["hash"]
    assert (die["converters"], die["tested_arrays"]) == (64 * 32, 64 * 20) and 20 < die["dead_rows"] < 50, die
    assert 3300 < die["stuck_cells"] < 3800, die
    worse = call("chip", "die", "demonstrator", "--band", "conservative")
    assert worse.returncode == 0 and "too many cells to list" in worse.stderr, worse.stderr
    refused(2, ["--band", "nominal, optimistic"], "chip", "die", "demonstrator", "--band", "typical")
    # a chip of a file is found from wherever the die's file lies
    (WORK / "mine.yaml").write_text("base: demonstrator\nname: mine\nmesh_x: 2\nmesh_y: 2\n")
    (WORK / "dies").mkdir(exist_ok=True)
    assert call("chip", "die", "mine.yaml", "-o", WORK / "dies" / "mine-1.yaml").returncode == 0
    assert result("chip", "check", WORK / "dies" / "mine-1.yaml")["chip"] == "mine"
    refused(4, ["drawn-bad.yaml:3:14: converters: says too little"], "chip", "check",
            save_die("drawn-bad.yaml", "converters: [{stack: 1}]"))
    refused(4, ["unknown field", "stuck_cells"], "chip", "check", save_die("drawn-bad.yaml", "stuck: []"))


def test_die_of_device():
    save_digit()
    stack, tier = places()[0]
    die = save_die("measured.yaml", "converters: [{gain: 5%, offset: 1 mV}]",
                   f"dead_tiers: [{{stack: {stack}, tier: 0-18}}]",
                   f"dead_rows: [{{stack: {stack}, tier: 19, rows: [0-99]}}]")

    def run(*extra):
        reply = result("run", program(), "--input", WORK / "digit.npy", "--output", WORK / "die-out", "--seed", "3", *extra)
        return reply, (WORK / "die-out" / sorted(os.listdir(WORK / "die-out"))[0]).read_bytes()

    plain, whole = run()
    fitted, on_die = run("--die", die)
    by_uri, same = run("--device", f"sim:demonstrator?die={die}")
    unfitted, lost = run("--device", f"sim:?die={die}&unfitted")
    assert "die" not in plain and fitted["die"] == by_uri["die"] == unfitted["die"] == "measured.yaml"
    assert fitted["die_hash"] == result("chip", "check", die)["hash"]
    assert on_die == same and len({whole, on_die, lost}) == 3
    off = [run("--analog", "off", *extra)[1] for extra in ((), ("--die", die), ("--device", f"sim:?die={die}&unfitted"))]
    assert off[0] == off[1] == off[2]
    recorded = result("profile", program(), "--die", die, "--input", WORK / "digit.npy", "-o", WORK / "die.strata")
    assert (recorded["die"], recorded["die_hash"]) == ("measured.yaml", fitted["die_hash"])
    meta = result("report", WORK / "die.strata")["meta"]
    assert (meta["die_serial"], meta["die_hash"], meta["die_use"]) == ("measured.yaml", fitted["die_hash"], "fitted"), meta
    summary = call("report", WORK / "die.strata", "--section", "summary").stdout
    assert "measured.yaml, fitted" in summary and fitted["die_hash"] in summary, summary
    assert call("report", WORK / "die.strata", "--html", "-o", WORK / "die.html").returncode == 0
    assert "demonstrator, die measured.yaml · functional" in (WORK / "die.html").read_text()
    refused(2, ["--die", "leave one of them out"], "run", program(), "--quiet", "--die", die, "--device",
            f"sim:?die={die}", "--input", WORK / "digit.npy")
    refused(6, ["is no setting", "die=FILE"], "run", program(), "--device", "sim:?dye=x", "--input", WORK / "digit.npy")
    for empty in ("sim:?die=", "sim:demonstrator?die="):
        refused(6, [f"{empty}: die= names no file", "die=FILE"], "run", program(), "--device", empty, "--input", WORK / "digit.npy")
    refused(3, ["nowhere.yaml"], "run", program(), "--device", "sim:?die=nowhere.yaml", "--input", WORK / "digit.npy")
    other = WORK / "other.yaml"
    other.write_text("chip: phone\nserial: other\n")
    refused(4, ["die other", "chip phone"], "run", program(), "--device", f"sim:?die={other}", "--input", WORK / "digit.npy")


def test_evaluate_die():
    """Dead rows under the program and converters that are far off: lost unfitted, regained by fitting and calibration."""
    lines = [f"  - {{stack: {stack}, tier: {tier}, rows: [0-200]}}" for stack, tier in places()]
    die = save_die("poor.yaml", "converters: [{converter: 0-15, gain: 20%, offset: 2 mV}]", "dead_rows:", *lines)
    data = ("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy",
            "--input-scale", "0.0625", "--trials", "2", "--limit", "120", "--die", die)
    reply = result(*data)
    found = reply["die"]
    mean = {key: found[key]["mean"] for key in ("whole", "unfitted", "fitted", "calibrated")}
    assert found["serial"] == "poor.yaml" and all(found[key]["source"] == "modelled" for key in mean)
    assert mean["calibrated"] == reply["analog_mean"] and found["calibrated"]["trials"] == 2
    assert mean["unfitted"] < 0.6 < 0.85 < mean["fitted"] < mean["calibrated"], mean
    assert abs(mean["whole"] - mean["calibrated"]) < 0.03, mean
    assert result(*data, "--threads", "1")["die"] == found
    text = call(*data).stdout
    assert "Die poor.yaml" in text and "unfitted" in text and "All modelled" in text
    assert "die" not in result(*data, "--analog", "ideal")
    aged = result(*data, "--ages", "0", "--temperatures", "25degC")
    assert (aged["die"], aged["die_hash"]) == ("poor.yaml", found["hash"]), aged
    page = call(*data, "--attribute", "--html").stdout
    assert "on demonstrator, die poor.yaml, 120 samples" in page, page[:2000]
    return str(mean)


def test_what_if():
    stack, tier = places()[0]
    one = result("explain", program(), "--what-if", f"stack {stack} tier {tier}")
    assert one["with_spares"]["program_hash"] == one["before"]["program_hash"]
    assert one["with_spares"]["arrays_spared"] == 1 and one["without_spares"]["arrays_moved_tier"] == 1
    assert one["before"]["latency_ps"] == one["with_spares"]["latency_ps"] == one["without_spares"]["latency_ps"]
    whole = result("explain", program(), "--what-if", f"stack {stack}")
    assert whole["with_spares"]["arrays_moved_stack"] > 0 and not whole["with_spares"]["placed_anew"]
    text = call("explain", program(), "--what-if", "tier 0-15").stdout
    assert "spare tiers used up" in text and "too few" in text
    none = call("explain", program(), "--what-if", "tier 0-19", "--json")
    assert none.returncode == 5 and not json.loads(none.stdout)["result"]["with_spares"]["fits"]
    refused(2, ["whole program"], "explain", program(), "conv2", "--what-if", "tier 7")
    refused(2, ["tier 99", "tiers 0 to 19"], "explain", program(), "--what-if", "tier 99")


try:
    tap.run(dict(globals()), "/die")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
