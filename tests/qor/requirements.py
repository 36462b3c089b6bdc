#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Requirements: three budgets for each network; what is met is confirmed by a timing run of the program loaded afresh,
what is not by the printed floor or, between floor and best, by the gap. And what copies bring for the interval.

    requirements.py STRATA [SHARED]
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
WORK = Path(tempfile.mkdtemp(prefix="strata-requirements-"))

CNNS = ["mlperf-tiny-kws", "mlperf-tiny-vww", "mlperf-tiny-ic", "resnet18", "resnet50", "mobilenetv2"]
NETS = [(name, "demonstrator") for name in ["mlperf-tiny-ad", *CNNS]]
PHONE = ["vit-b16-224", "bert-base-uncased", "llama-3.2-1b"]  # by configuration; of the last a token behind 2,048
CONFIGS = SHARED / "data" / "transformer_configs.json"


def call(*args):
    return subprocess.run([STRATA, *map(str, args), "--json", "-q"], capture_output=True, text=True, cwd=WORK, timeout=600,
                          check=False)


def model(name):
    """Arguments that name the network"""
    if name in PHONE:
        return [f"{CONFIGS}#{name}", *(("--shape", "sequence=1", "--shape", "past=2048") if name.startswith("llama") else ())]
    path = WORK / f"{name}.onnx"
    if not path.exists():
        done = call("model", "make", name, "-o", path)
        assert done.returncode == 0, done.stderr
    return [path]


def compiled(name, chip, *args):
    """Exit code, and the result or the error."""
    done = call("compile", *model(name), "--chip", chip, *args)
    assert done.returncode in (0, 5), (name, args, done.returncode, done.stdout, done.stderr)
    reply = json.loads(done.stdout)
    return done.returncode, reply["result" if done.returncode == 0 else "error"]


def budgets(name, chip):
    """Half the latency, a third of the energy, and two thirds of what power leaves above static, of the program without
    limits; then the figure that each bounds."""
    _, plain = compiled(name, chip)
    power = plain["static_mw"] + (plain["power_mw"] - plain["static_mw"]) * 2 / 3
    return plain, [("--max-latency", f"{plain['latency_ps'] / 2:.0f} ps", "latency_ps", plain["latency_ps"] / 2),
                   ("--max-energy", f"{plain['energy_fj'] / 3:.0f} fJ", "energy_fj", plain["energy_fj"] / 3),
                   ("--max-power", f"{power:.6f} mW", "power_mw", power)]


def check(name, chip, option, text, figure, bound):
    """One line of the table."""
    program = WORK / "met.strp"
    status, reply = compiled(name, chip, option, text, "-o", program)
    limit = reply["certificate"]["limits"][0]
    assert math.isclose(limit["asked"], bound, rel_tol=1e-3), limit
    if status == 0:
        done = call("info", program)
        assert done.returncode == 0, done.stderr
        timed = json.loads(done.stdout)["result"]
        assert timed["program_hash"] == reply["program_hash"]
        assert timed[figure] <= limit["asked"] * (1 + 1e-9), (name, option, timed[figure], limit)
        assert limit["verdict"] == "met" and limit["floor"] <= timed[figure], limit
        chosen = [p for p in reply["certificate"]["programs"] if p["chosen"]]
        assert len(chosen) == 1 and chosen[0]["met"], chosen
        return f"met         {timed[figure]:.4g}, floor {limit['floor']:.4g}; {chosen[0]['choice']}"
    made = [p[figure] for p in reply["certificate"]["programs"] if p[figure] is not None]
    assert made and limit["best"] == min(made) and limit["floor"] <= limit["best"], (limit, made)
    assert all(value > limit["asked"] for value in made), (limit, made)
    if limit["verdict"] == "impossible":
        assert limit["floor"] > limit["asked"] and "impossible on this chip" in reply["message"], reply
        return f"impossible  floor {limit['floor']:.4g} ({limit['floor'] / limit['asked']:.2f} x): {limit['reason']}"
    assert limit["verdict"] == "not-found" and "not found among" in reply["message"], reply
    return f"not found   best {limit['best']:.4g} is {limit['best'] / limit['asked']:.2f} x, floor {limit['floor']:.4g}"


def table(nets):
    lines, verdicts = [], {}
    for name, chip in nets:
        _, rows = budgets(name, chip)
        for option, text, figure, bound in rows:
            said = check(name, chip, option, text, figure, bound)
            verdicts[said[:10].strip()] = verdicts.get(said[:10].strip(), 0) + 1
            lines.append(f"{name:17} {option:13} {bound:<10.4g} {said}")
    return "\n".join(lines + [", ".join(f"{n} {verdict}" for verdict, n in sorted(verdicts.items()))])


def test_table():
    return table(NETS)


def test_table_phone():
    if not CONFIGS.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    return table([(name, "phone") for name in PHONE])


