#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command as its users meet it: results, JSON, exit codes, messages, and nothing left behind by a failure.

    test-cli.py STRATA SAMPLE_DATA
"""
import json
import os
import pty
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402
from command import Command  # noqa: E402

STRATA, DATA = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
MODEL = str(DATA / "digits.onnx")
WORK = Path(tempfile.mkdtemp(prefix="strata-cli-"))
COMMAND = Command(STRATA, WORK)
call, result, refused, save = COMMAND.call, COMMAND.result, COMMAND.refused, COMMAND.save


def program():
    path = WORK / "digits.strp"
    if not path.exists():
        result("compile", MODEL, "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0.0625", "-o", path)
    return path


def profile():
    path = WORK / "digits.strata"
    if not path.exists():
        result("profile", program(), "-o", path)
    return path


def test_help_and_version():
    assert "Examples:" in call("--help").stdout
    assert call("--version").stdout.startswith("strata ")
    for verb in ("info", "chip", "model", "compile", "run", "evaluate", "profile", "report", "query", "validate"):
        text = call(verb, "--help").stdout
        assert "Examples:" in text and "--json" in text, verb


def test_unknown_verb():
    refused(2, ["profil", "did you mean profile"], "profil")


def test_unknown_option():
    refused(2, ["--chips"], "compile", MODEL, "--chips", "phone")


def test_wrong_quantity():
    refused(2, ["--max-latency", "2 mW"], "compile", MODEL, "--max-latency", "2 mW")


def test_chips():
    chips = {chip["name"]: chip for chip in result("chip", "list")["chips"]}
    assert set(chips) == {"demonstrator", "phone", "planar", "planar-capacity", "hermes", "ibm-3d"}
    assert chips["demonstrator"]["arrays_total"] == 1024 and chips["phone"]["arrays_total"] == 16384
    fields = result("chip", "show", "demonstrator")["fields"]
    assert all(field["tag"] in ("measured", "published", "derived", "assumed") for field in fields)
    yaml = WORK / "copy.yaml"
    yaml.write_text(call("chip", "show", "demonstrator", "--yaml").stdout)
    assert result("chip", "check", yaml)["hash"] == chips["demonstrator"]["hash"]


def test_chip_with_a_wrong_unit():
    text = call("chip", "show", "demonstrator", "--yaml").stdout.splitlines()
    line = next(i for i, row in enumerate(text) if row.startswith("e_adc:"))
    broken = WORK / "broken.yaml"
    text[line] = "e_adc: 4 ns"
    while text[line + 1].startswith((" ", "-")):
        del text[line + 1]
    broken.write_text("\n".join(text) + "\n")
    refused(4, [f"broken.yaml:{line + 1}:", "e_adc", "pJ"], "chip", "check", broken)
    refused(4, ["e_adc"], "compile", MODEL, "--chip", broken)
    refused(3, ["nowhere.yaml"], "chip", "check", "nowhere.yaml")


def test_chip_without_a_signal():
    path = WORK / "flat.yaml"
    path.write_text("base: demonstrator\nc_on_off_ratio: 1\n")
    refused(4, ["c_on_off_ratio", "1.01"], "chip", "check", path)


def test_info():
    model = result("info", MODEL)
    assert model["kind"] == "model" and model["opset"] == 13 and model["operators"]["Conv"] == 4
    # conv 1-16, 16-16, 16-16, 16-32, dense 512-10, with biases; positions 64, 64, 64, 16
    assert model["parameters"] == 160 + 2320 + 2320 + 4640 + 5130
    assert model["macs"] == 64 * 144 + 2 * 64 * 2304 + 16 * 4608 + 5120
    assert model["fit"]["demonstrator"]["arrays_total"] == 1024
    assert result("info", program())["kind"] == "program"
    assert result("info", profile())["kind"] == "profile"
    assert result("info", "phone")["kind"] == "chip"


def test_compile_gives_its_figures():
    figures = result("compile", MODEL)
    for key in ("arrays_required", "arrays_used", "arrays_total", "latency_ps", "interval_ps", "energy_fj", "power_mw",
                "lower_bound_ps", "program_hash"):
        assert figures[key] is not None, key
    assert figures["lower_bound_ps"] <= figures["latency_ps"]
    assert figures["energy_fj_optimistic"] < figures["energy_fj"] < figures["energy_fj_conservative"]


def test_objective_term_by_term():
    """Of placement, in the figures of the program, and the cap on active stacks"""
    made = result("compile", MODEL, "-o", WORK / "terms.strp")
    terms = {key: value for key, value in made.items() if key.startswith("place_")}
    total, bound = terms.pop("place_total_ps"), terms.pop("place_bound_ps")
    assert len(terms) >= 10 and "place_noc_ps" in terms, terms
    assert sum(terms.values()) == total and 0 < bound <= total, (terms, total, bound)
    assert made["active_stacks"] == 0, made
    again = result("info", WORK / "terms.strp")
    assert all(again[key] == value for key, value in terms.items()), again


def test_programming_plan():
    plan = result("info", program(), "--programming")["programming"]
    sites = [(step["stack"], step["tier"]) for step in plan["steps"]]
    assert len(set(sites)) == len(sites) == result("info", program())["arrays_used"]
    assert sum(step["rows"] for step in plan["steps"]) == plan["rows"]
    assert max(step["end_ps"] for step in plan["steps"]) == plan["time_ps"] >= plan["bound_ps"]
    assert plan["energy_fj_optimistic"] < plan["energy_fj"] < plan["energy_fj_conservative"]
    assert plan["time_ps"] / 1e9 % 0.5 == 0, "rows of 0.5 ms"
    text = call("info", program(), "--programming").stdout
    assert "programming time" in text and "conv2" in text
    assert "programming" not in result("info", program())
    refused(2, ["is for programs"], "info", MODEL, "--programming")


def test_explain():
    whole = result("explain", program())
    assert {"limit", "floor", "idle"} <= {item["reason"] for item in whole["decisions"]}
    assert whole["latency_ps"] >= whole["lower_bound_ps"] and whole["arrays_used"] == result("info", program())["arrays_used"]
    assert len(whole["layers"]) == result("info", program())["layers"]
    conv = next(layer for layer in whole["layers"] if layer["name"] == "conv2")
    assert conv["rows"] == 144 and conv["columns"] == 16 and conv["arrays"] == 1 and "tiles" not in conv
    by_name, by_number = (result("explain", program(), key)["layers"] for key in ("conv2", conv["layer"]))
    assert by_name == by_number and len(by_name) == 1
    reasons = {item["reason"]: item for item in by_name[0]["decisions"]}
    assert reasons["copies"]["value"] == 1 and reasons["copies"]["alternatives"][0]["what"] == "2 copies"
    assert reasons["analog"]["alternatives"][0]["what"] == "digital units"
    tile, = by_name[0]["tiles"]
    assert (tile["row"], tile["rows"], tile["column"], tile["columns"]) == (0, 144, 0, 16) and tile["hops"] >= 1
    site = next(item for item in by_name[0]["decisions"] if item.get("tile") == tile["tile"])
    assert site["reason"] == "site" and f"stack {tile['stack']} tier {tile['tier']}" in site["text"]
    text = call("explain", program(), "conv2").stdout
    assert "2 copies" in text and "no limit on latency or rate asks for it" in text
    assert "below the limit" in call("explain", MODEL, "--max-latency", "1s").stdout
    assert "conv2" in refused(2, ["none is called", "did you mean"], "explain", program(), "conv22")
    refused(2, ["4 layers are Conv"], "explain", program(), "Conv")
    refused(3, [], "explain", "nothing.strp")
    report = call("report", profile(), "--section", "decisions").stdout
    assert "conv2" in report and "2 copies" in report


def test_cost():
    cost = result("report", "--cost", "phone")
    assert cost["source"] == "modelled" and abs(cost["yield_base"] - 0.979) < 0.001
    parts = sum(cost[f"{part}_usd"] for part in ("cmos", "stack", "bond", "test", "package", "dram"))
    assert abs(parts - cost["total_usd"]) < 1e-9 * parts
    assert abs(cost["yield"] - cost["yield_base"] * cost["yield_bond"] * cost["yield_deck"] * cost["yield_stacks"]) < 1e-12
    assert abs(cost["cmos_usd"] - 2700 / cost["good_per_wafer"]) < 1e-9
    repair = cost["repair"]
    assert repair["none"]["yield"] < 1e-9 and repair["all"]["yield"] == cost["yield"]
    assert repair["rows"]["yield"] < repair["lines"]["yield"] <= repair["all"]["yield"]
    assert repair["all"]["total_usd"] == cost["total_usd"] < repair["lines"]["total_usd"] + 0.05
    assert repair["none"]["total_usd"] is None, "no good die has no price"
    tiers = cost["against_tiers"]
    assert (tiers[0]["tiers"], tiers[-1]["tiers"]) == (16, 512)
    here = next(point for point in tiers if point["tiers"] == 256)["as_described"]
    assert here["yield"] == cost["yield"] and abs(here["total_usd"] - cost["total_usd"]) < 1e-9
    costs = [point["as_described"]["total_usd"] for point in tiers]
    per_weight = [point["as_described"]["usd_per_billion"] for point in tiers]
    assert costs == sorted(costs) and per_weight == sorted(per_weight, reverse=True)
    spares = cost["against_spares"]
    assert [point["spares"] for point in spares] == list(range(17))
    for curve in ("lines", "lines_without_tiers", "tiers", "tiers_with_one_line"):
        yields = [point[curve]["yield"] for point in spares]
        assert all(a <= b * (1 + 1e-3) for a, b in zip(yields, yields[1:])), (curve, yields)
    assert {"assumed", "published"} <= {item["tag"] for item in cost["constants"]}
    assert all(item["source"] for item in cost["constants"])
    text = call("report", "--cost", "phone").stdout
    assert "What repair buys" in text and "modelled" in text and "stack_fixed" in text


def test_cost_of_others():
    chip = result("report", "--cost", "demonstrator")
    assert {name: chip[name] for name in ("chip", "total_usd")} == {
        name: result("report", "--cost", program())[name] for name in ("chip", "total_usd")}
    assert result("report", "--cost", profile())["total_usd"] == chip["total_usd"]
    page = WORK / "cost.html"
    assert call("report", "--cost", "phone", "--html", "-o", page).returncode == 0
    html = page.read_text()
    assert html.count("<img src=\"data:image/svg+xml") == 5 and "Yield against tiers" in html and "Cost against spares" in html
    assert "cost_stack 3000 USD" in html and "http://" not in html.replace("http://www.w3.org", "")
    refused(2, ["--section"], "report", "--cost", "phone", "--section", "layers")
    refused(3, ["nowhere"], "report", "--cost", "nowhere")


def test_max_cost():
    total = result("report", "--cost", "demonstrator")["total_usd"]
    assert result("compile", MODEL, "--max-cost", f"{total * 1.01}USD")["program_hash"]
    done = call("compile", MODEL, "--max-cost", f"{total * 0.9}USD")
    assert done.returncode == 5 and "cost" in done.stderr and "over the limit" in done.stderr, done.stderr


def test_levers_against_noise():
    plain, averaged = (result("compile", MODEL, "--reads", n) for n in (1, 4))
    assert averaged["reads"] == 4 and averaged["latency_ps"] > plain["latency_ps"]
    assert averaged["energy_fj"] > plain["energy_fj"] > result("compile", MODEL, "--no-row-copies")["energy_fj"]
    refused(2, ["--reads", "64"], "compile", MODEL, "--reads", 1000)


def test_model_list():
    models = {model["name"]: model for model in result("model", "list")["models"]}
    assert models["resnet50"]["parameters"] == 25557032 and models["resnet50"]["macs"] == 4089184256
    assert models["mlperf-tiny-kws"]["inputs"] == [{"name": "input", "dtype": "float32", "dims": [1, 1, 49, 10]}]
    lines = call("model", "list").stdout.splitlines()
    assert len(lines) == 1 + len(models) and all(name in line for name, line in zip(models, lines[1:])), lines


def test_model_make():
    folder = WORK / "made"
    folder.mkdir()
    done = call("model", "make", "lenet5", "-o", folder / "a.onnx")
    assert done.returncode == 0 and "61706" in done.stdout and done.stderr == "", (done.stdout, done.stderr)
    made = result("model", "make", "lenet5", "--seed", "5", "-o", folder / "b.onnx")
    assert made["seed"] == 5 and made["bytes"] == (folder / "b.onnx").stat().st_size
    beside = result("model", "make", "lenet5", "--seed", "5", "--external", "-o", folder / "c.onnx")
    assert beside["bytes"] < 10000 and (folder / "c.data").stat().st_size > 61000 * 4
    assert {path.name for path in folder.iterdir()} == {"a.onnx", "b.onnx", "c.onnx", "c.data"}
    for name in "abc":
        model = result("info", folder / f"{name}.onnx")
        assert model["trainable"] == 61706 and model["macs"] == 416520, model
    save("digit.npy", "<f4", (1, 1, 28, 28), struct.pack("<784f", *(((i * 37) % 101) / 50 - 1 for i in range(784))))
    outputs = []
    for name in "abc":
        result("run", folder / f"{name}.onnx", "--reference", "--input", f"input={WORK / 'digit.npy'}",
               "--output", folder / name)
        outputs.append((folder / name / "output.npy").read_bytes())
    assert outputs[0] != outputs[1] and outputs[1] == outputs[2]
    done = call("model", "make", "mlperf-tiny-ad", cwd=folder)
    assert done.returncode == 0 and (folder / "mlperf-tiny-ad.onnx").exists()


def test_model_make_refused():
    refused(3, ["ResNet-18", "nearest is resnet18"], "model", "make", "ResNet-18")
    refused(2, ["make NAME"], "model", "make")
    refused(2, ["make NAME"], "model", "draw", "resnet18")
    refused(1, ["nowhere/a.onnx"], "model", "make", "lenet5", "-o", "nowhere/a.onnx")
    refused(1, ["ordinary file"], "model", "make", "lenet5", "-o", WORK)
    assert not (WORK / "nowhere").exists() and not (WORK / "ResNet-18.onnx").exists()


def test_model_made_passes_the_checker():
    try:
        import onnx
    except ImportError:
        raise tap.Skip("python3-onnx is not installed")
    for model in result("model", "list")["models"]:
        if model["opset"] > onnx.defs.onnx_opset_version() or model["parameters"] > 13000000:
            continue
        path = WORK / "checked.onnx"
        result("model", "make", model["name"], "-o", path)
        onnx.checker.check_model(str(path), full_check=True)
        read = onnx.load(str(path))
        assert [i.name for i in read.graph.input] == [i["name"] for i in model["inputs"]]
        sizes = {i.name: i for i in read.graph.initializer}
        trained = {name for node in read.graph.node
                   for name in node.input[:3 if node.op_type == "BatchNormalization" else None]
                   if name in sizes and node.op_type in ("Conv", "Gemm", "BatchNormalization")}
        count = sum(len(sizes[name].raw_data) // 4 for name in trained)
        assert count == model["parameters"], (model["name"], count)
        path.unlink()


def test_requirements():
    figures = result("compile", MODEL, "--max-latency", "1 s", "--max-power", "1 W")
    assert figures["power_mw"] < 1000
    refused(5, ["latency is", "µs", "times the limit of 1 ns"], "compile", MODEL, "--max-latency", "1ns", "-o", "never.strp")
    assert not (WORK / "never.strp").exists()


def test_same_seed_same_everything():
    hashes, contents = set(), set()
    for threads in (1, 2, 2):
        reply = result("profile", MODEL, "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0.0625",
                       "--seed", "3", "--threads", threads, "-o", WORK / f"seed-{threads}.strata")
        hashes.add(reply["program_hash"])
        contents.add(reply["content_hash"])
    assert len(hashes) == 1 and len(contents) == 1, (hashes, contents)
    a, b = (result("run", program(), "--input", sample(0), "--seed", "9", "--threads", n)["outputs"] for n in (1, 2))
    assert a == b


def sample(index):
    """A test image as a float file; written without NumPy's help beyond its format."""
    import numpy as np
    path = WORK / f"image-{index}.npy"
    np.save(path, (np.load(DATA / "digits-test-images.npy")[index][None, None] / 16).astype(np.float32))
    return path


