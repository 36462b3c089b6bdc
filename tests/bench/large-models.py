#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Opening large models: time and memory to the checked graph, beside what the library way takes. Not a gate.

    large-models.py OPEN_MODEL [MODEL…]

Writes models of 2.5 GB, with the weights embedded and in a file of their own, and of 20,000 nodes into a temporary
folder, opens each with OPEN_MODEL (bench-open-model) in fresh processes, and removes them. The weights are holes in
the files, so they take no room on the disk; pages that are read are memory all the same. Protobuf libraries cannot
write such files (2 GiB at most), so the wire format is written here. MODELs are measured besides.
"""
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 5
WIDTH = 2048
N_LAYERS = 150  # times 16 MiB: 2.5 GB
N_NODES = 20000
FLOAT, INT64 = 1, 7  # TensorProto.DataType

# feasibility study and survey of peers, 2-core AMD EPYC (Zen 4)
PEERS = [
    ("2.52 GB embedded, protobuf-c", "fails: lengths above 2 GiB"),
    ("1.05 GB embedded, protobuf-c read + unpack / mapped", "1058 / 582 ms, 2002 MB"),
    ("0.52 GB, 62 tensors, protobuf-c", "260-290 ms CPU, 1020 MB"),
    ("0.52 GB, python3-onnx / ONNX Runtime session", "740 / 1000 ms, 1030 MB"),
    ("20,000 nodes (1.07 MB), protobuf-c, no graph made", "9-18 ms + 6 ms to free"),
    ("20,000 nodes (1.07 MB), python3-onnx", "146 ms"),
]


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def text(field, value):
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def node(op, name, inputs, outputs, *attributes):
    return text(1, b"".join(text(1, i) for i in inputs) + b"".join(text(2, o) for o in outputs) + text(3, name)
                + text(4, op) + b"".join(text(5, a) for a in attributes))


def ints(name, values):
    return text(1, name) + b"".join(number(8, v) for v in values) + number(20, 7)


def integer(name, value):
    return text(1, name) + number(3, value) + number(20, 2)


def info(field, name, dims):
    shape = b"".join(text(1, number(1, d)) for d in dims)
    return text(field, text(1, name) + text(2, text(1, number(1, FLOAT) + text(2, shape))))


def tensor(name, dtype, dims, data):
    return text(5, b"".join(number(1, d) for d in dims) + number(2, dtype) + text(8, name) + text(9, data))


class Hole:
    """Zeros that are skipped, not written"""
    def __init__(self, size):
        self.size = size


def write_model(path, parts):
    """ModelProto around a GraphProto of bytes and holes"""
    size = sum(p.size if isinstance(p, Hole) else len(p) for p in parts)
    with open(path, "wb") as file:
        file.write(number(1, 8) + text(2, "bench") + text(8, text(1, "") + number(2, 17)))
        file.write(varint(7 << 3 | 2) + varint(size))
        for part in parts:
            if isinstance(part, Hole):
                file.seek(part.size, 1)
            else:
                file.write(part)
        file.truncate()


def layers():
    """A chain of products; the names' lengths differ, so embedded weights begin at any byte."""
    for i in range(N_LAYERS):
        yield node("MatMul", f"layer.{i}", [f"x{i}" if i else "x", f"layer.{i}.weight"], [f"x{i + 1}"])


def make_embedded(folder):
    path = folder / "embedded.onnx"
    parts = list(layers())
    for i in range(N_LAYERS):
        head = number(1, WIDTH) * 2 + number(2, FLOAT) + text(8, f"layer.{i}.weight")
        hole = Hole(4 * WIDTH * WIDTH)
        head += varint(9 << 3 | 2) + varint(hole.size)
        parts += [varint(5 << 3 | 2) + varint(len(head) + hole.size) + head, hole]
    write_model(path, parts + [info(11, "x", [1, WIDTH]), info(12, f"x{N_LAYERS}", [1, WIDTH])])
    return path


def make_external(folder):
    path = folder / "external.onnx"
    parts = list(layers())
    size = 4 * WIDTH * WIDTH
    for i in range(N_LAYERS):
        entries = [("location", "weights.bin"), ("offset", str(i * size)), ("length", str(size))]
        parts.append(text(5, number(1, WIDTH) * 2 + number(2, FLOAT) + text(8, f"layer.{i}.weight")
                          + b"".join(text(13, text(1, k) + text(2, v)) for k, v in entries) + number(14, 1)))
    write_model(path, parts + [info(11, "x", [1, WIDTH]), info(12, f"x{N_LAYERS}", [1, WIDTH])])
    with open(folder / "weights.bin", "wb") as file:
        file.truncate(N_LAYERS * size)
    return path


