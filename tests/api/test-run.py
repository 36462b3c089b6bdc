#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`strata run` on models that leave things open: shapes, branches, and outputs that are fed back.

    test-run.py STRATA
"""
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

STRATA = str(Path(sys.argv[1]).resolve())
WORK = Path(tempfile.mkdtemp(prefix="strata-run-"))


def call(*args):
    return subprocess.run([STRATA, *map(str, args)], capture_output=True, text=True, cwd=WORK)


def result(*args):
    done = call(*args, "--json")
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)["result"]


def refused(status, words, *args):
    done = call(*args)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0], (word, lines[0])


def tensor(name, dtype, *dims):
    return helper.make_tensor_value_info(name, dtype, dims)


def save_model(name, nodes, inputs, outputs, constants=()):
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(a, n) for n, a in constants])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), str(WORK / name))
    return WORK / name


def save_array(name, array):
    np.save(WORK / name, array)
    return WORK / name


def open_model():
    """y = x + x over [batch, sequence, 4], batch and sequence open"""
    return save_model("open.onnx", [helper.make_node("Add", ["x", "x"], ["y"])],
                      [tensor("x", TensorProto.FLOAT, "batch", "sequence", 4)],
                      [tensor("y", TensorProto.FLOAT, "batch", "sequence", 4)])


def branch_model():
    """y = 2x where mode is 1, else -x: the branch depends on an input's value"""
    def branch(name, op, inputs):
        return helper.make_graph([helper.make_node(op, inputs, ["r"])], name, [], [tensor("r", TensorProto.FLOAT, 3)])
    nodes = [helper.make_node("Equal", ["mode", "one"], ["is"]),
             helper.make_node("If", ["is"], ["y"], then_branch=branch("a", "Add", ["x", "x"]), else_branch=branch("b", "Neg", ["x"]))]
    return save_model("branch.onnx", nodes, [tensor("mode", TensorProto.INT64), tensor("x", TensorProto.FLOAT, 3)],
                      [tensor("y", TensorProto.FLOAT, 3)], [("one", np.array(1, np.int64))])


def cache_model():
    """A cache of three that drops its oldest entry, an accumulator, and a next token: (token + 1 + bias) mod 5 by logits"""
    nodes = [
        helper.make_node("OneHot", ["token", "five", "values"], ["hot"], axis=-1),
        helper.make_node("MatMul", ["hot", "shift"], ["logits"]),
        helper.make_node("Cast", ["token"], ["as_float"], to=TensorProto.FLOAT),
        helper.make_node("Concat", ["past", "as_float"], ["present"], axis=1),
        helper.make_node("Add", ["sum", "step"], ["new_sum"]),
    ]
    return save_model("cache.onnx", nodes,
                      [tensor("token", TensorProto.INT64, 1, 1), tensor("past", TensorProto.FLOAT, 1, 3),
                       tensor("sum", TensorProto.FLOAT, 1), tensor("step", TensorProto.FLOAT, 1)],
                      [tensor("logits", TensorProto.FLOAT, 1, 1, 5), tensor("present", TensorProto.FLOAT, 1, 4),
                       tensor("new_sum", TensorProto.FLOAT, 1)],
                      [("five", np.array(5, np.int64)), ("values", np.array([0, 1], np.float32)),
                       ("shift", np.roll(np.eye(5, dtype=np.float32), 1, axis=1))])


STATES = ["--state", "logits=token", "--state", "present=past", "--state", "new_*=*"]


def test_open_dimensions():
    path = open_model()
    refused(4, ["dimensions are open", "input x batchxsequencex4", "--shape"], "info", path)
    for shapes in (["sequence=7", "batch=2"], ["x=2x7x4"]):
        info = result("info", path, *sum((["--shape", s] for s in shapes), []))
        assert info["layers"][0]["shape"] == "2×7×4", info
    assert result("info", path, "--shape", "sequence=7")["layers"][0]["shape"] == "1×7×4"
    refused(4, ["size is given for width"], "info", path, "--shape", "width=3")
    refused(4, ["does not fit batchxsequencex4"], "info", path, "--shape", "x=2x7x5")
    refused(4, ["sizes given for input x: 1, where it has 3 dimensions"], "info", path, "--shape", "x=5", "--shape", "sequence=7")
    for text in ("sequence", "=3", "sequence=", "sequence=-1", "sequence=99999999999", "x=1x2x3x4x5x6x7x8x9", "x=1xx4"):
        refused(2, ["--shape"], "info", path, "--shape", text)