def test_mobilenet_in_half_the_time():
    """By replication, and the program says why."""
    _, plain = compiled("mobilenetv2", "demonstrator")
    program = WORK / "half.strp"
    status, half = compiled("mobilenetv2", "demonstrator", "--max-latency", f"{plain['latency_ps'] / 2:.0f} ps", "-o", program)
    assert status == 0 and half["latency_ps"] <= plain["latency_ps"] / 2
    assert half["arrays_used"] > plain["arrays_used"]
    reply = call("explain", program)
    assert reply.returncode == 0, reply.stderr
    copies = [line for line in reply.stdout.splitlines() if "copies: its" in line]
    assert copies, reply.stdout[:2000]
    return f"{plain['latency_ps'] / 1e9:.3f} ms to {half['latency_ps'] / 1e9:.3f} ms, arrays {plain['arrays_used']:.0f} to " \
           f"{half['arrays_used']:.0f}\n{copies[0].strip()}"


def explained(program, code):
    """Decisions with a reason, and their alternatives"""
    reply = call("explain", program)
    assert reply.returncode == 0, reply.stderr
    result = json.loads(reply.stdout)["result"]
    found = []

    def walk(node):
        if isinstance(node, dict):
            if node.get("reason") == code or node.get("code") == code:
                found.append(node)
            node = list(node.values())
        if isinstance(node, list):
            for one in node:
                walk(one)

    walk(result)
    return found


def test_mobilenet_on_digital_units():
    """Narrow layers take less there; the program for least energy has them there and says what either side takes, and so
    does one with a limit on energy that arrays miss. The copies of its matrices in rows stay: accuracy is not traded."""
    program = WORK / "digital.strp"
    _, plain = compiled("mobilenetv2", "demonstrator")
    status, least = compiled("mobilenetv2", "demonstrator", "--minimise", "energy", "-o", program)
    assert status == 0 and least["energy_fj"] < 0.75 * plain["energy_fj"], (least["energy_fj"], plain["energy_fj"])
    said = [d for d in explained(program, "digital") if "by the model" in json.dumps(d)]
    narrow = [d for d in said if "features.2.conv.0.0" in json.dumps(d) or "96 x 16 bytes" in json.dumps(d)]
    assert len(said) >= 5 and narrow, said[:3]
    bound = (plain["energy_fj"] + least["energy_fj"]) / 2
    status, met = compiled("mobilenetv2", "demonstrator", "--max-energy", f"{bound:.0f} fJ")
    assert status == 0 and met["energy_fj"] <= bound and "digital units" in json.dumps(met["certificate"])
    return f"{plain['energy_fj'] / 1e9:.1f} uJ to {least['energy_fj'] / 1e9:.1f} uJ, latency {plain['latency_ps'] / 1e9:.2f} ms to " \
           f"{least['latency_ps'] / 1e9:.2f} ms, {len(said)} layers moved\n{json.dumps(narrow[0])[:300]}"


def test_mobilenet_peak():
    """A peak below that of the program without limits is kept by a cap on active stacks, at a price in latency that the
    program tells; half of static power is impossible, and the floor says so."""
    program = WORK / "peak.strp"
    _, plain = compiled("mobilenetv2", "demonstrator")
    lines = []
    for share in (0.75, 0.4):
        bound = share * plain["peak_power_mw"]
        status, capped = compiled("mobilenetv2", "demonstrator", "--max-peak-power", f"{bound:.6f} mW", "-o", program)
        assert status == 0 and capped["latency_ps"] > plain["latency_ps"], capped
        timed = json.loads(call("info", program).stdout)["result"]
        assert timed["peak_power_mw"] <= bound, (timed["peak_power_mw"], bound)
        said = [d for d in explained(program, "active-stacks") if "for the limit of" in json.dumps(d)]
        assert said and len(said[0]["alternatives"]) >= 3, said
        lines.append(f"{bound:.0f} mW: {timed['peak_power_mw']:.0f} mW, {plain['latency_ps'] / 1e9:.2f} ms to "
                     f"{capped['latency_ps'] / 1e9:.2f} ms")
    status, refused = compiled("mobilenetv2", "demonstrator", "--max-peak-power", f"{plain['static_mw'] / 2:.6f} mW")
    assert status == 5 and refused["certificate"]["limits"][0]["verdict"] == "impossible", refused
    return "\n".join(lines)


def test_interval_against_unreplicated_greedy():
    """The interval that units allow, on the demonstrator with ten watts of budget: the chip's own hundred milliwatts cap
    the rate of either program. Against one copy of each matrix, placed by the constructive start alone."""
    (WORK / "unbound.yaml").write_text("base: demonstrator\np_budget: 10 W\n")
    lines, logs = [], 0
    for name in CNNS:
        _, greedy = compiled(name, WORK / "unbound.yaml", "--effort", "0")
        _, whole = compiled(name, WORK / "unbound.yaml", "--minimise", "interval")
        ratio = greedy["unit_interval_ps"] / whole["unit_interval_ps"]
        logs += math.log(ratio)
        lines.append(f"{name:16} {greedy['unit_interval_ps'] / 1e6:10.2f} us {whole['unit_interval_ps'] / 1e6:10.2f} us"
                     f" {ratio:6.2f} x  {whole['arrays_used']:.0f} arrays")
    mean = math.exp(logs / len(CNNS))
    lines.append(f"geometric mean {mean:.2f} x")
    assert mean >= 2, "\n".join(lines)
    return "\n".join(lines)


tap.run(dict(globals()), "/qor/requirements")