def make_chain(folder):
    """As small as nodes can be, like the survey's: an operator, an input, an output"""
    path = folder / "chain.onnx"
    parts = [node("Relu" if i % 2 else "Neg", f"n{i}", [f"v{i}"], [f"v{i + 1}"]) for i in range(N_NODES)]
    write_model(path, parts + [info(11, "v0", [1, 16]), info(12, f"v{N_NODES}", [1, 16])])
    return path


def make_blocks(folder):
    """Like an exporter's: paths for names, weights, attributes, shape operands"""
    path = folder / "blocks.onnx"
    parts, last = [], "x"
    for i in range(N_NODES // 8):
        p = f"/model/layers.{i}/attention"
        parts.append(tensor(f"model.layers.{i}.weight", FLOAT, [16, 16], bytes(1024)))
        parts.append(tensor(f"model.layers.{i}.bias", FLOAT, [16], bytes(64)))
        parts.append(tensor(f"{p}/Constant_output_0", INT64, [4], struct.pack("<4q", 1, 8, 4, 4)))
        parts.append(tensor(f"{p}/Constant_1_output_0", INT64, [3], struct.pack("<3q", 1, 8, 16)))
        chain = [("MatMul", [last, f"model.layers.{i}.weight"], []), ("Add", [None, f"model.layers.{i}.bias"], []),
                 ("Reshape", [None, f"{p}/Constant_output_0"], []), ("Transpose", [None], [ints("perm", [0, 2, 1, 3])]),
                 ("Transpose", [None], [ints("perm", [0, 2, 1, 3])]), ("Reshape", [None, f"{p}/Constant_1_output_0"], []),
                 ("Softmax", [None], [integer("axis", 2)]), ("Add", [None, last], [])]
        at = None
        for k, (op, inputs, attributes) in enumerate(chain):
            out = f"{p}/{op}_{k}_output_0"
            parts.append(node(op, f"{p}/{op}_{k}", [at if v is None else v for v in inputs], [out], *attributes))
            at = out
        last = at
    write_model(path, parts + [info(11, "x", [1, 8, 16]), info(12, last, [1, 8, 16])])
    return path


def measure(binary, path, *steps):
    """Best of some fresh processes per step: {step: (wall ms, CPU ms, peak MB)}"""
    best = {}
    for _ in range(ROUNDS if not steps else 1):
        done = subprocess.run([binary, path, *steps], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{path}: {done.stderr.strip()}")
        for line in done.stdout.splitlines():
            step, *numbers = line.split()
            numbers = [float(n) for n in numbers]
            best[step] = [min(a, b) for a, b in zip(best[step], numbers)] if step in best else numbers
    return best


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.strip())
    binary, models = sys.argv[1], sys.argv[2:]
    folder = Path(tempfile.mkdtemp(prefix="strata-large-"))
    try:
        made = [make(folder) for make in (make_embedded, make_external, make_chain, make_blocks)]
        print(f"\n  {'open: best of ' + str(ROUNDS):28}{'MB':>9}{'wall ms':>10}{'CPU ms':>10}{'peak MB':>10}")
        for path in [*made, *models]:
            size = Path(path).stat().st_size + sum(p.stat().st_size for p in Path(path).parent.glob("weights.bin")
                                                   if Path(path).name == "external.onnx")
            wall, cpu, peak = measure(binary, str(path))["open"]
            print(f"  {Path(path).name:28}{size / 1e6:9.1f}{wall:10.2f}{cpu:10.2f}{peak:10.1f}", flush=True)
        print(f"\n  {'reading all weights':28}{'step':>9}{'wall ms':>10}{'CPU ms':>10}{'peak MB':>10}")
        for path in made[:2]:
            for step, (wall, cpu, peak) in measure(binary, str(path), "run", "run", "weights", "hash").items():
                print(f"  {path.name:28}{step:>9}{wall:10.1f}{cpu:10.1f}{peak:10.1f}", flush=True)
        print("\n  elsewhere (published or measured)")
        for name, figure in PEERS:
            print(f"  {name:56}{figure}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