def test_inputs_open_dimensions():
    path, x = open_model(), np.arange(24, dtype=np.float32).reshape(1, 6, 4)
    out = WORK / "opened"
    result("run", path, "--reference", "--input", f"x={save_array('x.npy', x)}", "-o", out)
    assert np.array_equal(np.load(out / "y.npy"), 2 * x)
    result("run", path, "--reference", "--shape", "sequence=6", "--input", "x=1.5", "-o", out)
    assert np.array_equal(np.load(out / "y.npy"), np.full((1, 6, 4), 3, np.float32))


def test_program_remembers_sizes():
    """A program of a model with open dimensions is compared with the model as it was compiled."""
    weights = np.eye(4, dtype=np.float32) * 0.5
    path = save_model("linear.onnx", [helper.make_node("MatMul", ["x", "w"], ["y"])],
                      [tensor("x", TensorProto.FLOAT, 1, "features")], [tensor("y", TensorProto.FLOAT, 1, 4)], [("w", weights)])
    program = WORK / "linear.strp"
    refused(4, ["dimensions are open"], "compile", path, "-o", program)
    result("compile", path, "--shape", "features=4", "-o", program)
    inputs = save_array("rows.npy", np.random.default_rng(3).random((8, 4), np.float32))
    evaluated = result("evaluate", program, "--inputs", inputs, "--trials", 1)
    assert evaluated["figure"] == "agreement with float" and evaluated["quantised"] is not None, evaluated


def test_value_decides_branch():
    path, x = branch_model(), np.array([1, -2, 3], np.float32)
    out = WORK / "branch"
    for mode, want in ((1, 2 * x), (0, -x)):
        result("run", path, "--reference", "--input", f"mode={mode}", "--input", f"x={save_array('b.npy', x)}", "-o", out)
        assert np.array_equal(np.load(out / "y.npy"), want), mode
    refused(4, ["If", "condition"], "info", path)
    # a whole number for a float input is its value, not a constant of another type
    result("run", path, "--reference", "--input", "mode=1", "--input", "x=3", "-o", out)
    assert np.array_equal(np.load(out / "y.npy"), np.full(3, 6, np.float32))


def test_bound_inputs():
    """--bind makes an input a constant, for every verb; a program remembers it and takes no other value for it."""
    path, x = branch_model(), np.array([1, -2, 3], np.float32)
    out, program, folder = WORK / "bound", WORK / "bound.strp", WORK / "bound_data"
    refused(4, ["If", "it depends on (mode)", "--bind"], "compile", path, "-o", program)
    for mode, want in ((1, 2 * x), (0, -x)):
        bind = ["--bind", f"mode={mode}"]
        assert [i["name"] for i in result("info", path, *bind)["inputs"]] == ["x"]
        result("run", path, "--reference", *bind, "--input", f"x={save_array('b.npy', x)}", "-o", out)
        assert np.array_equal(np.load(out / "y.npy"), want), mode
        data = folder / str(mode)
        data.mkdir(parents=True, exist_ok=True)
        for name, array in (("input_0", np.array(mode, np.int64)), ("input_1", x), ("output_0", want)):
            np.save(data / f"{name}.npy", array)
        result("compile", path, *bind, "--calibration", data, "-o", program)
        run = ("run", program, "--analog", "off", "--expect", "snr=40")
        assert result(*run, "--test-data", data)["comparisons"][0]["passed"]
        result("run", program, "--analog", "off", "--input", f"mode={mode}", "--input", f"x={WORK / 'b.npy'}")
        refused(4, ["--input: input mode is 7", "constant"], "run", program, "--input", "mode=7", "--input", "x=1")
        np.save(data / "input_0.npy", np.array(7, np.int64))
        refused(4, ["input mode is 7", f"constant, {mode}"], *run, "--test-data", data)
        refused(4, ["input mode is 7"], "compile", path, *bind, "--calibration", data)
        refused(2, ["--bind", "compiled already"], "run", program, *bind, "--input", "x=1")
    refused(4, ["given for width", "no input"], "info", path, "--bind", "mode=1", "--bind", "width=3")
    refused(4, ["input mode: 0.5", "no int64"], "info", path, "--bind", "mode=0.5")
    refused(4, ["2 numbers are given", "1 elements"], "info", path, "--bind", "mode=1,2")
    for text in ("mode", "=3", "mode=", "mode=one", "mode=1,", "mode=nan"):
        refused(2, ["--bind"], "info", path, "--bind", text)


