#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Speed of the command on real models, beside what is published or was measured of comparable tools. Not a gate.

    run.py STRATA SHARED_FOLDER [SECTION…] [BENCH…]

Prints one table each: import (info), profile (compile, timing in three bands, energy, heat, record), the same for
transformers by configuration (transformers), inferences per second (inference), and what is asked of analog execution
as a whole (asked); with a SECTION only those. Times are the best of five whole processes; CPU time is user + system as
the kernel accounts it. Each BENCH, an executable such as bench-stack-painter, is run at the end; with analog-kernels
among them the table of what is asked has the machine's limit too.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 5
TINY = [f"mlperf_tiny_{task}_{numbers}" for task in
        ("ad_autoencoder", "ic_resnet8", "kws_dscnn", "vww_mobilenetv1") for numbers in ("fp32", "int8")]
MODELS = ["mnist_cntk_opset8", "resnet20_cifar10", *TINY]

# Other chips, networks and amounts of detail: an order of magnitude to stand beside, not a ratio to quote. Published
# times are of their authors' machines; measured ones are user + system CPU time on a 2-core AMD EPYC (Zen 4), median
# of three runs where they took less than half a minute.
PEERS = [
    ("compile a CNN to crossbars, genetic search", "8-40 s", "PIMCOMP, DAC 2023, published table"),
    ("the same, ResNet-18, low latency / high throughput", "673 / 1976 s", "PIMCOMP, TCAD 2024, table VI"),
    ("the same, ResNet-18, heuristic, measured", "3.3-4.7 s CPU", "PIMCOMP-NN 2ed10c88"),
    ("the same, with its instruction file, measured", "16.7-21.2 s CPU", "PIMCOMP-NN 2ed10c88, -s=YES"),
    ("simulate 20 ms of that chip (1.6 images), measured", "18-23 s user", "pimsim-nn a896a2a"),
    ("simulate ResNet-18, 4 samples", "59 s", "pimsim-nn, its README"),
    ("circuit-level time and energy of VGG-8", "132 s", "NeuroSim V1.4, manual, figure 27"),
    ("the same on a 3D stack", "163 s", "3D NeuroSim, manual, figure 29"),
    ("2.5D/3D chip, one configuration, no heat / heat", "0.5-2.3 / 180-1200 s", "HISIM, its tables and README"),
    ("heat of 128 x 128 x 8 cells, steady, measured", "57 s user, 2.7 GB", "HotSpot f18831e4 with SuperLU"),
    ("two convolutions, exact mapping", "11 s", "stream, its README"),
    ("decoder of 12 x 768, 1 -> 32 tokens, measured", "253 s user, 2.9 GB", "3D-CiM-LLM-Inference-Simulator 0bef55f6"),
    ("the same with a KV cache, measured", "21 s user, 497 MB", "3D-CiM-LLM-Inference-Simulator 0bef55f6"),
    ("process that imports torch and ends, measured", "1.6 s CPU", "torch 1.13"),
]


