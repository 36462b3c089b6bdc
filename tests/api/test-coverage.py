#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every model beside the project, compiled for a chip and run on the simulator without analog noise, against its reference
outputs: one line of a table and one verdict each. Ranges are calibrated on the test inputs themselves.

    test-coverage.py STRATA SHARED_FOLDER [MODEL…]
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA, SHARED = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="strata-coverage-"))

# What passes: "class" equal argmax; "snr" so many decibels for every output; "steps" quantisation steps of the output;
# "deep" cosine 0.98 and equal argmax (deep QDQ nets, where rounding of ties runs away); "both" argmax and so many
# decibels; "shape" a run and the reference's sizes: the weights are constants.
MODELS = {
    "bert_tiny_shape_random": ("demonstrator", "class", 0),
    "dtln_stage1": ("phone", "snr", 25),
    "edsr_f32b5_x2_fp32": ("demonstrator", "snr", 25),
    "g2p_gru_decoder_step": ("phone", "snr", 25),
    "g2p_gru_encoder": ("phone", "snr", 25),
    "light_densenet121": ("demonstrator", "shape", 0),
    "light_inception_v1": ("demonstrator", "shape", 0),
    "light_resnet50": ("demonstrator", "shape", 0),
    "light_squeezenet": ("demonstrator", "shape", 0),
    "magika_v3_3": ("phone", "class", 0),
    "micro_speech_int8": ("demonstrator", "steps", 1),
    "mlperf_tiny_ad_autoencoder_fp32": ("demonstrator", "snr", 25),
    "mlperf_tiny_ad_autoencoder_int8": ("demonstrator", "steps", 1),
    "mlperf_tiny_ic_resnet8_fp32": ("demonstrator", "class", 0),
    "mlperf_tiny_ic_resnet8_int8": ("demonstrator", "steps", 1),
    "mlperf_tiny_kws_dscnn_fp32": ("demonstrator", "class", 0),
    "mlperf_tiny_kws_dscnn_int8": ("demonstrator", "steps", 1),
    "mlperf_tiny_sww_1ddscnn_int8": ("demonstrator", "steps", 1),
    "mlperf_tiny_vww_mobilenetv1_fp32": ("demonstrator", "class", 0),
    "mlperf_tiny_vww_mobilenetv1_int8": ("demonstrator", "deep", 0.98),
    "mnist_cntk_opset8": ("demonstrator", "class", 0),
    "mobilenetv2_imagenet_fp32": ("demonstrator", "class", 0),
    "mobilenetv2_imagenet_int8": ("demonstrator", "deep", 0.98),
    "resnet20_cifar10": ("demonstrator", "class", 0),
    "resnet44_cifar10_bnfolded": ("demonstrator", "class", 0),
    "silero_vad_v6": ("demonstrator", "snr", 25),
    "silero_vad_v6_16k_flat": ("demonstrator", "snr", 25),
    "stories260K_decode128": ("demonstrator", "snr", 25),
    "stories260K_prefill64": ("demonstrator", "snr", 25),
    "ultraface_rfb320": ("demonstrator", "snr", 25),
    "vit_tiny_patch16_224_fp32": ("demonstrator", "both", 15),
}
OPEN = {"silero_vad_v6": ["--shape", "input=1x576", "--shape", "state=2x1x128", "--bind", "sr=16000"]}


def call(*args):
    done = subprocess.run([STRATA, *map(str, args), "--json"], capture_output=True, text=True, cwd=WORK)
    return done.returncode, json.loads(done.stdout)


def count_ops(name):
    """Ops on crossbars, on the MAC units, and as ONNX operators on the digital units."""
    kinds = re.findall(r"^op \d+ (\S+)", (WORK / name / "02-quantised.txt").read_text(), re.M)
    return kinds.count("mvm"), kinds.count("mac"), kinds.count("digital")


def meets(rule, value, outputs):
    same = all(o["argmax"] == o["argmax_reference"] for o in outputs)
    # null: no error at all
    decibels = min(float("inf") if o["snr_db"] is None else o["snr_db"] for o in outputs)
    if rule == "steps":
        worst = max(o["steps"] for o in outputs)
        return worst <= value + 1e-3, f"{worst:.0f} steps"
    if rule == "deep":
        worst = min(o["cosine"] for o in outputs)
        return same and worst >= value, f"cosine {worst:.3f}"
    if rule == "class":
        return same, f"argmax, {decibels:.1f} dB"
    if rule == "both":
        return same and decibels >= value, f"argmax, {decibels:.1f} dB"
    return rule == "shape" or decibels >= value, f"{decibels:.1f} dB"


def check(name, chip, rule, value):
    folder = SHARED / "models" / name
    if not (folder / "model.onnx").exists():
        raise tap.Skip(f"no {name} beside the project")
    status, reply = call("compile", folder / "model.onnx", "--chip", chip, "--calibration", folder, "--dump", WORK / name,
                         "-o", f"{name}.strp", *OPEN.get(name, []))
    assert status == 0, reply["error"]["message"]
    status, run = call("run", f"{name}.strp", "--device", f"sim:{chip}", "--analog", "off", "--test-data", folder)
    assert status in (0, 5) and "result" in run, run
    outputs = run["result"]["comparisons"]
    met, measure = meets(rule, value, outputs)
    analog, mac, digital = count_ops(name)
    line = (f"{name:34} {chip:12} {reply['result']['arrays_used']:5} arrays {analog:4} analog {mac:3} mac {digital:4} digital "
            f"{reply['result']['latency_ps'] / 1e9:9.3f} ms  {rule:6} {measure:20} {'pass' if met else 'FAIL'}")
    assert met and outputs, line
    return line


TESTS = {f"test_{name}": (lambda name=name, row=row: check(name, *row)) for name, row in MODELS.items()
         if len(sys.argv) < 4 or name in sys.argv[3:]}

if __name__ == "__main__":
    tap.run(TESTS, "/api/coverage")
