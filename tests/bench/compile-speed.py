#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""From an ONNX file to a program and its time, energy and heat, beside the peer that compiles the same networks.

    compile-speed.py STRATA BENCH

STRATA makes the models, BENCH (bench-compile-speed's program) compiles each in a process of its own and one thread.
All times are processor time, user + system, whole processes from their start; those of the command beside them are of
`strata compile`, which also starts GLib, writes JSON and models the three bands.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NETS = ["resnet18", "resnet50", "mobilenetv2"]
ROUNDS = 3
# PIMCOMP-NN 2ed10c88, measured on a 2-core AMD EPYC (Zen 4), median of 3: schedule alone ("element"), user + system
# seconds and peak MB; with its instruction file where that was measured. Its chip has 9216 crossbars of 128 x 128.
PEER = {"resnet18": (4.69, 2782, 21.2), "resnet50": (4.45, 3074, None), "mobilenetv2": (4.44, 2867, None)}


def run(command):
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    output, problem = process.communicate()
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit code {process.returncode}: {problem.strip()}")
    return output


def time_command(command):
    """Least user + system seconds, and peak MB."""
    best = []
    for _ in range(ROUNDS):
        pid = os.posix_spawn(str(command[0]), [str(word) for word in command], os.environ,
                             file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
        _, status, usage = os.wait4(pid, 0)
        if status != 0:
            sys.exit(f"{' '.join(map(str, command))}: failed")
        best.append((usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6))
    return min(best)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    strata, bench = (Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="strata-bench-") as folder:
        rows, details = [], []
        for net in NETS:
            model = Path(folder) / f"{net}.onnx"
            run([strata, "model", "make", net, "-o", model])
            time.sleep(2.5)  # a file that just changed is read again each time, see sdk/compiler/README.md
            output = run([bench, model])
            total, beyond = map(float, re.search(r"total ([\d.]+) ms, (-?[\d.]+) MB", output).groups())
            cpu, _ = time_command([strata, "compile", model, "--chip", "demonstrator", "--json"])
            rows.append((net, total / 1e3, beyond, cpu, *PEER[net]))
            details.append(f"{net}\n{output}")
    print("Import to program, time, energy and heat, one core: s CPU, MB beyond the model; beside it the command, and\n"
          "the peer's schedule alone (PIMCOMP-NN 2ed10c88, measured on another machine)\n")
    print(f"{'':14}{'ours s':>9}{'MB':>7}{'command s':>11}{'peer s':>9}{'MB':>7}{'with file s':>13}{'ratio':>8}")
    for net, total, beyond, cpu, peer, peer_mb, peer_file in rows:
        print(f"{net:14}{total:9.2f}{beyond:7.0f}{cpu:11.2f}{peer:9.2f}{peer_mb:7}"
              f"{'' if peer_file is None else f'{peer_file:.1f}':>13}{peer / total:8.1f}")
    print("\nThe peer's simulator then takes 22.7 s for 1.6 images of ResNet-18 (pimsim-nn a896a2a); a genetic search of\n"
          "its compiler 673 s (TCAD 2024, table VI).\n")
    print("\n".join(details))


if __name__ == "__main__":
    main()