def run(command):
    """Wall and CPU seconds of one process."""
    start = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    problem = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}: {problem.decode().strip()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def best(command):
    """Least wall, least CPU, most memory of some runs."""
    runs = [run(command) for _ in range(ROUNDS)]
    return min(r[0] for r in runs), min(r[1] for r in runs), max(r[2] for r in runs)


def heading(text, *columns):
    print(f"\n{text}\n  {'':36}" + "".join(f"{column:>12}" for column in columns), flush=True)


def row(name, *values):
    print(f"  {name:36}" + "".join(f"{value:>12}" for value in values), flush=True)


def bench_command(title, models, arguments):
    total = 0.0
    heading(f"{title}: best of {ROUNDS}", "wall ms", "CPU ms", "peak MB")
    for name, path in models:
        wall, cpu, memory = best(arguments(path))
        total += cpu
        row(name, f"{1e3 * wall:.1f}", f"{1e3 * cpu:.1f}", f"{memory:.0f}")
    row("all", "", f"{1e3 * total:.1f}", "")


def bench_inference(strata, models, shared, work):
    """Inferences/s of evaluate, from the difference between many samples and few: start and programming cancel."""
    tasks = [
        ("mlperf_tiny_kws_dscnn_int8", "kws01/features_int8.npy", "kws01/labels_u8.npy",
         ["--input-offset", "-83", "--input-scale", "0.5847029"], 50, 600),
        ("mnist_cntk_opset8", "mnist_t10k/images_u8.npy", "mnist_t10k/labels_u8.npy", [], 50, 1050),
    ]
    heading("evaluate, float + quantised + analog of each input, all cores: from the best of "
            f"{ROUNDS} of many and of few inputs", "inputs/s", "CPU ms each")
    for name, inputs, labels, extra, few, many in tasks:
        if name not in models or not (shared / "data" / inputs).exists():
            row(name, "no data")
            continue
        program = work / f"{name}.strp"
        run([strata, "compile", models[name], "-o", program])
        for level in ("ideal", "nominal"):
            command = [strata, "evaluate", program, "--inputs", shared / "data" / inputs, "--labels",
                       shared / "data" / labels, "--trials", "1", "--analog", level, *extra]
            walls, cpus = zip(*(best([*command, "--limit", n])[:2] for n in (few, many)))
            wall, cpu = walls[1] - walls[0], cpus[1] - cpus[0]
            row(f"{name.removeprefix('mlperf_tiny_')} {level}", f"{(many - few) / max(wall, 1e-9):.0f}",
                f"{1e3 * cpu / (many - few):.2f}")


# CrossSim 3.2.0, ResNet-20 of 40.8 million MACs through its own converter of layers, one thread, ms an image: noise that
# is drawn for every reading; programming errors that are drawn once, without any. Other networks in proportion.
PEER_MACS, PEER_NOISY_MS, PEER_PROGRAMMED_MS = 40.8e6, 3308, 19.1
SLICES = 2  # of a weight, on the chip that is asked for


def limit_gmac_s(benches):
    """Products of bytes per second that never leave the registers, in billions, where a bench tells it."""
    for bench in benches:
        if Path(bench).name == "analog-kernels":
            printed = subprocess.run([bench], check=True, capture_output=True, text=True).stdout
            found = re.search(r"^products that never leave the registers, VNNI +([0-9.]+)", printed, re.MULTILINE)
            return float(found.group(1)) if found else 0
    return 0


def n_macs(strata, program):
    printed = subprocess.run([strata, "info", program, "--json"], check=True, capture_output=True, text=True).stdout
    return json.loads(printed)["result"]["n_macs"]


def bench_asked(strata, models, shared, work, benches):
    """What is asked of analog execution as a whole, from program to figures; two cores spend no more than 2 x wall."""
    tasks, limit = [], limit_gmac_s(benches)
    name, data = "mlperf_tiny_kws_dscnn_int8", shared / "data" / "kws01"
    if name in models and data.exists():
        extra = ["--input-offset", "-83", "--input-scale", "0.5847029"]
        program = work / "kws.strp"
        run([strata, "compile", models[name], "--calibration", data / "features_int8.npy", *extra, "-o", program])
        tasks.append(("KWS, 600 clips x 8 seeds", 20, 4800, program,
                      [strata, "evaluate", program, "--inputs", data / "features_int8.npy", "--labels",
                       data / "labels_u8.npy", "--trials", "8", *extra]))
    network, program = work / "mobilenetv2.onnx", work / "mobilenetv2.strp"
    run([strata, "model", "make", "mobilenetv2", "-o", network])
    run([strata, "compile", network, "-o", program])
    tasks.append(("MobileNetV2, one image", 0.3, 1, program, [strata, "run", program, "--input", "0.5", "-q"]))
    heading(f"analog nominal, whole processes, best of {ROUNDS}, s", "wall", "CPU", "CPU / 2", "asked", "products",
            "CrossSim", "no noise")
    for what, asked, n_images, program, command in tasks:
        wall, cpu, _ = best(command)
        macs = n_images * n_macs(strata, program)
        row(what, f"{wall:.2f}", f"{cpu:.2f}", f"{cpu / 2:.2f}", f"{asked}",
            f"{1e-9 * SLICES * macs / limit:.3f}" if limit > 0 else "-",
            f"{1e-3 * PEER_NOISY_MS * macs / PEER_MACS:.1f}", f"{1e-3 * PEER_PROGRAMMED_MS * macs / PEER_MACS:.2f}")
    print("  products: those of the inferences alone at the registers' rate, one core; CrossSim: noise drawn for every\n"
          "  reading, beside it programming errors alone: from its ResNet-20, by MACs, one thread")


# What the published 3D simulator was measured on: 12 layers, d 768, 12 heads, ff 3072, 32 tokens. Its cost grows with
# the tokens that it traces, with a cache one a step; here a shape is compiled and timed once, whatever its tokens.
PEER_DECODER = {"model_type": "llama", "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
                "num_attention_heads": 12, "vocab_size": 32000, "max_position_embeddings": 2048}
PEER_CPU_S = {"12 x 768, 32 tokens at once": 253, "12 x 768, all 32 steps with cache": 21}


def bench_transformers(strata, shared, work):
    """The whole way, import to record, of transformers without weights; a step is one token on what is cached."""
    config, listed = work / "decoder.json", shared / "data" / "transformer_configs.json"
    config.write_text(json.dumps(PEER_DECODER))
    step = ["--shape", "sequence=1", "--shape"]
    tasks = [("12 x 768, 32 tokens at once", [(config, ["--shape", "sequence=32"])]),
             ("12 x 768, last of 32 steps", [(config, [*step, "past=31"])]),
             ("12 x 768, all 32 steps with cache", [(config, [*step, f"past={past}"]) for past in range(32)])]
    if listed.exists():
        tasks += [(f"{name}, {how}", [(f"{listed}#{name}", shape)]) for name, how, shape in (
            ("llama-3.2-1b", "step at 2,048", [*step, "past=2048"]), ("llama-3.2-3b", "step at 2,048", [*step, "past=2048"]),
            ("bert-base-uncased", "128 tokens", []), ("vit-b16-224", "an image", []))]
    heading("strata profile CONFIG --chip phone", "CPU s", "peak MB", "peer/ours")
    for name, runs in tasks:
        costs = [run([strata, "profile", path, "--chip", "phone", *shape, "-o", work / "x.strata", "-q"])
                 for path, shape in runs]
        cpu = sum(c[1] for c in costs)
        row(name, f"{cpu:.2f}", f"{max(c[2] for c in costs):.0f}",
            f"{PEER_CPU_S[name] / cpu:.0f}" if name in PEER_CPU_S else "")


def print_peers():
    print("\nPeers, for scale (networks, chips and detail differ)")
    for what, cost, source in PEERS:
        print(f"  {what:54}{cost:>22}   {source}")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    strata, shared = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    models = {name: shared / "models" / name / "model.onnx" for name in MODELS}
    models = {name: path for name, path in models.items() if path.exists()}
    if not models:
        sys.exit(f"{shared}: no models there; name the folder that holds models/ and data/")
    sections = {
        "info": lambda work: bench_command("strata info, import only", models.items(),
                                           lambda path: [strata, "info", path]),
        "profile": lambda work: bench_command(
            "strata profile --chip demonstrator", models.items(),
            lambda path: [strata, "profile", path, "--chip", "demonstrator", "-o", work / "x.strata", "-q"]),
        "transformers": lambda work: bench_transformers(strata, shared, work),
        "inference": lambda work: bench_inference(strata, models, shared, work),
        "asked": lambda work: bench_asked(strata, models, shared, work, benches),
    }
    benches = [word for word in sys.argv[3:] if word not in sections]
    chosen = [word for word in sys.argv[3:] if word in sections] or list(sections)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f}" + (": wall times say little" if load > 1 else ""))
    with tempfile.TemporaryDirectory(prefix="strata-bench-") as folder:
        for section in chosen:
            sections[section](Path(folder))
    if len(chosen) == len(sections):
        print_peers()
    for bench in benches:
        print(f"\n{Path(bench).name}", flush=True)
        command = [bench]
        if Path(bench).name == "compile-speed":
            command = [sys.executable, Path(__file__).with_name("compile-speed.py"), strata, bench]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