def test_bound_numbers():
    """One number per element, which a shape follows from"""
    path = save_model("reshape.onnx", [helper.make_node("Reshape", ["x", "shape"], ["y"])],
                      [tensor("x", TensorProto.FLOAT, 2, 6), tensor("shape", TensorProto.INT64, 2)],
                      [tensor("y", TensorProto.FLOAT, None, None)])
    assert result("info", path, "--bind", "shape=3,4")["layers"][0]["shape"] == "3×4"
    refused(4, ["3 numbers are given", "2 elements"], "info", path, "--bind", "shape=3,2,2")


def test_data_sets_of_different_shapes():
    """Each set opens the model for itself."""
    path = open_model()
    for number, length in enumerate((3, 5)):
        folder = WORK / "sets" / f"test_data_set_{number}"
        folder.mkdir(parents=True, exist_ok=True)
        x = np.random.default_rng(number).standard_normal((2, length, 4)).astype(np.float32)
        np.save(folder / "input_0.npy", x)
        np.save(folder / "output_0.npy", 2 * x)
    reply = result("run", path, "--reference", "--test-data", WORK / "sets")
    assert len(reply["comparisons"]) == 2 and reply["passed"], reply
    np.save(WORK / "sets/test_data_set_1/output_0.npy", np.zeros((2, 5, 4), np.float32))
    done = call("run", path, "--reference", "--test-data", WORK / "sets")
    assert done.returncode == 5 and "FAIL test_data_set_1" in done.stdout, done.stdout


def test_states():
    path, out = cache_model(), WORK / "steps"
    steps = save_array("steps.npy", np.arange(6, dtype=np.float32).reshape(6, 1))
    reply = result("run", path, "--reference", "--steps", 6, *STATES, "--input", "token=2", "--input", f"step={steps}", "-o", out)
    assert reply["steps"] == 6 and reply["fed"] == {"token": [3, 4, 0, 1, 2, 3]}, reply
    assert np.load(out / "logits.npy").shape == (6, 1, 1, 5)
    assert np.array_equal(np.load(out / "logits.npy").argmax(-1).ravel(), [3, 4, 0, 1, 2, 3])
    assert np.array_equal(np.load(out / "present.npy"), [[4, 0, 1, 2]])  # the four newest of 2 3 4 0 1 2
    assert np.array_equal(np.load(out / "new_sum.npy"), [15])
    # the counter of steps, and one value for all
    result("run", path, "--reference", "--steps", 6, *STATES, "--input", "token=2", "--input", "step=@step", "-o", out)
    assert np.array_equal(np.load(out / "new_sum.npy"), [15])
    result("run", path, "--reference", "--steps", 6, *STATES, "--input", "token=2", "--input", "step=2", "-o", out)
    assert np.array_equal(np.load(out / "new_sum.npy"), [12])
    # in two parts
    text = call("run", path, "--reference", "--steps", 2, *STATES, "--input", "token=2", "--input", "step=1").stdout
    assert text.startswith("token  3 4\n") and text.endswith("2 steps\n"), text


def test_states_refused():
    path = cache_model()
    run = ["run", path, "--reference", "--steps", 3]
    given = ["--input", "token=2", "--input", "step=1"]
    refused(2, ["no output nothing"], *run, "--state", "nothing=past", *given)
    refused(2, ["no input nothing"], *run, "--state", "present=nothing", *given)
    refused(2, ["no output matches"], *run, "--state", "x*=y*", *given)
    refused(2, ["one * in both"], *run, "--state", "x*=y", *given)
    refused(2, ["OUTPUT=INPUT"], *run, "--state", "present", *given)
    refused(2, ["cannot become"], *run, "--state", "logits=past", "--input", "sum=0", *given)
    refused(2, ["missing"], *run, "--state", "present=past", *given)
    for n_steps in (-1, 0):
        refused(2, ["--steps"], "run", path, "--reference", "--steps", n_steps)
    refused(2, ["--test-data"], *run, "--test-data", WORK)
    refused(2, ["no such input"], *run, *STATES, *given, "--input", "other=1.5")
    refused(2, ["no such input"], *run, *STATES, *given, "--input", "other=@step")
    refused(4, ["no such input: other", "token, past, sum, step"], *run, *STATES, *given, "--input", "other=1")


try:
    tap.run(dict(globals()), "/run")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
