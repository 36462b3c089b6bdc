#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a configuration's graph computes: small networks of every family with random weights against NumPy, decoding
against prefill, checkpoints in every form, and a real Llama checkpoint against its reference logits.

    test-transformers.py RUN_GRAPH SHARED_FOLDER
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))
import tap  # noqa: E402
import transformers as reference  # noqa: E402

RUN, SHARED = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="strata-transformers-"))
DECODER = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
           "num_key_value_heads": 2, "vocab_size": 50, "max_position_embeddings": 64, "hidden_act": "silu",
           "rms_norm_eps": 1e-5}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 32}
DECODERS = {
    "llama": {**DECODER, "model_type": "llama"},
    "llama3": {**DECODER, "model_type": "llama", "head_dim": 16, "rope_theta": 50.0, "rope_scaling": LLAMA3,
               "tie_word_embeddings": True, "attention_bias": True, "mlp_bias": True},
    "linear": {**DECODER, "model_type": "llama", "rope_scaling": {"rope_type": "linear", "factor": 4.0}},
    "mistral": {**DECODER, "model_type": "mistral", "sliding_window": 5},
    "mixtral": {**DECODER, "model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2": {**DECODER, "model_type": "qwen2", "use_sliding_window": True, "sliding_window": 4,
              "max_window_layers": 1, "tie_word_embeddings": True},
    "gemma": {**DECODER, "model_type": "gemma", "hidden_act": "gelu_new", "head_dim": 16, "num_key_value_heads": 1},
    "phi": {**DECODER, "model_type": "phi", "hidden_act": "gelu_new", "partial_rotary_factor": 0.5,
            "layer_norm_eps": 1e-5, "num_key_value_heads": 4},
    "phi3": {**DECODER, "model_type": "phi3", "sliding_window": 7, "partial_rotary_factor": 0.75, "head_dim": 16},
}
GPT2 = {"model_type": "gpt2", "n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 50, "n_positions": 64,
        "n_ctx": 64, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5}
N = 12
IDS = np.random.default_rng(1).integers(0, 50, N)


def place(name, config, tensors=None, dtype="F32"):
    folder = WORK / name
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    if tensors is not None:
        reference.write_safetensors(folder / "model.safetensors", tensors, dtype)
    return folder


def run(folder, inputs, **shapes):
    for name, array in inputs.items():
        np.save(folder / f"{name}.npy", array)
    done = subprocess.run([RUN, str(folder / "config.json"), str(folder), *(f"{k}={v}" for k, v in shapes.items())],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {p.name[4:-4]: np.load(p) for p in folder.glob("out.*.npy")}


def refusal(folder, **shapes):
    done = subprocess.run([RUN, str(folder / "config.json"), str(folder), *(f"{k}={v}" for k, v in shapes.items())],
                          capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def ids(values):
    return np.array(values, np.int64).reshape(1, -1)


def close(got, wanted, tolerance=1e-5):
    """Double against float32: the largest difference over the largest value"""
    got, wanted = np.asarray(got, np.float64), np.asarray(wanted, np.float64)
    assert got.size == wanted.size, (got.shape, wanted.shape)
    error = np.abs(got.reshape(wanted.shape) - wanted).max() / np.abs(wanted).max()
    assert np.isfinite(error) and error < tolerance, error
    return error


def decoders():
    return {**{n: (c, reference.decoder) for n, c in DECODERS.items()}, "gpt2": (GPT2, reference.gpt2)}


def test_decoders():
    notes = []
    for name, (config, function) in decoders().items():
        weights = reference.Weights(7)
        wanted = function(config, weights, IDS)
        got = run(place(name, config, weights.tensors), {"input_ids": ids(IDS)}, sequence=N)
        notes.append(f"{name}: {close(got['logits'], wanted):.1e}")
    return "\n".join(notes)


def decode(folder, name, wanted, past, step):
    """Feeds @step tokens a call, keeps the last @past keys and values; its logits are those of the prefill."""
    layers, n_seen = 2, 0
    sample = np.load(folder / "out.present.0.key.npy").shape
    cache = {f"{i}.{part}": np.zeros((1, sample[1], past, sample[3]), np.float32)
             for i in range(layers) for part in ("key", "value")}
    for start in range(0, N, step):
        mask = np.zeros(past + step, np.int64)
        mask[past - min(n_seen, past):] = 1
        got = run(folder, {"input_ids": ids(IDS[start:start + step]), "attention_mask": ids(mask),
                           "position_ids": ids(range(start, start + step)),
                           **{f"past_key_values.{k}": v for k, v in cache.items()}},
                  past=past, sequence=step, positions=N)
        assert got["present.0.key"].shape[2] == past + step
        close(got["logits"], wanted[start:start + step])
        cache = {k: got[f"present.{k}"][:, :, -past:] for k in cache}
        n_seen += step


def test_decode():
    for name, (config, _) in decoders().items():
        folder = WORK / name
        wanted = run(folder, {"input_ids": ids(IDS)}, sequence=N)["logits"][0].astype(np.float64)
        decode(folder, name, wanted, past=N, step=1)
        decode(folder, name, wanted, past=N, step=3)
    # a cache as long as the window is enough
    folder = WORK / "mistral"
    wanted = run(folder, {"input_ids": ids(IDS)}, sequence=N)["logits"][0].astype(np.float64)
    decode(folder, "mistral", wanted, past=4, step=1)


def test_padding():
    """What lies behind a token does not reach it: the first logits of a longer prompt are those of a shorter one."""
    folder = WORK / "llama"
    short = run(folder, {"input_ids": ids(IDS[:5])}, sequence=5)["logits"]
    close(run(folder, {"input_ids": ids(IDS)}, sequence=N)["logits"][:, :5], short)


BERT = {"model_type": "bert", "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 4, "vocab_size": 50, "max_position_embeddings": 20, "type_vocab_size": 2,
        "hidden_act": "gelu"}
DISTILBERT = {"model_type": "distilbert", "dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 4, "vocab_size": 50,
              "max_position_embeddings": 20, "activation": "gelu"}
MOBILEBERT = {**BERT, "model_type": "mobilebert", "true_hidden_size": 16, "intra_bottleneck_size": 16,
              "embedding_size": 8, "num_feedforward_networks": 3, "key_query_shared_bottleneck": True,
              "trigram_input": True, "normalization_type": "no_norm", "hidden_act": "relu", "use_bottleneck": True,
              "classifier_activation": False}
TYPES, MASK = np.array([0] * 5 + [1] * 7), np.array([1] * 9 + [0] * 3)


def run_bert(folder, config):
    inputs = {"input_ids": ids(IDS), "attention_mask": ids(MASK)}
    if config["model_type"] != "distilbert":
        inputs["token_type_ids"] = ids(TYPES)
    return run(folder, inputs, sequence=N)


def test_encoders():
    notes = []
    for config, function in ((BERT, reference.bert), (DISTILBERT, reference.bert), (MOBILEBERT, reference.mobilebert)):
        weights = reference.Weights(11)
        states, pooled = function(config, weights, IDS, TYPES, MASK)
        got = run_bert(place(config["model_type"], config, weights.tensors), config)
        notes.append(f"{config['model_type']}: {close(got['last_hidden_state'], states):.1e}")
        if pooled is not None:
            close(got["pooler_output"], pooled)
    return "\n".join(notes)


def test_vision():
    config = {"model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 32,
              "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 12,
              "patch_size": 4, "layer_norm_eps": 1e-6, "hidden_act": "gelu", "id2label": {str(i): "x" for i in range(7)}}
    teacher = {**config, "model_type": "deit", "architectures": ["DeiTForImageClassificationWithTeacher"]}
    pixels = np.random.default_rng(3).standard_normal((3, 12, 12)).astype(np.float32)
    for c in (config, teacher):
        weights = reference.Weights(13)
        wanted = reference.vit(c, weights, pixels.astype(np.float64))
        got = run(place(c["model_type"], c, weights.tensors), {"pixel_values": pixels[None]})
        close(got["logits"], wanted)


def test_whisper():
    config = {"model_type": "whisper", "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "vocab_size": 50,
              "encoder_attention_heads": 4, "decoder_attention_heads": 2, "encoder_ffn_dim": 48, "decoder_ffn_dim": 40,
              "num_mel_bins": 10, "max_source_positions": 9, "max_target_positions": 20, "activation_function": "gelu"}
    weights = reference.Weights(17)
    features = np.random.default_rng(3).standard_normal((10, 18)).astype(np.float32)
    wanted = reference.whisper(config, weights, features.astype(np.float64), IDS)
    got = run(place("whisper", config, weights.tensors), {"input_features": features[None],
                                                          "decoder_input_ids": ids(IDS)}, sequence=N)
    close(got["logits"], wanted)


def test_names():
    """One checkpoint under every name that it goes by, with what it may hold beside"""
    weights = reference.Weights(7)
    wanted = reference.decoder(DECODERS["llama"], weights, IDS)
    bare = {k[6:] if k.startswith("model.") else k: v for k, v in weights.tensors.items()}
    bare["layers.0.self_attn.rotary_emb.inv_freq"] = np.ones(4)
    got = run(place("bare", DECODERS["llama"], bare), {"input_ids": ids(IDS)}, sequence=N)
    close(got["logits"], wanted)
    weights = reference.Weights(7)
    wanted = reference.gpt2(GPT2, weights, IDS)
    bare = {k[12:]: v for k, v in weights.tensors.items()}
    bare["h.0.attn.bias"] = np.ones((1, 1, 64, 64))
    got = run(place("bare-gpt2", GPT2, bare), {"input_ids": ids(IDS)}, sequence=N)
    close(got["logits"], wanted)
    weights = reference.Weights(11)
    states, _ = reference.bert(BERT, weights, IDS, TYPES, MASK)
    old = {"bert." + k.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): v
           for k, v in weights.tensors.items()}
    old["cls.predictions.bias"] = np.ones(50)
    close(run_bert(place("old-bert", BERT, old), BERT)["last_hidden_state"], states)


def test_halves():
    """Half floats are widened exactly: the result is that of the rounded weights."""
    config = DECODERS["llama"]
    for dtype in ("F16", "BF16"):
        weights = reference.Weights(7)
        reference.decoder(config, weights, IDS)
        for name, array in weights.tensors.items():
            if dtype == "F16":
                weights.tensors[name] = array.astype(np.float16).astype(np.float32)
            else:
                weights.tensors[name] = (array.view(np.uint32) & 0xffff0000).view(np.float32)
        wanted = reference.decoder(config, weights, IDS)
        folder = place(dtype, config, weights.tensors, dtype)
        close(run(folder, {"input_ids": ids(IDS)}, sequence=N)["logits"], wanted)
        # a byte before the header's end puts the data on odd addresses
        file = folder / "model.safetensors"
        raw = file.read_bytes()
        size = int.from_bytes(raw[:8], "little")
        file.write_bytes((size + 1).to_bytes(8, "little") + raw[8:8 + size] + b" " + raw[8 + size:])
        close(run(folder, {"input_ids": ids(IDS)}, sequence=N)["logits"], wanted)


def shard(folder, tensors):
    names, shards = list(tensors), {}
    for i, part in enumerate((names[::2], names[1::2])):
        file = f"model-{i + 1:05}-of-00002.safetensors"
        reference.write_safetensors(folder / file, {n: tensors[n] for n in part})
        shards.update({n: file for n in part})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": shards}))
    return shards


def test_shards():
    weights = reference.Weights(7)
    wanted = reference.decoder(DECODERS["llama"], weights, IDS)
    folder = place("shards", DECODERS["llama"])
    shards = shard(folder, weights.tensors)
    close(run(folder, {"input_ids": ids(IDS)}, sequence=N)["logits"], wanted)
    index = folder / "model.safetensors.index.json"
    for hostile in ("../bare/model.safetensors", "/etc/passwd", "..", "a/b", ""):
        index.write_text(json.dumps({"weight_map": {**shards, "model.norm.weight": hostile}}))
        assert "in the same folder" in refusal(folder), hostile
    index.write_text(json.dumps({"weight_map": {**shards, "other": "model-00001-of-00002.safetensors"}}))
    assert "lacks 1 tensors" in refusal(folder)
    index.write_text(json.dumps({"weight_map": {**shards, "model.norm.weight": "none.safetensors"}}))
    assert "none.safetensors: cannot be read" in refusal(folder)


def test_mismatch():
    weights = reference.Weights(7)
    reference.decoder(DECODERS["llama"], weights, IDS)
    some = dict(weights.tensors)
    del some["model.layers.1.mlp.up_proj.weight"]
    some["model.layers.2.mlp.up_proj.weight"] = np.ones((2, 2))
    text = refusal(place("mismatch", DECODERS["llama"], some))
    assert "1 tensors are missing and 1 too many" in text and "layers.1.mlp.up_proj" in text and "layers.2" in text
    some = {**weights.tensors, "model.norm.weight": np.ones(31)}
    text = refusal(place("mismatch", DECODERS["llama"], some))
    assert "model.norm.weight is [31]; the configuration needs [32]" in text, text
    folder = place("weightless", DECODERS["llama"])
    np.save(folder / "input_ids.npy", ids(IDS))
    assert "the weights model.embed_tokens.weight are not there" in refusal(folder, sequence=N)


def test_options():
    folder = place("options", DECODERS["llama"])
    assert "at most 64 positions" in refusal(folder, sequence=65)
    assert "no such dimension" in refusal(folder, batch=2)
    assert "decoders alone" in refusal(place("options-bert", BERT), past=3)


def test_stories():
    """A trained Llama (llama2.c, 260 k parameters) under its published logits"""
    model = SHARED / "models" / "stories260K_prefill64"
    if not model.exists():
        raise tap.Skip("no stories260K_prefill64 beside the project")
    config, tensors = reference.from_stories(model / "model.onnx")
    folder, notes = place("stories", config, tensors), []
    for data in sorted(model.glob("test_data_set_*")):
        tokens, wanted = np.load(data / "input_0.npy"), np.load(data / "output_0.npy")
        got = run(folder, {"input_ids": tokens}, sequence=64)["logits"]
        assert (got.argmax(-1) == wanted.argmax(-1)).all()
        notes.append(f"{data.name}: {close(got, wanted.astype(np.float64)):.1e}")
    assert notes
    return "\n".join(notes)


tap.run(globals(), "/model/transformers")
