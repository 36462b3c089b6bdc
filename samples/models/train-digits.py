#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Trains the small residual CNN of the quickstart on the UCI optical digits and writes digits.onnx.

Needs python3-numpy and python3-onnx. Takes about a minute on one core; the same seed gives the same model on one machine.

    ./train-digits.py UCI_FOLDER [OUTPUT_FOLDER]

UCI_FOLDER holds images_u8.npy (1797 x 8 x 8, values 0 to 16) and labels_u8.npy. Written: digits.onnx, the test set
digits-test-images.npy and digits-test-labels.npy (the last 360 samples, which are not trained on), and
digits-calibration.npy (64 training samples). The accuracy on the test set is printed.
"""
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SEED = 7
EPOCHS = 40
BATCH = 32
N_TEST = 360
N_CALIBRATION = 64


def patches(x, k):
    """(n, c, h, w) to (n * h * w, c * k * k): what a k x k convolution with same padding sees at each position."""
    n, c, h, w = x.shape
    p = k // 2
    padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (k, k), axis=(2, 3))
    return np.ascontiguousarray(view.transpose(0, 2, 3, 1, 4, 5)).reshape(n * h * w, c * k * k)


class Conv:
    """A 3 x 3 convolution with bias and same padding, on im2col."""

    def __init__(self, rng, c_in, c_out, k=3):
        self.k, self.c_in, self.c_out = k, c_in, c_out
        self.w = rng.normal(0, np.sqrt(2 / (c_in * k * k)), (c_out, c_in * k * k)).astype(np.float32)
        self.b = np.zeros(c_out, np.float32)

    def forward(self, x):
        self.shape = x.shape
        self.columns = patches(x, self.k)
        y = self.columns @ self.w.T + self.b
        n, _, h, w = x.shape
        return y.reshape(n, h, w, self.c_out).transpose(0, 3, 1, 2)

    def backward(self, dy):
        n, c, h, w = self.shape
        flat = dy.transpose(0, 2, 3, 1).reshape(-1, self.c_out)
        self.dw, self.db = flat.T @ self.columns, flat.sum(0)
        d = (flat @ self.w).reshape(n, h, w, c, self.k, self.k)
        p = self.k // 2
        dx = np.zeros((n, c, h + 2 * p, w + 2 * p), np.float32)
        for i in range(self.k):
            for j in range(self.k):
                dx[:, :, i:i + h, j:j + w] += d[..., i, j].transpose(0, 3, 1, 2)
        return dx[:, :, p:p + h, p:p + w]


class Net:
    """conv16, a residual block of two conv16, max-pool, conv32, dense 10."""

    def __init__(self, rng):
        self.convs = [Conv(rng, 1, 16), Conv(rng, 16, 16), Conv(rng, 16, 16), Conv(rng, 16, 32)]
        self.w = rng.normal(0, np.sqrt(1 / 512), (10, 512)).astype(np.float32)
        self.b = np.zeros(10, np.float32)

    def forward(self, x):
        c = self.convs
        self.a0 = np.maximum(c[0].forward(x), 0)
        self.a1 = np.maximum(c[1].forward(self.a0), 0)
        self.a2 = np.maximum(c[2].forward(self.a1) + self.a0, 0)
        n, ch, h, w = self.a2.shape
        blocks = self.a2.reshape(n, ch, h // 2, 2, w // 2, 2)
        self.pooled = blocks.max((3, 5))
        self.mask = blocks == self.pooled[:, :, :, None, :, None]
        self.a3 = np.maximum(c[3].forward(self.pooled), 0)
        self.flat = self.a3.reshape(n, -1)
        return self.flat @ self.w.T + self.b

    def backward(self, dlogits):
        c = self.convs
        self.dw, self.db = dlogits.T @ self.flat, dlogits.sum(0)
        d = (dlogits @ self.w).reshape(self.a3.shape) * (self.a3 > 0)
        d = c[3].backward(d.astype(np.float32))
        d = (d[:, :, :, None, :, None] * self.mask).reshape(self.a2.shape) * (self.a2 > 0)
        skip = d
        d = c[2].backward(d) * (self.a1 > 0)
        d = (c[1].backward(d) + skip) * (self.a0 > 0)
        c[0].backward(d)

    def parameters(self):
        return [p for c in self.convs for p in (c.w, c.b)] + [self.w, self.b]

    def gradients(self):
        return [g for c in self.convs for g in (c.dw, c.db)] + [self.dw, self.db]


def train(x, labels, rng):
    net = Net(rng)
    m = [np.zeros_like(p) for p in net.parameters()]
    v = [np.zeros_like(p) for p in net.parameters()]
    step = 0
    n_steps = EPOCHS * (len(x) // BATCH)
    for epoch in range(EPOCHS):
        order = rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x) - BATCH + 1, BATCH):
            pick = order[start:start + BATCH]
            # one batch in three is shifted sideways by a pixel: with noise, the only augmentation
            dx = rng.integers(-1, 2) if rng.random() < 1 / 3 else 0
            batch = np.roll(np.pad(x[pick], ((0, 0), (0, 0), (0, 0), (1, 1))), dx, 3)[:, :, :, 1:-1]
            batch = batch + rng.normal(0, 0.05, batch.shape).astype(np.float32)
            logits = net.forward(batch)
            e = np.exp(logits - logits.max(1, keepdims=True))
            prob = e / e.sum(1, keepdims=True)
            total -= np.log(prob[np.arange(BATCH), labels[pick]] + 1e-9).sum()
            prob[np.arange(BATCH), labels[pick]] -= 1
            net.backward((prob / BATCH).astype(np.float32))
            step += 1
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * step / n_steps))
            for p, g, mi, vi in zip(net.parameters(), net.gradients(), m, v):
                mi += 0.1 * (g - mi)
                vi += 0.001 * (g * g - vi)
                p -= rate * (mi / (1 - 0.9 ** step)) / (np.sqrt(vi / (1 - 0.999 ** step)) + 1e-8) + 1e-4 * rate * p
        if epoch % 5 == 4:
            print(f"epoch {epoch + 1}: loss {total / len(x):.4f}", flush=True)
    return net


def write_onnx(net, path):
    initialisers, nodes = [], []

    def constant(name, array):
        initialisers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def conv(index, source, target):
        c = net.convs[index]
        weight = constant(f"conv{index}.weight", c.w.reshape(c.c_out, c.c_in, c.k, c.k))
        bias = constant(f"conv{index}.bias", c.b)
        nodes.append(helper.make_node("Conv", [source, weight, bias], [target], name=f"conv{index}",
                                      kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1]))

    def unary(op, name, source, target, **attributes):
        nodes.append(helper.make_node(op, [source], [target], name=name, **attributes))

    conv(0, "image", "c0")
    unary("Relu", "relu0", "c0", "a0")
    conv(1, "a0", "c1")
    unary("Relu", "relu1", "c1", "a1")
    conv(2, "a1", "c2")
    nodes.append(helper.make_node("Add", ["c2", "a0"], ["s2"], name="add2"))
    unary("Relu", "relu2", "s2", "a2")
    unary("MaxPool", "pool", "a2", "p2", kernel_shape=[2, 2], strides=[2, 2])
    conv(3, "p2", "c3")
    unary("Relu", "relu3", "c3", "a3")
    unary("Flatten", "flatten", "a3", "f3", axis=1)
    nodes.append(helper.make_node("Gemm", ["f3", constant("dense.weight", net.w), constant("dense.bias", net.b)],
                                  ["logits"], name="dense", transB=1))
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])], initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="strata-train-digits")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)


def main():
    source = Path(sys.argv[1])
    output = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
    images, labels = np.load(source / "images_u8.npy"), np.load(source / "labels_u8.npy").astype(int)
    x = (images.astype(np.float32) / 16)[:, None]
    n_train = len(x) - N_TEST
    net = train(x[:n_train], labels[:n_train], np.random.default_rng(SEED))
    right = net.forward(x[n_train:]).argmax(1) == labels[n_train:]
    write_onnx(net, str(output / "digits.onnx"))
    np.save(output / "digits-test-images.npy", images[n_train:])
    np.save(output / "digits-test-labels.npy", labels[n_train:].astype(np.uint8))
    np.save(output / "digits-calibration.npy", images[:N_CALIBRATION])
    print(f"float accuracy on the {N_TEST} test samples: {100 * right.mean():.2f} %")


if __name__ == "__main__":
    main()