def test_run():
    out = WORK / "outputs"
    reply = result("run", program(), "--analog", "off", "--input", sample(1), "-o", out)
    assert reply["outputs"][0]["name"] == "logits" and Path(reply["outputs"][0]["path"]).exists()
    reference = result("run", MODEL, "--reference", "--input", f"image={sample(1)}")
    assert reference["outputs"][0]["argmax"] == reply["outputs"][0]["argmax"]
    refused(2, ["input"], "run", program())
    refused(6, ["usb:0"], "run", program(), "--device", "usb:0", "--input", sample(1))
    refused(4, ["computes no outputs"], "run", program(), "--device", "null:", "--input", sample(1))
    refused(2, ["--analog", "perfect"], "run", program(), "--analog", "perfect", "--input", sample(1))


def test_evaluate():
    reply = result("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels",
                   DATA / "digits-test-labels.npy", "--input-scale", "0.0625", "--trials", "2")
    assert abs(reply["float"] - 0.9722) < 0.0001, reply
    assert abs(reply["quantised"] - reply["float"]) <= 0.01, reply
    assert len(reply["trials"]) == 2 and reply["analog_mean"] > 0.8, reply
    agreement = result("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--input-scale", "0.0625",
                       "--analog", "ideal", "--limit", "50")
    assert agreement["figure"] == "agreement with float" and agreement["float"] is None
    return f"float {reply['float']:.4f}, quantised {reply['quantised']:.4f}, analog {reply['analog_mean']:.4f}"


