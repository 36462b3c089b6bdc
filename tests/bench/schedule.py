#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Distance of schedules to their bounds, and the speed of scheduling and of the event engine. Not a gate.

    schedule.py STRATA BENCH SHARED_FOLDER

Compiles the networks of the demonstrator for it and for its variant of 16 stacks x 64 tiers (tests/lib/tall.yaml), prints
latency and interval over their lower bounds, and runs BENCH, the executable bench-schedule, on the programs and on a
Llama-3.2-1B of 128 tokens for `phone`, 1.7 million bursts.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

TALL = Path(__file__).resolve().parent.parent / "lib" / "tall.yaml"
TINY = {"ad": "ad_autoencoder", "kws": "kws_dscnn", "vww": "vww_mobilenetv1", "ic": "ic_resnet8"}
MADE = ("resnet18", "resnet50", "mobilenetv2")


def main():
    strata, bench, shared = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        models = {name: next((shared / "models" / f"mlperf_tiny_{model}_fp32").glob("*.onnx"))
                  for name, model in TINY.items()}
        for name in MADE:
            models[name] = Path(folder) / f"{name}.onnx"
            subprocess.run([strata, "model", "make", name, "-q", "-o", models[name]], check=True)
        programs = []
        print(f"{'network':<14}{'chip':<16}{'latency/bound':>14}{'interval/bound':>16}{'SRAM':>10}")
        for chip in ("demonstrator", TALL):
            for name, model in models.items():
                programs.append(Path(folder) / f"{name}-{Path(chip).stem}.strp")
                run = subprocess.run([strata, "compile", model, "--chip", chip, "-o", programs[-1], "--json"],
                                     stdout=subprocess.PIPE, check=True)
                figures = json.loads(run.stdout)["result"]
                print(f"{name:<14}{Path(chip).stem:<16}{figures['latency_ps'] / figures['lower_bound_ps']:>14.3f}"
                      f"{figures['interval_ps'] / figures['interval_bound_ps']:>16.3f}"
                      f"{figures['sram_peak_bytes']:>10}", flush=True)
        programs.append(Path(folder) / "llama.strp")
        subprocess.run([strata, "compile", f"{shared / 'data' / 'transformer_configs.json'}#llama-3.2-1b", "--chip", "phone",
                        "-q", "-o", programs[-1]], check=True)
        subprocess.run([bench, *programs], check=True)


main()
