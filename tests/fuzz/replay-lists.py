#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""replay-lists.py DRIVER: models of one long list each, as many entries per byte as the format allows, and small ones that
unfold to large ones, through the driver, which holds import to its bounds of memory and time. They are too large or too
regular for the corpus."""
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def put(field, content):
    """A field of @content: bytes, text or an integer."""
    if isinstance(content, int):
        return varint(field << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def info(name, shape=b""):
    return put(1, name) + put(2, put(1, put(1, 1) + put(2, shape)))


def node(op, inputs, outputs, rest=b""):
    return put(1, b"".join(put(1, n) for n in inputs) + b"".join(put(2, n) for n in outputs) + put(4, op) + rest)


def attr(name, content, kind):
    return put(5, put(1, name) + content + put(20, kind))


def function(name, nodes):
    body = put(1, name) + put(4, "a") + put(5, "b") + put(10, "f") + b"".join(b"\x3a" + n[1:] for n in nodes)
    return put(25, body)


def call(name, given, made):
    return node(name, [given], [made], put(7, "f"))


def model(graph, functions=b""):
    """The field behind the graph, which no one reads, keeps the target from binding dimensions."""
    sets = put(8, put(2, 18)) + (put(8, put(1, "f") + put(2, 1)) if functions else b"")
    return sets + functions + put(7, graph) + put(15, b"\0\0\0")


LETTERS = [chr(c) for c in range(0x21, 0x7F)]
NAMES = [a + b for a, b in itertools.product(LETTERS, repeat=2)]
NAMES += [a + b + c for a, b, c in itertools.islice(itertools.product(LETTERS, repeat=3), 100000)]
NAMES.remove("xx")
OPEN = put(11, info("xx", put(1, put(1, 100000)))) + put(12, put(1, "xx"))
SMALL = put(11, info("xx", put(1, put(1, 2)))) + put(12, put(1, "y"))
ONE = put(5, put(1, 1) + put(2, 1) + put(8, "xx") + put(9, b"1234")) + put(12, put(1, "q"))


def branch():
    body = b"".join(node("Abs", ["xx"], [n]) for n in NAMES[:30000]) + put(12, put(1, "ab"))
    other = node("Abs", ["xx"], ["q"]) + put(12, put(1, "q"))
    return put(5, put(2, 9) + put(8, "c") + put(9, b"\1")) + node(
        "If", ["c"], ["y" * 60], attr("then_branch", put(6, body), 5) + attr("else_branch", put(6, other), 5))


def rounds():
    """Conditions that follow from one another, so that the graph is read anew for each."""
    graph = OPEN + put(5, put(2, 9) + put(8, "c0") + put(9, b"\1"))
    for i in range(30):
        bodies = [attr(name, put(6, node("Not", ["c0"], ["b"]) + put(12, put(1, "b"))), 5)
                  for name in ("then_branch", "else_branch")]
        graph += node("If", [f"c{i}"], [f"c{i + 1}"], b"".join(bodies))
    return graph + b"".join(node("Abs", ["xx"], [n]) for n in NAMES[:30000] if n[0] != "c")


def decoded():
    """Products of a value that is far from where it was made: each asks what constant it comes from."""
    cast = attr("to", put(3, 1), 2)
    chain = [node("Cast", [a], [b], cast) for a, b in zip(["xx"] + NAMES, NAMES[:15000])]
    return OPEN + b"".join(chain) + b"".join(node("MatMul", [NAMES[14999]] * 2, [n]) for n in NAMES[15000:30000])


def tower(n_levels, width, inner):
    """Functions of @width calls each, and @inner at the bottom"""
    functions = function("F0", inner)
    for level in range(1, n_levels + 1):
        names = ["a"] + NAMES[:width - 1] + ["b"]
        functions += function(f"F{level}", [call(f"F{level - 1}", x, y) for x, y in zip(names, names[1:])])
    return model(SMALL + call(f"F{n_levels}", "xx", "y"), functions)


def again(n):
    """A function of many names that calls itself, so that all of them are known at every level"""
    return model(SMALL + call("F0", "xx", "y"), function("F0", [call("F0", "a", "b"), node("Split", ["a"], NAMES[:n])]))


def twice(n):
    """Two calls of a function of one node with many outputs, which come all at once"""
    inner = [node("Abs", ["a"], ["b"]), node("Split", ["a"], NAMES[:n])]
    return model(SMALL + call("F0", "xx", "y") + call("F0", "xx", "z"), function("F0", inner))


def loop(n_trips, n_nodes):
    names = ["s"] + NAMES[:n_nodes]
    body = b"".join(node("Abs", [x], [y]) for x, y in zip(names, names[1:])) + node("Identity", ["c"], ["d"])
    body += b"".join(put(11, info(n)) for n in "ics") + put(12, put(1, "d")) + put(12, put(1, names[-1])) * 2
    count = put(5, put(2, 7) + put(8, "n") + put(9, n_trips.to_bytes(8, "little"))) + put(5, put(2, 9) + put(8, "go") + put(9, b"\1"))
    return model(SMALL + count + node("Loop", ["n", "go", "xx"], ["y", "z"], attr("body", put(6, body), 5)))


LISTS = {
    "attributes": OPEN + node("Abs", ["xx"], ["q"], put(5, b"") * 150000),
    "branch": OPEN + branch(),
    "chain": OPEN + b"".join(node("Abs", [a], [b]) for a, b in zip(["xx"] + NAMES, NAMES[:30000])),
    "concat": ONE + node("Concat", ["xx"] * 150000, ["q"], attr("axis", put(3, 0), 2)),
    "constants": OPEN + b"".join(node("Constant", [], [n], attr("value_int", put(3, 1), 2)) for n in NAMES[:30000]),
    "decoded": decoded(),
    "dimensions": OPEN + put(5, put(1, b"\1" * 300000) + put(2, 3) + put(8, "w")),
    "graph-outputs": OPEN + put(12, put(1, "xx")) * 50000,
    "initialisers": OPEN + b"".join(put(5, put(2, 3) + put(8, n) + put(9, b"1")) for n in NAMES[:30000]),
    "inputs": OPEN + b"".join(put(11, info(n)) for n in NAMES[:30000]),
    "integers": OPEN + node("Abs", ["xx"], ["q"], attr("a", put(8, bytes(150000)), 7)),
    "left-out": OPEN + node("Sum", [""] * 150000 + ["xx"], [""] * 150000 + ["q"]),
    "nameless": OPEN + put(11, b"") * 150000,
    "nodes": OPEN + b"".join(node("Abs", ["xx"], [n]) for n in NAMES[:30000]),
    "open-dimensions": put(11, info("xx", put(1, b"") * 150000)) + put(12, put(1, "xx")),
    "outputs": OPEN + node("Split", ["xx"], NAMES[:50000]),
    "rounds": rounds(),
    "same-outputs": OPEN + node("Split", ["xx"], ["q"] * 50000),
    "strings": OPEN + node("Abs", ["xx"], ["q"], attr("a", put(9, b"") * 150000, 8)),
    "sum-of-constants": ONE + node("Sum", ["xx"] * 150000, ["q"]),
    "typed-data": OPEN + put(5, put(1, 300000) + put(2, 3) + put(8, "w") + put(5, bytes(300000))),
}


# What unfolds: small files, which stop at what files of their size may take, and ones that stay below it
UNFOLDED = {
    "again": again(1300),
    "again-large": again(20000),
    "loop": loop(4000, 1),
    "loop-below": loop(60, 1),
    "loop-nodes": loop(300, 12),
    "split": tower(4, 5, [node("Split", ["a"], ["b"] + NAMES[:500])]),
    "tower": tower(7, 10, [node("Abs", ["a"], ["b"])]),
    "tower-below": tower(2, 10, [node("Abs", ["a"], ["b"])]),
    "twice": twice(1300),
    "twice-large": twice(10000),
}


def main():
    with tempfile.TemporaryDirectory() as folder:
        models = {name: model(graph) for name, graph in LISTS.items()} | {f"unfold-{k}": v for k, v in UNFOLDED.items()}
        for name, content in models.items():
            (Path(folder) / name).write_bytes(content)
        paths = [str(Path(folder) / name) for name in models]
        sys.exit(subprocess.run([sys.argv[1], "import-lists", *paths]).returncode)


if __name__ == "__main__":
    main()
