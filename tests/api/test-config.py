#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command on transformers by configuration: counts, shapes, a trained language model, refusals.

    test-config.py STRATA SHARED_FOLDER
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402
import transformers  # noqa: E402

STRATA, SHARED = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
WORK = Path(tempfile.mkdtemp(prefix="strata-config-"))
LLAMA = {"model_type": "llama", "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "vocab_size": 50, "max_position_embeddings": 64}

VIT = {"model_type": "vit", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
       "num_attention_heads": 4}
WHISPER = {"model_type": "whisper", "d_model": 64, "encoder_layers": 2, "encoder_attention_heads": 4,
           "encoder_ffn_dim": 96, "decoder_layers": 2, "decoder_attention_heads": 4, "decoder_ffn_dim": 96,
           "num_mel_bins": 80, "vocab_size": 100, "max_source_positions": 100, "max_target_positions": 64}


def call(*args):
    return subprocess.run([STRATA, *map(str, args)], capture_output=True, text=True, cwd=WORK)


def info(*args):
    done = call("info", *args, "--json")
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)["result"]


def refused(words, *args):
    done = call(*args)
    assert done.returncode in (3, 4), (done.returncode, done.stderr)
    assert words in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def test_info():
    path = SHARED / "data" / "transformer_configs.json"
    if not path.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    for name, config in json.loads(path.read_text()).items():
        done = call("info", f"{path}#{name}")
        assert done.returncode == 0, done.stderr
        assert str(config["params_published"]) in done.stdout.replace("\u2009", ""), (name, done.stdout[:600])
    refused("it has no configuration called gpt5", "info", f"{path}#gpt5")


def test_says_what_it_is():
    """A configuration is no ONNX file, one without weights says so, and everything fits a screen"""
    (WORK / "config.json").write_text(json.dumps(LLAMA))
    page = call("info", "config.json").stdout
    assert "a transformer by its configuration" in page and "none beside the configuration" in page, page
    refused("so it has no digest; an ONNX file is accepted", "info", "config.json", "--digest")
    assert not info("config.json")["has_weights"] and info("config.json")["made"]
    path = SHARED / "data" / "transformer_configs.json"
    if not path.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    page = call("info", f"{path}#mixtral-8x7b").stdout
    assert "with those that are picked" in page and len(page.splitlines()) <= 40, page
    assert max(len(line) for line in page.splitlines()) <= 120, page
    moe = info(f"{path}#mixtral-8x7b")
    assert moe["active_macs"] < 0.3 * moe["macs"], moe["active_macs"]


def test_shapes():
    (WORK / "config.json").write_text(json.dumps(LLAMA))
    assert info("config.json")["inputs"][0]["dims"] == [1, 64]
    assert info("config.json")["outputs"][0]["name"] == "logits"
    assert info("config.json", "--shape", "sequence=7")["inputs"][0]["dims"] == [1, 7]
    assert len(info("config.json", "--shape", "past=3")["inputs"]) == 7
    refused("at most 64 positions are accepted", "info", "config.json", "--shape", "sequence=65")


def test_refused():
    for change, words in (({"hidden_size": 1 << 31}, "hidden_size: is 2147483648"),
                          ({"num_hidden_layers": 10 ** 9}, "num_hidden_layers: is 1000000000"),
                          ({"model_type": "rwkv"}, "model_type: is rwkv; accepted: llama, ")):
        (WORK / "bad.json").write_text(json.dumps({**LLAMA, **change}))
        refused(words, "info", "bad.json")


def test_no_weights():
    """What needs the bytes of weights says that they are not there, and what to do"""
    (WORK / "vit.json").write_text(json.dumps(VIT))
    words = "are not there; put the checkpoint (*.safetensors) beside the configuration"
    refused(words, "run", "vit.json", "--reference", "--input", "0.5")
    done = call("model", "make", "resnet18", "--shape", "sequence=3")
    assert done.returncode == 2 and "--shape goes with --config" in done.stderr, done.stderr


def test_greedy():
    """A checkpoint in safetensors, decoded with its cache fed back: exactly the published tokens"""
    model = SHARED / "models" / "stories260K_prefill64"
    if not model.exists():
        raise tap.Skip("no stories260K_prefill64 beside the project")
    config, tensors = transformers.from_stories(model / "model.onnx")
    folder, mask = WORK / "stories", np.zeros((128, 1, 128), np.int64)
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    transformers.write_safetensors(folder / "model.safetensors", tensors)
    for step in range(128):
        mask[step, 0, 127 - step:] = 1
    np.save(WORK / "mask.npy", mask)
    done = call("run", folder / "config.json", "--reference", "--shape", "past=127", "--steps", 128,
                "--state", "logits=input_ids", "--state", "present.*=past_key_values.*", "--input", "input_ids=1",
                "--input", "position_ids=@step", "--input", "attention_mask=mask.npy", "--output", WORK / "out")
    assert done.returncode == 0, done.stderr
    tokens = [int(token) for token in done.stdout.splitlines()[0].split()[1:]]
    wanted = json.loads((model / "greedy.json").read_text())["greedy_tokens"]
    assert len(tokens) == 128 and tokens == wanted[1:129], tokens


def test_make():
    """Written as ONNX it is the same network: with a checkpoint's weights, or with seeded ones."""
    folder, ids = WORK / "stories", WORK / "ids.npy"
    if not folder.exists():
        raise tap.Skip("no stories260K_prefill64 beside the project")
    np.save(ids, np.arange(64, dtype=np.int64).reshape(1, 64) + 300)
    made = call("model", "make", "--config", folder / "config.json", "--shape", "sequence=64", "-o", WORK / "made.onnx")
    assert made.returncode == 0 and "292800" in made.stdout, (made.stdout, made.stderr)
    results = []
    for model in (folder / "config.json", WORK / "made.onnx"):
        done = call("run", model, "--reference", *(("--shape", "sequence=64") if model.suffix == ".json" else ()),
                    "--input", f"input_ids={ids}", "--output", WORK / model.stem)
        assert done.returncode == 0, done.stderr
        results.append((WORK / model.stem / "logits.npy").read_bytes())
    assert results[0] == results[1]
    for config in ({**LLAMA, "model_type": "gemma"}, VIT, WHISPER):
        (WORK / "config.json").write_text(json.dumps(config))
        assert call("model", "make", "--config", "config.json", "-o", "same.onnx").returncode == 0
        counts = [{key: info(name)[key] for key in ("trainable", "parameters", "macs")}
                  for name in ("config.json", "same.onnx")]
        assert counts[0] == counts[1], (config["model_type"], counts)
    (WORK / "config.json").write_text(json.dumps(LLAMA))
    seeded = [call("model", "make", "--config", "config.json", "--seed", seed, "-o", f"{i}.onnx") for i, seed in
              enumerate((1, 1, 2))]
    assert all(done.returncode == 0 for done in seeded), seeded
    files = [(WORK / f"{i}.onnx").read_bytes() for i in range(3)]
    assert files[0] == files[1] != files[2]
    refused("cannot be read (no such file); give the path of a transformer's config.json", "model", "make", "--config",
            "none.json")


tap.run(globals(), "/api/config")
