# SPDX-License-Identifier: Apache-2.0
"""Transformers in NumPy and double precision, written from their papers and model cards for comparison: one token at a
time, one head at a time, no shared code with what is tested. Weights are a dict of checkpoint names."""
import json
import math
import struct

import numpy as np


def write_safetensors(path, tensors, dtype="F32"):
    header, data = {}, b""
    for name, array in tensors.items():
        array = np.ascontiguousarray(array, np.float32)
        if dtype == "BF16":
            raw = (array.view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            raw = array.astype({"F32": "<f4", "F16": "<f2"}[dtype]).tobytes()
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def from_stories(path):
    """Configuration and tensors of the trained Llama that is an ONNX file beside the project"""
    import onnx
    from onnx import numpy_helper
    made = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    names = {"attention_norm.weight": "input_layernorm.weight", "ffn_norm.weight": "post_attention_layernorm.weight",
             "wq": "self_attn.q_proj.weight", "wk": "self_attn.k_proj.weight", "wv": "self_attn.v_proj.weight",
             "wo": "self_attn.o_proj.weight", "w1": "mlp.gate_proj.weight", "w3": "mlp.up_proj.weight",
             "w2": "mlp.down_proj.weight"}
    tensors = {"model.embed_tokens.weight": made["tok_embeddings.weight"], "model.norm.weight": made["norm.weight"],
               "lm_head.weight": made["lm_head"].T}
    for layer in range(5):
        for old, new in names.items():
            array = made[f"layers.{layer}.{old}"]
            tensors[f"model.layers.{layer}.{new}"] = array.T if array.ndim == 2 else array
    return {"model_type": "llama", "hidden_size": 64, "intermediate_size": 172, "num_hidden_layers": 5,
            "num_attention_heads": 8, "num_key_value_heads": 4, "vocab_size": 512, "max_position_embeddings": 512,
            "hidden_act": "silu", "rms_norm_eps": 1e-5, "tie_word_embeddings": False}, tensors


def erf(x):
    return np.vectorize(math.erf)(x)


ACTIVATIONS = {
    "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x * 0.5 * (1 + erf(x / math.sqrt(2))),
    "gelu_new": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
    "relu": lambda x: np.maximum(x, 0),
}


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Weights:
    """Random tensors by name, made when asked for, so that the names are the reference's own."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.tensors = {}

    def __call__(self, name, *shape, mean=0.0, deviation=None):
        if name not in self.tensors:
            deviation = deviation if deviation is not None else 0.9 / math.sqrt(shape[-1])
            self.tensors[name] = (mean + deviation * self.random.standard_normal(shape)).astype(np.float32)
        assert self.tensors[name].shape == tuple(shape), name
        return self.tensors[name].astype(np.float64)

    def linear(self, name, x, out, bias=True):
        y = x @ self(name + ".weight", out, x.shape[-1]).T
        return y + self(name + ".bias", out, deviation=0.2) if bias else y

    def conv1d(self, name, x, out):
        """GPT-2's: in x out"""
        return x @ self(name + ".weight", x.shape[-1], out) + self(name + ".bias", out, deviation=0.2)

    def layer_norm(self, name, x, eps):
        n = x.shape[-1]
        y = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
        return y * self(name + ".weight", n, mean=1, deviation=0.2) + self(name + ".bias", n, deviation=0.2)

    def affine(self, name, x):
        n = x.shape[-1]
        return x * self(name + ".weight", n, mean=1, deviation=0.2) + self(name + ".bias", n, deviation=0.2)

    def rms_norm(self, name, x, eps, offset=0.0):
        n = x.shape[-1]
        scale = offset + self(name + ".weight", n, mean=1 - offset, deviation=0.2)
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * scale


def attend(q, k, v, heads, kv_heads, sees):
    """q: queries x (heads width); sees (query, key): whether"""
    width = q.shape[1] // heads
    out = np.zeros((q.shape[0], heads * (v.shape[1] // kv_heads)))
    for h in range(heads):
        g = h // (heads // kv_heads)
        qh, kh, vh = q[:, h * width:][:, :width], k[:, g * width:][:, :width], v[:, g * width:][:, :width]
        for i in range(len(q)):
            keys = [j for j in range(len(k)) if sees(i, j)]
            out[i, h * width:][:width] = softmax(kh[keys] @ qh[i] / math.sqrt(width)) @ vh[keys]
    return out


def frequencies(c, turned):
    base = c.get("rope_theta", 10000.0)
    inverse = [1.0 / base ** (2 * i / turned) for i in range(turned // 2)]
    scaling = c.get("rope_scaling")
    if scaling is None:
        return inverse
    factor = scaling["factor"]
    if scaling["rope_type"] == "linear":
        return [f / factor for f in inverse]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    context = scaling["original_max_position_embeddings"]
    made = []
    for f in inverse:
        wavelength = 2 * math.pi / f
        if wavelength < context / high:
            made.append(f)
        elif wavelength > context / low:
            made.append(f / factor)
        else:
            smooth = (context / wavelength - low) / (high - low)
            made.append((1 - smooth) * f / factor + smooth * f)
    return made


def rotate(x, heads, turned, inverse):
    """The first half of the turned features of a head with the second"""
    width, out = x.shape[1] // heads, x.copy()
    for t in range(len(x)):
        for h in range(heads):
            for i, f in enumerate(inverse):
                a, b = h * width + i, h * width + i + turned // 2
                c, s = math.cos(t * f), math.sin(t * f)
                out[t, a], out[t, b] = x[t, a] * c - x[t, b] * s, x[t, b] * c + x[t, a] * s
    return out


def decoder(c, w, ids):
    kind, hidden, heads = c["model_type"], c["hidden_size"], c["num_attention_heads"]
    kv, width = c.get("num_key_value_heads", heads), c.get("head_dim", hidden // heads)
    act, eps = ACTIVATIONS[c["hidden_act"]], c.get("rms_norm_eps", 1e-5)
    bias = kind in ("qwen2", "phi") or c.get("attention_bias", False)
    out_bias = kind == "phi" or c.get("attention_bias", False)
    turned = int(width * c.get("partial_rotary_factor", 1.0))
    inverse = frequencies(c, turned)
    embedding = w("model.embed_tokens.weight", c["vocab_size"], hidden, deviation=1.0)
    x = embedding[ids]
    if kind == "gemma":
        x = x * math.sqrt(hidden)

    def norm(name, v):
        if kind == "phi":
            return w.layer_norm(name, v, c["layer_norm_eps"])
        return w.rms_norm(name, v, eps, 1.0 if kind == "gemma" else 0.0)

    def gated(name, v, names, out, b):
        n = c["intermediate_size"]
        return w.linear(f"{name}.{names[2]}", act(w.linear(f"{name}.{names[0]}", v, n, b))
                        * w.linear(f"{name}.{names[1]}", v, n, b), out, b)

    for layer in range(c["num_hidden_layers"]):
        p = f"model.layers.{layer}"
        window = c.get("sliding_window")
        if kind == "qwen2" and (not c.get("use_sliding_window") or layer < c["max_window_layers"]):
            window = None
        y = norm(p + ".input_layernorm", x)
        if kind == "phi3":
            n = width * (heads + 2 * kv)
            qkv = w.linear(p + ".self_attn.qkv_proj", y, n, bias)
            q, k, v = np.split(qkv, [heads * width, (heads + kv) * width], axis=1)
        else:
            q, k, v = (w.linear(f"{p}.self_attn.{s}_proj", y, n * width, bias)
                       for s, n in (("q", heads), ("k", kv), ("v", kv)))
        q, k = rotate(q, heads, turned, inverse), rotate(k, kv, turned, inverse)
        mixed = attend(q, k, v, heads, kv, lambda i, j: j <= i and (window is None or i - j < window))
        mixed = w.linear(p + (".self_attn.dense" if kind == "phi" else ".self_attn.o_proj"), mixed, hidden, out_bias)
        if kind == "phi":
            x = x + mixed + w.linear(p + ".mlp.fc2", act(w.linear(p + ".mlp.fc1", y, c["intermediate_size"])), hidden)
            continue
        x = x + mixed
        y = norm(p + ".post_attention_layernorm", x)
        if kind == "mixtral":
            shares = softmax(w.linear(p + ".block_sparse_moe.gate", y, c["num_local_experts"], False))
            experts = [gated(f"{p}.block_sparse_moe.experts.{e}", y, ("w1", "w3", "w2"), hidden, False)
                       for e in range(c["num_local_experts"])]
            for t in range(len(x)):
                best = np.argsort(-shares[t])[:c["num_experts_per_tok"]]
                x[t] += sum(shares[t, e] / shares[t, best].sum() * experts[e][t] for e in best)
        elif kind == "phi3":
            gate, up = np.split(w.linear(p + ".mlp.gate_up_proj", y, 2 * c["intermediate_size"], False), 2, axis=1)
            x = x + w.linear(p + ".mlp.down_proj", act(gate) * up, hidden, False)
        else:
            x = x + gated(p + ".mlp", y, ("gate_proj", "up_proj", "down_proj"), hidden, c.get("mlp_bias", False))
    x = norm("model.final_layernorm" if kind == "phi" else "model.norm", x)
    if c.get("tie_word_embeddings", kind == "gemma"):
        return x @ embedding.T
    return w.linear("lm_head", x, c["vocab_size"], kind == "phi")


def gpt2(c, w, ids):
    hidden, eps, act = c["n_embd"], 1e-5, ACTIVATIONS["gelu_new"]
    embedding = w("transformer.wte.weight", c["vocab_size"], hidden, deviation=1.0)
    x = embedding[ids] + w("transformer.wpe.weight", c["n_positions"], hidden)[:len(ids)]
    for layer in range(c["n_layer"]):
        p = f"transformer.h.{layer}"
        q, k, v = np.split(w.conv1d(p + ".attn.c_attn", w.layer_norm(p + ".ln_1", x, eps), 3 * hidden), 3, axis=1)
        mixed = attend(q, k, v, c["n_head"], c["n_head"], lambda i, j: j <= i)
        x = x + w.conv1d(p + ".attn.c_proj", mixed, hidden)
        y = act(w.conv1d(p + ".mlp.c_fc", w.layer_norm(p + ".ln_2", x, eps), 4 * hidden))
        x = x + w.conv1d(p + ".mlp.c_proj", y, hidden)
    return w.layer_norm("transformer.ln_f", x, eps) @ embedding.T


def bert(c, w, ids, types, mask):
    """Last hidden states, and what the pooler makes of the first (None: DistilBERT)"""
    distil = c["model_type"] == "distilbert"
    hidden, heads = c["dim" if distil else "hidden_size"], c["n_heads" if distil else "num_attention_heads"]
    wide, eps, act = c["hidden_dim" if distil else "intermediate_size"], 1e-12, ACTIVATIONS["gelu"]
    names = ("transformer.layer", "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin",
             "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm") if distil else \
            ("encoder.layer", "attention.self.query", "attention.self.key", "attention.self.value",
             "attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense",
             "output.LayerNorm")
    x = w("embeddings.word_embeddings.weight", c["vocab_size"], hidden, deviation=1.0)[ids]
    x = x + w("embeddings.position_embeddings.weight", c["max_position_embeddings"], hidden)[:len(ids)]
    if not distil:
        x = x + w("embeddings.token_type_embeddings.weight", c["type_vocab_size"], hidden)[types]
    x = w.layer_norm("embeddings.LayerNorm", x, eps)
    for layer in range(c["n_layers" if distil else "num_hidden_layers"]):
        p = f"{names[0]}.{layer}."
        q, k, v = (w.linear(p + n, x, hidden) for n in names[1:4])
        mixed = attend(q, k, v, heads, heads, lambda i, j: mask[j])
        x = w.layer_norm(p + names[5], x + w.linear(p + names[4], mixed, hidden), eps)
        x = w.layer_norm(p + names[8], x + w.linear(p + names[7], act(w.linear(p + names[6], x, wide)), hidden), eps)
    return x, None if distil else np.tanh(w.linear("pooler.dense", x[:1], hidden))


def mobilebert(c, w, ids, types, mask):
    hidden, n, wide = c["hidden_size"], c["true_hidden_size"], c["intermediate_size"]
    heads, act = c["num_attention_heads"], ACTIVATIONS["relu"]
    x = w("embeddings.word_embeddings.weight", c["vocab_size"], c["embedding_size"], deviation=1.0)[ids]
    zero = np.zeros((1, x.shape[1]))
    x = np.hstack([np.vstack([x[1:], zero]), x, np.vstack([zero, x[:-1]])])
    x = w.linear("embeddings.embedding_transformation", x, hidden)
    x = x + w("embeddings.position_embeddings.weight", c["max_position_embeddings"], hidden)[:len(ids)]
    x = x + w("embeddings.token_type_embeddings.weight", c["type_vocab_size"], hidden)[types]
    x = w.affine("embeddings.LayerNorm", x)

    def feed(p, y):
        z = act(w.linear(p + "intermediate.dense", y, wide))
        return w.affine(p + "output.LayerNorm", y + w.linear(p + "output.dense", z, n))

    for layer in range(c["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        y = w.affine(p + "bottleneck.input.LayerNorm", w.linear(p + "bottleneck.input.dense", x, n))
        s = w.affine(p + "bottleneck.attention.LayerNorm", w.linear(p + "bottleneck.attention.dense", x, n))
        q, k = (w.linear(p + f"attention.self.{m}", s, n) for m in ("query", "key"))
        mixed = attend(q, k, w.linear(p + "attention.self.value", x, n), heads, heads, lambda i, j: mask[j])
        y = w.affine(p + "attention.output.LayerNorm", y + w.linear(p + "attention.output.dense", mixed, n))
        for i in range(c["num_feedforward_networks"] - 1):
            y = feed(f"{p}ffn.{i}.", y)
        y = feed(p, y)
        x = w.affine(p + "output.bottleneck.LayerNorm", x + w.linear(p + "output.bottleneck.dense", y, hidden))
    return x, x[:1]


def vit(c, w, pixels):
    kind, hidden, size, heads = c["model_type"], c["hidden_size"], c["patch_size"], c["num_attention_heads"]
    act, eps, side = ACTIVATIONS["gelu"], c["layer_norm_eps"], c["image_size"] // c["patch_size"]
    kernel = w(f"{kind}.embeddings.patch_embeddings.projection.weight", hidden, 3, size, size, deviation=0.1)
    bias = w(f"{kind}.embeddings.patch_embeddings.projection.bias", hidden, deviation=0.2)
    rows = [w(f"{kind}.embeddings.cls_token", 1, 1, hidden)[0, 0]]
    if kind == "deit":
        rows.append(w("deit.embeddings.distillation_token", 1, 1, hidden)[0, 0])
    for r in range(side):
        for s in range(side):
            patch = pixels[:, r * size:(r + 1) * size, s * size:(s + 1) * size]
            rows.append((kernel * patch).sum((1, 2, 3)) + bias)
    x = np.array(rows) + w(f"{kind}.embeddings.position_embeddings", 1, len(rows), hidden)[0]
    for layer in range(c["num_hidden_layers"]):
        p = f"{kind}.encoder.layer.{layer}."
        y = w.layer_norm(p + "layernorm_before", x, eps)
        q, k, v = (w.linear(p + f"attention.attention.{m}", y, hidden) for m in ("query", "key", "value"))
        x = x + w.linear(p + "attention.output.dense", attend(q, k, v, heads, heads, lambda i, j: True), hidden)
        y = act(w.linear(p + "intermediate.dense", w.layer_norm(p + "layernorm_after", x, eps), c["intermediate_size"]))
        x = x + w.linear(p + "output.dense", y, hidden)
    x, n = w.layer_norm(f"{kind}.layernorm", x, eps), len(c["id2label"])
    if kind == "deit":
        return (w.linear("cls_classifier", x[:1], n) + w.linear("distillation_classifier", x[1:2], n)) / 2
    return w.linear("classifier", x[:1], n)


def whisper(c, w, features, ids):
    hidden, act = c["d_model"], ACTIVATIONS["gelu"]

    def conv(name, x, stride):
        kernel = w(name + ".weight", hidden, x.shape[0], 3, deviation=0.3)
        padded, bias = np.pad(x, ((0, 0), (1, 1))), w(name + ".bias", hidden, deviation=0.2)
        return act(np.array([(kernel * padded[:, t:t + 3]).sum((1, 2)) + bias
                             for t in range(0, x.shape[1], stride)]).T)

    def attention(name, x, keys, heads, sees):
        q, v = w.linear(name + ".q_proj", x, hidden), w.linear(name + ".v_proj", keys, hidden)
        return w.linear(name + ".out_proj", attend(q, w.linear(name + ".k_proj", keys, hidden, False), v, heads, heads,
                                                   sees), hidden)

    def norm(name, x):
        return w.layer_norm(name + "_layer_norm", x, 1e-5)

    def feed(p, x, wide):
        return x + w.linear(p + ".fc2", act(w.linear(p + ".fc1", norm(p + ".final", x), wide)), hidden)

    x = conv("model.encoder.conv2", conv("model.encoder.conv1", features, 1), 2).T
    x = x + w("model.encoder.embed_positions.weight", c["max_source_positions"], hidden)
    for layer in range(c["encoder_layers"]):
        p = f"model.encoder.layers.{layer}"
        y = norm(p + ".self_attn", x)
        x = x + attention(p + ".self_attn", y, y, c["encoder_attention_heads"], lambda i, j: True)
        x = feed(p, x, c["encoder_ffn_dim"])
    encoded = w.layer_norm("model.encoder.layer_norm", x, 1e-5)
    embedding = w("model.decoder.embed_tokens.weight", c["vocab_size"], hidden, deviation=1.0)
    x = embedding[ids] + w("model.decoder.embed_positions.weight", c["max_target_positions"], hidden)[:len(ids)]
    for layer in range(c["decoder_layers"]):
        p = f"model.decoder.layers.{layer}"
        y = norm(p + ".self_attn", x)
        x = x + attention(p + ".self_attn", y, y, c["decoder_attention_heads"], lambda i, j: j <= i)
        x = x + attention(p + ".encoder_attn", norm(p + ".encoder_attn", x), encoded, c["decoder_attention_heads"],
                          lambda i, j: True)
        x = feed(p, x, c["decoder_ffn_dim"])
    return w.layer_norm("model.decoder.layer_norm", x, 1e-5) @ embedding.T
