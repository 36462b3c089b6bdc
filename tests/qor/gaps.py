#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Transformers on `phone`: latency and interval are within 10 % of their lower bounds.

    gaps.py STRATA [SHARED_FOLDER]
"""
import json
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA = str(Path(sys.argv[1]).resolve())
SHARED = Path(sys.argv[2] if len(sys.argv) > 2 else os.environ.get("STRATA_SHARED", "../shared")).resolve()
CONFIGS = SHARED / "data" / "transformer_configs.json"
NETS = [("vit-b16-224", {}), ("bert-base-uncased", {}), ("llama-3.2-1b", {"sequence": 1, "past": 2048}), ("llama-3.2-1b", {})]
MOST = 1.10


def figures(name, shape):
    sizes = [word for key, value in shape.items() for word in ("--shape", f"{key}={value}")]
    done = subprocess.run([STRATA, "compile", f"{CONFIGS}#{name}", "--chip", "phone", "--json", "-q", *sizes],
                          capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, (name, shape, done.stderr)
    return json.loads(done.stdout)["result"]


def test_phone():
    if not CONFIGS.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    lines, gaps = [], []
    for name, shape in NETS:
        made = figures(name, shape)
        gaps += [made["latency_ps"] / made["lower_bound_ps"], made["interval_ps"] / made["interval_bound_ps"]]
        lines.append(f"{name:18} {str(shape):30} latency {made['latency_ps'] / 1e6:9.1f} us {gaps[-2]:.3f}, "
                     f"interval {made['interval_ps'] / 1e6:9.1f} us {gaps[-1]:.3f}")
    text = "\n".join(lines)
    # a latency below its bound: the bound is wrong
    assert all(1 <= latency < MOST for latency in gaps[::2]) and all(interval < MOST for interval in gaps[1::2]), text
    return text


tap.run(globals(), "qor/gaps")
