#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The SDK from Python, through introspection: compile a model, run it on the simulated chip, print what it cost.

    digits.py MODEL.onnx IMAGES.npy LABELS.npy

Needs python3-gi, python3-numpy and the typelib Strata-1.0 (from a build tree: GI_TYPELIB_PATH=build/sdk/api).
"""
import sys

import gi
import numpy as np

gi.require_version("Strata", "1.0")
from gi.repository import GLib, Strata  # noqa: E402


def to_tensor(array):
    array = np.ascontiguousarray(array, np.float32)
    return Strata.Tensor.new(Strata.Dtype.F32, array.shape, GLib.Bytes.new(array.tobytes()))


def to_array(tensor):
    return np.frombuffer(tensor.get_bytes().get_data(), np.float32).reshape(tensor.get_shape())


def main(model_path, images_path, labels_path):
    model = Strata.Model.open(model_path, None)
    chip = Strata.Chip.load("demonstrator")
    images = np.load(images_path).reshape(-1, 1, 1, 8, 8) / 16
    labels = np.load(labels_path)

    compiler = Strata.Compiler.new(model, chip)
    for image in images[:32]:
        compiler.add_calibration([to_tensor(image)])
    program = compiler.compile(None, None, None)

    device = Strata.Device.open("sim:")
    device.load(program, None)
    job = Strata.Job.new()
    right = 0
    for i in range(100):
        job.set_inputs([to_tensor(images[i])])
        job.set_inference(i)
        device.run(job, None)
        right += int(to_array(job.get_outputs()[0]).argmax() == labels[i])

    latency = Strata.quantity_to_text(program.get_figure("latency_ps", Strata.Band.NOMINAL), "ps")
    energy = Strata.quantity_to_text(program.get_figure("energy_fj", Strata.Band.NOMINAL), "fj")
    print(f"{right} of 100 digits right on {program.get_chip_name()}; "
          f"{latency} and {energy} per inference, modelled")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("digits.py: takes MODEL.onnx IMAGES.npy LABELS.npy")
    try:
        main(*sys.argv[1:])
    except GLib.Error as error:
        sys.exit(f"digits.py: {error.message}")