def attribute(*args):
    return result("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels",
                  DATA / "digits-test-labels.npy", "--input-scale", "0.0625", "--limit", "60", "--attribute", *args)


def test_attribute():
    reply = attribute("--trials", "3", "--threads", "1")
    found = reply["attribution"]
    terms = {term["term"]: term for term in found["terms"]}
    present = [term for term in found["terms"] if term["present"]]
    assert len(terms) == len(found["terms"]) and {"clipping", "rounding", "thermal", "read"} <= {
        term["term"] for term in present}, found["terms"]
    assert found["terms"][:len(present)] == present and all(
        term["recovered"] is None and term["output_snr_alone_db"] is None for term in found["terms"][len(present):])
    # the pass with all terms is the analog column
    assert abs(found["all"] - reply["analog_mean"]) < 1e-12 and found["trials"] == 3, found
    # by what is surely recovered, then by the share of the output's noise
    keys = [(term["recovered"] if term["recovered"] > 2 * term["recovered_error"] else 0, term["output_noise_share"])
            for term in present]
    assert keys == sorted(keys, reverse=True), keys
    assert found["ranked_by"] == ("accuracy" if keys[0][0] > 0 else "output noise")
    # noises add up: none alone is stronger than all together; the strongest alone is what most of the output's is
    assert all(term["output_snr_alone_db"] is None or term["output_snr_alone_db"] > found["output_snr_db"] - 0.5
               for term in present), present
    assert max(present, key=lambda term: term["output_noise_share"]) == min(
        present, key=lambda term: term["output_snr_alone_db"] or 1e3), present
    for layer in found["layers"]:
        assert abs(layer["effective_bits"] - (layer["snr_db"] - 1.76) / 6.02) < 1e-9, layer
        assert 0 <= layer["clipped"] < 0.05 and len(layer["snr_alone_db"]) == len(present), layer
    assert attribute("--trials", "3", "--threads", "2") == reply
    return ", ".join(f"{term['term']} {100 * term['output_noise_share']:.0f} %" for term in present)


def test_attribute_levels():
    found = attribute("--analog", "ideal")["attribution"]
    assert {term["term"] for term in found["terms"] if term["present"]} == {"clipping", "rounding"}, found["terms"]
    assert found["trials"] == 1 and found["all_error"] is None and found["ranked_by"] == "output noise"
    refused(2, ["no physics to attribute", "nominal"], "evaluate", program(), "--inputs",
            DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy", "--attribute", "--analog", "off")
    done = call("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels",
                DATA / "digits-test-labels.npy", "--input-scale", "0.0625", "--limit", "40", "--trials", "2", "--attribute")
    assert done.returncode == 0 and "absent here" in done.stdout and "clipped %" in done.stdout, done.stdout


def evaluate(*args):
    return result("evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--labels",
                  DATA / "digits-test-labels.npy", "--input-scale", "0.0625", "--limit", "100", "--trials", "3", *args)


def test_conditions():
    fresh = evaluate()
    old = evaluate("--age", "1y", "--temperature", "85degC")
    anew = evaluate("--age", "1y", "--temperature", "85degC", "--recalibrated", "1y")
    assert fresh["source"] == "modelled" and fresh["conditions"] == "just programmed" and fresh["retention"] == "measured", fresh
    assert old["retention"] == anew["retention"] == "extrapolated", old
    assert old["conditions"] == "1 y after programming, calibrated after 0 s, at 85 °C", old
    assert anew["conditions"].startswith("1 y after programming, calibrated after 1 y"), anew
    # without retention a year is nothing
    left_out = evaluate("--age", "1y", "--without-physics", "retention")
    assert left_out["trials"] == fresh["trials"], (left_out, fresh)
    exact = evaluate("--only-physics", "clipping,rounding")
    assert max(exact["trials"]) == min(exact["trials"]), exact
    one = ("run", program(), "--input", sample(0))
    outputs = [result(*one, *extra)["outputs"][0]["max"] for extra in (
        (), ("--age", "1y"), ("--age", "1y"), ("--age", "1y", "--without-physics", "retention"), ("--temperature", "85degC"))]
    assert outputs[0] != outputs[1] == outputs[2] and outputs[3] == outputs[0] != outputs[4], outputs
    refused(2, ["--age", "y"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--age", "1fortnight")
    refused(2, ["one of the two"], "run", program(), "--input", DATA / "digits-test-images.npy", "--without-physics",
            "read", "--only-physics", "read")
    refused(2, ["--input"], "profile", program(), "--age", "1d", "-o", "aged.strata")
    refused(2, ["calibration"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy", "--age", "1d",
            "--recalibrated", "2d")
    call("profile", program(), "--input", sample(0), "--age", "30d", "--temperature", "55degC", "-o", "aged.strata")
    meta = {row["key"]: row["value"] for row in result("query", "aged.strata", "SELECT key, value FROM meta")["rows"]}
    assert meta["conditions"] == "30 d after programming, calibrated after 0 s, at 55 °C", meta
    assert float(meta["age_s"]) == 30 * 86400 and meta["retention"] == "extrapolated", meta
    shown = call("report", "aged.strata", "--section", "summary").stdout
    assert "modelled" in shown and "30 d after programming" in shown and "extrapolated" in shown, shown
    assert "extrapolated-age" in [finding["rule"] for finding in result("report", "aged.strata")["findings"]]
    rules = []
    (WORK / "warm.yaml").write_text("base: phone\nname: warm\nr_package: 70 K/W\n")
    for extra in ((), ("--temperature", "51degC")):
        call("profile", MODEL, "--chip", "warm.yaml", "--input", sample(0), "-o", "warm.strata", *extra)
        rules.append({finding["rule"] for finding in result("report", "warm.strata")["findings"]})
    assert "warmer-at-work" in rules[0] - rules[1], rules
    at_work()
    refused(2, ["1000 y"], "run", program(), "--input", sample(0), "--age", "1001y")
    refused(2, ["exact arrays"], "run", program(), "--input", sample(0), "--analog", "off", "--age", "1d")
    refused(2, ["without a chip"], "run", MODEL, "--reference", "--input", sample(0), "--analog", "nominal")
    refused(2, ["--input"], "profile", program(), "--analog", "ideal", "-o", "never.strata")
    assert meta["cell_model"] == "memcapacitor" and "proxy" in meta["cell_source"], meta
    assert float(meta["array_temperature_c"]) == 55, meta


def at_work():
    """Of warm.yaml: arrays at the temperatures that the same profile records of tiers with weights."""
    call("profile", MODEL, "--chip", "warm.yaml", "--input", sample(0), "-o", "work.strata", "--temperature", "work",
         "--age", "30d")
    meta = {row["key"]: row["value"] for row in result("query", "work.strata", "SELECT key, value FROM meta")["rows"]}
    tiers = {row["c"] for row in result("query", "work.strata", "SELECT temperature_c c FROM temperature WHERE time_ps IS NULL "
                                        "AND tier >= 0 LIMIT 100000")["rows"]}
    hottest, coolest = float(meta["array_temperature_c"]), float(meta["array_coolest_c"])
    assert 45 < coolest <= hottest <= max(tiers) and {coolest, hottest} <= tiers, (meta, tiers)
    assert "at work (" in meta["conditions"] and "each array at its own" in meta["conditions"], meta
    assert "at work (" in call("report", "work.strata", "--section", "summary").stdout
    rules = {finding["rule"] for finding in result("report", "work.strata")["findings"]}
    assert "extrapolated-age" in rules and "warmer-at-work" not in rules, rules
    result("compile", MODEL, "--chip", "warm.yaml", "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0.0625",
           "-o", "warm.strp")
    one = ("run", "warm.strp", "--input", sample(0), "--age", "30d")
    warm, again, ambient, single = (result(*one, *extra) for extra in (
        ("--temperature", "work"), ("--temperature", "work", "--threads", "1"), (), ("--temperature", "40degC")))
    assert warm == again and warm["array_hottest_c"] >= warm["array_coolest_c"] > 45, warm
    assert warm["outputs"] != ambient["outputs"] == single["outputs"] and "array_hottest_c" not in ambient, (warm, ambient)
    data = ("warm.strp", "--inputs", DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy",
            "--input-scale", "0.0625", "--limit", "50", "--trials", "2")
    point = result("evaluate", *data, "--age", "30d", "--temperature", "work")
    assert point["array_hottest_c"] == warm["array_hottest_c"] and point["retention"] == "extrapolated", point
    cool, work = result("evaluate", *data, "--ages", "0,30d", "--temperatures", "40degC,work")["temperatures"]
    assert work["at_work"] and not cool["at_work"] and work["temperature_c"] == warm["array_hottest_c"], (cool, work)
    assert work["ages"][1]["effective_age_s"] > cool["ages"][1]["effective_age_s"], (cool, work)
    assert abs(work["ages"][1]["mean"] - point["analog_mean"]) < 1e-12, (point, work)
    shown = call("evaluate", *data, "--ages", "0,30d", "--temperatures", "40degC,work").stdout
    assert "at work" in shown, shown
    (WORK / "fire.yaml").write_text("base: phone\nname: fire\np_leak: 100 mW/mm2\n")
    refused(4, ["at work chip fire", "runs away", "85degC"], "run", MODEL, "--quiet", "--chip", "fire.yaml", "--input", sample(0),
            "--temperature", "work")


def test_no_steady_state():
    """A chip that runs away has no temperature and no power to print, and the energy of an inference from cold."""
    (WORK / "lava.yaml").write_text("base: phone\nname: lava\nr_package: 10000 K/W\n")
    arguments = "compile", MODEL, "--chip", "lava.yaml", "--calibration", DATA / "digits-calibration.npy"
    lost = result(*arguments, "-o", "lava.strp")
    assert all(lost[name] is None for name in ("static_mw", "power_mw", "junction_c", "skin_c")), lost
    assert lost["energy_fj"] > 0
    lines = call(*arguments, "-o", "lava.strp").stdout.splitlines()
    for label in ("power", "static power", "junction"):
        assert any(re.fullmatch(f"{label} +none: no steady state below 250 °C", line) for line in lines), lines
    result("profile", "lava.strp", "-o", "lava.strata")
    text = call("report", "lava.strata").stdout
    assert re.search(r"^junction +none +no steady state below 250 °C", text, re.M), text
    assert re.search(r"^junction +no steady state below 250 °C +none +none", text, re.M), text
    assert max(float(value) for value in re.findall(r"([0-9.]+) °C", text)) <= 250, text
    page = result("report", "lava.strata")
    assert "thermal-runaway" in {finding["rule"] for finding in page["findings"]}
    values = {figure["name"]: figure["nominal"] for figure in page["figures"]}
    assert values["junction_c"] is None and values["power_mw"] is None and values["workload_tops_w"] is None
    refused(5, ["without a steady state"], *arguments, "--max-temperature", "90degC", "-o", "never.strp")


def test_validate():
    done = call("validate", "--published")
    assert done.returncode == 0 and "imagine-system" in done.stdout, done.stderr
    found = json.loads(call("validate", "--published", "--json").stdout)["result"]
    rows, missed = found["published"], [row for row in found["published"] if row["missed"]]
    assert all(row["agrees"] == (row["lowest"] <= row["ours"] <= row["highest"]) != row["missed"] for row in rows)
    assert all((row["known_miss"] is not None) == row["missed"] for row in rows), missed
    assert all(abs(row["deviation"] - row["ours"] / row["published"] + 1) < 1e-9 for row in rows)
    assert found["n_rows"] == len(rows) and found["n_known_misses"] == len(missed) and found["n_unknown_misses"] == 0
    last = done.stdout.strip().splitlines()[-1]
    assert last == f"{len(rows) - len(missed)} of {len(rows)} within tolerance, {len(missed)} known misses", last
    assert all(f"missed: {row['known_miss']}" in done.stdout for row in missed)
    assert sum(row["kind"] == "prediction" for row in rows) >= 8
    assert call("validate").returncode == 2 and call("validate", "--published", "x").returncode == 2


def test_report_and_query():
    report = call("report", profile())
    assert report.returncode == 0 and "conv1" in report.stdout
    page = WORK / "page.html"
    assert call("report", profile(), "--html", "-o", page).returncode == 0
    assert "</html>" in page.read_text()
    assert "https:" not in page.read_text() and "http:" not in page.read_text().replace("http://www.w3.org", "")
    assert json.loads(call("report", profile(), "--json").stdout)["schema"] == "strata.report"
    assert call("report", profile(), "--csv", "layers").stdout.count("\n") > 5
    spells = json.loads(call("report", profile(), "--json").stdout)["result"]["spells"]
    assert spells[0]["start_ps"] == 0 and spells[-1]["duration_ps"] is None and spells[0]["interval_ps"] > 0
    assert call("report", profile(), "--csv", "spells").stdout.count("\n") == 1 + len(spells)
    assert "from cold" in report.stdout and "held by" in call("report", profile(), "--section", "governor").stdout
    wrong = call("report", profile(), "--csv", "nonsense")
    assert wrong.returncode == 2 and "nonsense" in wrong.stderr and "spells" in wrong.stderr
    total = result("query", profile(), "SELECT sum(energy_fj) AS fj, count(*) AS n FROM event")["rows"][0]
    by_component = result("query", profile(), "SELECT sum(nominal_fj) AS fj FROM energy")["rows"][0]
    assert total["fj"] == by_component["fj"] == result("info", profile())["energy_fj"]
    refused(2, ["read-only"], "query", profile(), "DELETE FROM event")
    refused(2, [], "query", profile(), "SELECT nonsense FROM nowhere")
    refused(2, ["nonsense", "layers"], "report", profile(), "--section", "nonsense")


def test_nothing_asked_for_is_passed_over():
    """A program is compiled already: limits and chips given with it would otherwise go unchecked."""
    path = program()
    refused(2, ["--max-latency", "compiled already"], "compile", path, "--max-latency", "1ns")
    refused(2, ["--chip", "compiled already"], "profile", path, "--chip", "phone")
    refused(5, ["limit of 1 ps"], "compile", MODEL, "--max-latency", "0.1ps")
    refused(5, ["limit of 1 ps"], "compile", MODEL, "--min-rate", "1e15/s")
    for n in ("-1", "0", "10001"):
        refused(2, [f"--trials {n}", "1 to 10000"], "evaluate", path, "--inputs", "x.npy", "--trials", n)
    refused(2, ["--seed -1", "0 or more"], "run", path, "--seed", "-1")
    for what in ([], ["--years", "0"]):
        refused(2, what[:1] or ["do not age"], "evaluate", path, "--inputs", "x.npy", "--ages", "0,1d", *what,
                "--analog", "off")
    refused(2, ["--limit"], "evaluate", path, "--inputs", "x.npy", "--limit", "-1")
    for n in ("-1", "0"):
        refused(2, [f"--calibration-samples {n}"], "compile", MODEL, "--calibration-samples", n)
    refused(2, ["--input-scale"], "compile", MODEL, "--calibration", DATA / "digits-calibration.npy",
            "--input-scale", "nan")
    refused(2, ["--input-scale 0"], "compile", MODEL, "--calibration", DATA / "digits-calibration.npy", "--input-scale", "0")
    refused(2, ["--reads 0", "1 to 64"], "compile", MODEL, "--reads", "0")
    refused(2, ["--effort -1", "0 (no search)"], "compile", MODEL, "--effort", "-1")
    refused(2, ["--reads", "compiled already"], "profile", path, "--reads", "0", "-o", "never.strata")
    refused(2, ["--expect"], "run", path, "--expect", "luck")


def test_limits_that_nothing_could_judge():
    """Options that would be passed over, numbers that are none, and where nothing can be written: before any work"""
    refused(2, ["--min-accuracy 90%", "no samples", "--calibration"], "compile", MODEL, "--min-accuracy", "90%")
    refused(2, ["--min-accuracy", "no samples"], "profile", MODEL, "--min-accuracy", "90%", "-o", "never.strata")
    refused(2, ["no samples"], "compile", MODEL, "--min-accuracy", "90%", "--accuracy-labels",
            DATA / "digits-test-labels.npy")
    refused(2, ["--accuracy-labels goes with"], "compile", MODEL, "--accuracy-labels", DATA / "digits-test-labels.npy")
    refused(2, ["--accuracy-inputs goes with"], "compile", MODEL, "--accuracy-inputs", DATA / "digits-test-images.npy")
    refused(2, ["--calibration-samples goes with"], "compile", MODEL, "--calibration-samples", "5")
    refused(2, ["--max-arrays", "whole number"], "compile", MODEL, "--max-arrays", "0.5")
    refused(2, ["--max-arrays", "whole number"], "compile", MODEL, "--max-arrays", "2.7")
    refused(2, ["--quantise", "slices=1", "accepted"], "compile", MODEL, "--quantise", "slices=1")
    refused(2, ["--chip: the name is empty"], "compile", MODEL, "--chip", "")
    refused(1, ["missing/x.strp", "cannot be written"], "compile", "no-such-model.onnx", "-o", "missing/x.strp")
    assert not list(WORK.glob("never*"))


def test_labels_of_other_data():
    save("other.npy", "<i8", (360,), struct.pack("<360q", *([3] * 7 + [10] * 353)))
    refused(4, ["10 at sample 7", "0 to 9"], "evaluate", program(), "--inputs", DATA / "digits-test-images.npy",
            "--labels", "other.npy")


def test_output_is_written_or_refused():
    """-o works for every verb, whole or not at all, and never over what is read, a device or an option."""
    run = profile()
    before = run.read_bytes()
    refused(2, ["is the file that is read"], "report", run, "-o", run)
    mine, labels = {}, WORK / "labels.npy"
    shutil.copy(MODEL, WORK / "mine.onnx"), shutil.copy(program(), WORK / "mine.strp")
    shutil.copy(DATA / "digits-test-labels.npy", labels)
    for path in (WORK / "mine.onnx", WORK / "mine.strp", labels):
        mine[path] = path.read_bytes()
    refused(2, ["is the file that is read"], "compile", "mine.onnx", "-o", WORK / "mine.onnx")
    refused(2, ["is the file that is read"], "profile", "mine.strp", "-o", "mine.strp")
    for over in ("mine.strp", "labels.npy"):
        refused(2, ["is the file that is read"], "evaluate", "mine.strp", "--inputs", DATA / "digits-test-images.npy", "--labels",
                labels, "-o", over)
    assert all(path.read_bytes() == text for path, text in mine.items())
    refused(2, ["empty"], "report", run, "-o", "")
    refused(2, ["looks like an option"], "compile", MODEL, "-o", "--help")
    refused(2, ["not an ordinary file"], "compile", MODEL, "-o", "/dev/null")
    refused(1, ["missing/x.txt", "cannot be written"], "report", run, "-o", "missing/x.txt")
    refused(1, ["missing/x.strp", "cannot be written"], "compile", MODEL, "-o", "missing/x.strp")
    refused(1, ["missing/x.strata", "cannot be created"], "profile", MODEL, "-o", "missing/x.strata")
    refused(3, ["nope"], "chip", "show", "nope", "-o", "never.txt")
    refused(2, ["query"], "query", run, "SELEKT", "-o", "never.txt")
    assert run.read_bytes() == before and not list(WORK.glob("never*"))
    for name, args in {"c.yaml": ["chip", "show", "phone", "--yaml"], "i.txt": ["info", MODEL],
                       "r.json": ["report", run, "--json"], "q.csv": ["query", run, "SELECT 1 AS one", "--csv"]}.items():
        done = call(*args, "-o", name)
        assert done.returncode == 0 and done.stdout == "", (name, done)
        assert (WORK / name).read_text() == call(*args).stdout, name
    with open("/dev/full", "w") as full:
        done = subprocess.run([STRATA, "info", MODEL], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "standard output" in done.stderr, done


def test_a_program_knows_its_model():
    """From any folder, and not once the file is another one: the float column would be of another model."""
    (WORK / "there").mkdir()
    model = WORK / "there" / "own.onnx"
    shutil.copy(MODEL, model)
    result("compile", "there/own.onnx", "-o", "own.strp")
    data = ("--inputs", DATA / "digits-test-images.npy", "--labels", DATA / "digits-test-labels.npy",
            "--input-scale", "0.0625", "--trials", "1", "--json")
    elsewhere = subprocess.run([STRATA, "evaluate", str(WORK / "own.strp"), *map(str, data)], capture_output=True,
                               text=True, cwd=WORK / "there")
    assert json.loads(elsewhere.stdout)["result"]["float"] > 0.9, elsewhere
    model.write_bytes(model.read_bytes().replace(b"strata-train-digits", b"somebody-else-did-it"[:19]))
    changed = call("evaluate", "own.strp", *data)
    assert json.loads(changed.stdout)["result"]["float"] is None and "has changed" in changed.stderr, changed
    model.unlink()
    gone = call("evaluate", "own.strp", *data)
    assert json.loads(gone.stdout)["result"]["float"] is None and "is gone" in gone.stderr, gone


def test_values_that_are_no_numbers():
    """NaN would become some code or other, and ranges without end."""
    save("nan.npy", "<f4", (1, 1, 8, 8), struct.pack("<64f", *([0] * 9 + [float("nan")] * 55)))
    save("huge.npy", "<f4", (1, 1, 8, 8), struct.pack("<64f", *([3e38] * 64)))
    refused(4, ["image", "element 9 is nan"], "run", program(), "--input", "nan.npy")
    refused(4, ["sample 0 is not finite"], "evaluate", program(), "--inputs", "nan.npy")
    for name in ("nan.npy", "huge.npy"):
        refused(4, ["calibration sample 0", "is not finite"], "compile", MODEL, "--calibration", name)


def test_forms_exclude_each_other():
    run = profile()
    assert "CREATE TABLE run" in result("query", run, "schema")["schema_sql"]
    refused(2, ["--csv"], "report", run, "--csv", "layers", "--html")
    assert json.loads(call("report", run, "--csv", "layers", "--json").stdout)["error"]["code"] == "usage"
    assert json.loads(call("report", run, "--html", "--json").stdout)["error"]["code"] == "usage"


def test_report_sections_as_json():
    whole = result("report", profile())
    assert set(result("report", profile(), "--section", "figures")) == {"figures"}
    assert all(figure["unit"] for figure in whole["figures"]) and whole["decisions"] and whole["units"], whole.keys()
    heat = result("report", profile(), "--section", "temperature")
    assert heat == {"temperature": whole["temperature"]}
    rows, hottest = heat["temperature"]["map_c"], heat["temperature"]["hottest"]
    assert len(rows) == 64 and all(len(row) == heat["temperature"]["n_tiers"] + 1 for row in rows)
    at = 0 if hottest["tier"] is None else hottest["tier"] + 1
    assert abs(max(map(max, rows)) - rows[hottest["stack"]][at]) < 1e-6, hottest
    for decision in result("report", profile(), "--section", "decisions")["decisions"]:
        assert decision["text"] and (decision["layer"] is None or decision["layer"] < len(whole["layers"])), decision


def test_functional_profile_says_how():
    save("zero.npy", "<f4", (1, 1, 8, 8), bytes(256))
    result("profile", program(), "--input", "zero.npy", "--analog", "conservative", "--seed", "5", "-o", "values.strata")
    rows = result("query", "values.strata", "SELECT key, value FROM meta")["rows"]
    meta = {row["key"]: row["value"] for row in rows}
    assert (meta["fidelity"], meta["analog"], meta["noise_seed"], meta["seed"]) == ("functional", "conservative", "5", "0")
    assert int(meta["model_digest"], 16) != 0, meta


def test_kind_by_content():
    shutil.copy(program(), WORK / "any.bin")
    shutil.copy(profile(), WORK / "run.bin")
    assert result("info", "any.bin")["kind"] == "program" and result("info", "run.bin")["kind"] == "profile"


def test_files_that_are_not_there():
    for args in (("info", "gone.onnx"), ("compile", "gone.onnx"), ("profile", "gone.strp"), ("report", "gone.strata"),
                 ("query", "gone.strata", "SELECT 1"), ("compile", MODEL, "--chip", "gone.yaml"),
                 ("compile", MODEL, "--calibration", "gone.npy"), ("run", MODEL, "--reference", "--input", "gone.npy")):
        refused(3, ["gone"], *args)
    os.mkfifo(WORK / "pipe.onnx")  # opening one would wait for a writer
    for args in (("info", "pipe.onnx"), ("compile", "pipe.onnx"), ("run", "pipe.onnx"), ("profile", "pipe.onnx"),
                 ("model", "make", "--config", "pipe.onnx")):
        refused(3, ["pipe.onnx"], *args)


def test_broken_models():
    whole = Path(MODEL).read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path = WORK / "truncated.onnx"
        path.write_bytes(whole[:size])
        refused(4, ["truncated.onnx"], "profile", path, "-o", "broken.strata")
    refused(4, ["README.md"], "info", DATA / "README.md")
    assert not list(WORK.glob("broken.strata*"))


def test_broken_models_with_reasons():
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
        import numpy as np
    except ImportError:
        raise tap.Skip("python3-onnx is not installed")

    def save(name, change):
        model = onnx.load(MODEL)
        change(model.graph)
        onnx.save(model, WORK / name)
        return WORK / name

    def cycle(graph):
        graph.node[0].input[0] = graph.node[3].output[0]

    def missing(graph):
        graph.initializer.remove(next(i for i in graph.initializer if i.name == "conv1.weight"))

    def shape(graph):
        weight = next(i for i in graph.initializer if i.name == "conv1.weight")
        weight.CopyFrom(numpy_helper.from_array(np.zeros((16, 15, 3, 3), np.float32), weight.name))

    def nan(graph):
        weight = next(i for i in graph.initializer if i.name == "conv1.weight")
        values = numpy_helper.to_array(weight).copy()
        values[3, 2, 1, 0] = np.nan
        weight.CopyFrom(numpy_helper.from_array(values, weight.name))

    def unknown(graph):
        graph.node[1].op_type = "Wobble"

    for name, change, words in (("cycle.onnx", cycle, ["cycle"]), ("missing.onnx", missing, ["conv1.weight"]),
                                ("shape.onnx", shape, ["conv1"]), ("nan.onnx", nan, ["conv1.weight", "not a number"]),
                                ("unknown.onnx", unknown, ["Wobble", "relu0", "13", "supported"])):
        refused(4, [name, *words], "profile", save(name, change), "-o", "bad.strata")
    assert not list(WORK.glob("bad.strata*"))


def test_broken_profiles_and_programs():
    for source, verb in ((profile(), ("report",)), (program(), ("info",))):
        whole = source.read_bytes()
        broken = WORK / f"half{source.suffix}"
        broken.write_bytes(whole[:len(whole) - 2048])
        refused(4, [broken.name], *verb, broken)
        broken.write_bytes(b"not what it says" * 100)
        refused(4, [broken.name], *verb, broken)


def limit_file_size():
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))


def test_full_disk():
    folder = WORK / "full"
    folder.mkdir()
    for args in (("profile", program(), "-o", folder / "a.strata"), ("compile", MODEL, "-o", folder / "a.strp")):
        done = call(*args, preexec_fn=limit_file_size)
        assert done.returncode == 1, (done.returncode, done.stderr)
        lines = done.stderr.splitlines()
        assert len([x for x in lines if x.startswith("strata: ")]) == 1 and str(folder) in done.stderr, done.stderr
        assert not list(folder.iterdir()), list(folder.iterdir())


def test_full_disk_while_making():
    folder = WORK / "full-made"
    folder.mkdir()
    for external in ((), ("--external",)):
        done = call("model", "make", "mlperf-tiny-ic", *external, "-o", folder / "a.onnx", preexec_fn=limit_file_size)
        assert done.returncode == 1 and str(folder) in done.stderr, (done.returncode, done.stderr)
        assert not list(folder.iterdir()), list(folder.iterdir())


def test_interrupted_while_making():
    folder = WORK / "interrupted"
    folder.mkdir()
    process = subprocess.Popen([STRATA, "model", "make", "vgg16", "-o", str(folder / "a.onnx")], cwd=WORK,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not (folder / "a.onnx.partial").exists():
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in err, (process.returncode, err)
    assert not list(folder.iterdir()), list(folder.iterdir())


def test_killed_leaves_no_result():
    path = WORK / "killed.strata"
    process = subprocess.Popen([STRATA, "profile", str(program()), "-o", str(path)], cwd=WORK, stdout=subprocess.DEVNULL)
    time.sleep(0.01)
    process.kill()
    process.wait()
    if path.exists():
        result("info", path)
    Path(f"{path}.partial").unlink(missing_ok=True)  # nobody is left who could remove it


def test_progress_never_steps_back():
    """On a terminal; threads finish their blocks in any order."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([STRATA, "evaluate", str(program()), "--inputs", str(DATA / "digits-test-images.npy"),
                                "--labels", str(DATA / "digits-test-labels.npy"), "--trials", "6", "--threads", "4"],
                               cwd=WORK, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while chunk := os.read(ours, 65536):
            text += chunk
    except OSError:  # how a terminal ends
        pass
    os.close(ours)
    assert process.wait() == 0
    shares = [int(share) for share in re.findall(rb"(\d+) %", text)]
    assert len(shares) > 20 and shares == sorted(shares) and shares[-1] == 100, shares


def test_interrupted():
    process = subprocess.Popen([STRATA, "evaluate", str(program()), "--inputs", str(DATA / "digits-test-images.npy"),
                                "--labels", str(DATA / "digits-test-labels.npy"), "--trials", "2000"], cwd=WORK,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130 and "interrupted" in err, (process.returncode, err)


def test_no_partial_files():
    assert not list(WORK.rglob("*.partial"))


try:
    os.environ.pop("DISPLAY", None)
    tap.run(dict(globals()), "/cli")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
