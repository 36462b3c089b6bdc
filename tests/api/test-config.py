#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The command on transformers by configuration: counts, shapes, a trained language model, time without weights, refusals.

    test-config.py STRATA SHARED_FOLDER
"""
import json
import re
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


def refused(words, *args, codes=(3, 4)):
    done = call(*args)
    assert done.returncode in codes, (done.returncode, done.stderr)
    # what a chip does not hold comes with its certificate below the line
    assert words in done.stderr.splitlines()[0] and (len(done.stderr.splitlines()) == 1 or done.returncode == 5), done.stderr


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
    refused("compiled without weights and computes no values", "run", "vit.json", "--chip", "phone", "--input", "0.5")
    made = compiled("vit.json", "-o", "vit.strp")
    assert not made["weights"] and not made["calibrated"] and made["latency_ps"] > 0, made
    refused("compiled without weights and computes no values", "run", "vit.strp", "--input", "0.5")
    done = call("model", "make", "resnet18", "--shape", "sequence=3")
    assert done.returncode == 2 and "--shape goes with --config" in done.stderr, done.stderr


# Entries that the phone chip holds: arrays of 512 x 512, as hardware-facts 10.7 H7 has them for Llama-3.2; the others by
# the sizes of their matrices. Decoders take one token on a past of 64.
HELD = {"llama-3.2-1b": 4716, "llama-3.2-3b": 12258, "qwen2.5-0.5b": 2322, "gemma-2b": 9632, "phi-3-mini-4k": 14202,
        "gpt2": 654, "bert-base-uncased": 484, "distilbert-base": 240, "mobilebert-uncased": 361, "vit-b16-224": 488,
        "deit-tiny-224": 100}
TOO_LARGE = {"llama-3.1-8b": 28632, "mistral-7b-v0.1": 27128, "mixtral-8x7b": 177912}
DECODERS = ("llama", "qwen", "gemma", "phi", "gpt2", "mistral", "mixtral")


def compiled(*args):
    done = call("compile", *args, "--chip", "phone", "--json")
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)["result"]


def shapes(name, past=64):
    return ("--shape", "sequence=1", "--shape", f"past={past}") if name.startswith(DECODERS) else ()


def count_arrays(config):
    """Of a Llama: q, k, v, o, gate, up, down of each layer, and the head"""
    def arrays(k, n):
        return -(-k // 512) * -(-n // 512)
    d, ff, kv = config["hidden_size"], config["intermediate_size"], config["num_kv_heads"] * config["head_dim"]
    q = config["num_heads"] * config["head_dim"]
    layer = arrays(d, q) + 2 * arrays(d, kv) + arrays(q, d) + 2 * arrays(d, ff) + arrays(ff, d)
    return config["num_layers"] * layer + arrays(d, config["vocab_size"])


def test_arrays():
    """Every kind of configuration compiles for the phone chip, or is refused with the arrays it needs"""
    path = SHARED / "data" / "transformer_configs.json"
    if not path.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    configs = json.loads(path.read_text())
    for name, arrays in HELD.items():
        made = compiled(f"{path}#{name}", *shapes(name))
        assert made["arrays_required"] == arrays, (name, made["arrays_required"])
        assert 0 < made["critical_path_ps"] <= made["lower_bound_ps"] <= made["latency_ps"], (name, made)
    for name, arrays in TOO_LARGE.items():
        refused(f"the model needs {arrays} arrays of 512 x 512 and phone has 16384", "compile", f"{path}#{name}", "--chip",
                "phone", *shapes(name), codes=(5,))
    for name in ("llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b"):
        assert count_arrays(configs[name]) == {**HELD, **TOO_LARGE}[name], name
    # all of its sound is in memory at once
    refused("phone has 2000000 bytes of SRAM", "compile", f"{path}#whisper-tiny", "--chip", "phone", codes=(5,))


def certificate(*args):
    """Of a compilation that the chip does not hold: its one limit, and what would hold it"""
    done = call("compile", *args, "--json")
    assert done.returncode == 5, (done.stdout, done.stderr)
    error = json.loads(done.stdout)["error"]
    assert len(error["certificate"]["limits"]) == 1, error
    return error["certificate"]["limits"][0], error["certificate"]["remedies"]


def test_too_large():
    """What a chip does not hold is refused with what it lacks, and with what fits"""
    path = SHARED / "data" / "transformer_configs.json"
    if not path.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    lack, remedies = certificate(f"{path}#llama-3.1-8b", "--chip", "phone", *shapes("llama"))
    assert (lack["limit"], lack["verdict"], lack["asked"]) == ("chip_arrays", "impossible", 16384), lack
    assert 16384 < lack["floor"] <= lack["best"] == TOO_LARGE["llama-3.1-8b"], lack
    assert "lm_head" in lack["layers"], lack
    assert remedies[0]["change"] == "a chip of 448 tiers, where phone has 256", remedies
    assert remedies[0]["needs"] <= remedies[0]["has"] == 448 * 64, remedies
    lack, remedies = certificate(f"{path}#llama-3.2-3b", "--chip", "phone")
    assert (lack["limit"], lack["verdict"], lack["asked"]) == ("chip_sram_bytes", "impossible", 2000000), lack
    assert lack["floor"] > 2000000 and "self_attn" in lack["reason"], lack
    tokens = [r for r in remedies if "--shape sequence=" in r["change"]]
    assert len(tokens) == 1 and tokens[0]["needs"] <= tokens[0]["has"] == 2000000, remedies


def test_tokens_that_fit():
    """As many tokens as are said to fit do; the text has them too"""
    (WORK / "config.json").write_text(json.dumps(LLAMA))
    (WORK / "small.yaml").write_text("base: demonstrator\nsram: 20 kB\n")
    lack, remedies = certificate("config.json", "--chip", "small.yaml", "--shape", "sequence=60")
    assert lack["limit"] == "chip_sram_bytes", lack
    change = [r["change"] for r in remedies if "tokens a call" in r["change"]][0]
    fits = re.search("sequence=([0-9]+)", change).group(1)
    assert 1 <= int(fits) < 60, change
    done = call("compile", "config.json", "--chip", "small.yaml", "--shape", f"sequence={fits}")
    assert done.returncode == 0, done.stderr
    done = call("compile", "config.json", "--chip", "small.yaml", "--shape", "sequence=60")
    assert done.returncode == 5 and "would fit" in done.stderr and change in done.stderr, done.stderr


def test_token():
    """Time and energy of a token beside hardware-facts 10.6: Llama-3.2-3B, 2,048 of context, cached as bytes"""
    path = SHARED / "data" / "transformer_configs.json"
    if not path.exists():
        raise tap.Skip("no transformer_configs.json beside the project")
    done = call("profile", f"{path}#llama-3.2-3b", "--chip", "phone", *shapes("llama", 2048), "-o", "token.strata",
                "--json")
    assert done.returncode == 0, done.stdout
    run = json.loads(done.stdout)["result"]
    rows = call("query", "token.strata", "--csv", "SELECT component.name, SUM(nominal_fj) FROM energy JOIN component ON "
                "component.id = energy.component GROUP BY 1")
    assert rows.returncode == 0, rows.stderr
    uj = {name: float(value) * 1e-9 for name, value in (row.split(",") for row in rows.stdout.splitlines()[1:])}
    mvm = sum(uj[name] for name in ("array", "vertical", "driver", "adc", "post", "buffer", "overhead", "select"))
    assert abs(mvm / 59.9 - 1) < 0.05, mvm  # sums over the network cost a little more
    assert 0 <= uj["dram"] / 4227.9 - 1 < 0.01, uj["dram"]  # and new keys, gains of norms, the token's row of the table
    assert abs(uj["mac"] / 105.7 - 1) < 0.005, uj["mac"]
    assert 0 <= uj["sram"] - 234.9 < 60, uj["sram"]  # the stream's buffer, and activations
    assert uj["noc"] < 80.3, uj["noc"]  # there the mean distance and one transfer an array
    assert abs(1e12 / run["interval_ps"] / 48.7 - 1) < 0.05, run["interval_ps"]
    assert abs(run["latency_ps"] / (117440512 / 12.8 / 0.7 * 1e3) - 1) < 0.05, run["latency_ps"]
    lane = call("query", "token.strata", "--csv", "SELECT COUNT(*), SUM(duration_ps) FROM event JOIN unit ON unit.id = "
                "event.unit WHERE unit.name = 'dram' AND layer >= 0")
    n_events, busy_ps = map(int, lane.stdout.splitlines()[1].split(","))
    assert n_events > 28 * 60 and 0.9 * run["latency_ps"] < busy_ps < run["latency_ps"], lane.stdout


def test_estimate():
    """The estimate has no events and is never longer than the run; its figures say what they are"""
    (WORK / "config.json").write_text(json.dumps(LLAMA))
    results = []
    for fidelity in ("estimate", "timing"):
        done = call("profile", "config.json", "--chip", "phone", "--shape", "sequence=1", "--shape", "past=16", "--fidelity",
                    fidelity, "-o", f"{fidelity}.strata", "--json")
        assert done.returncode == 0, done.stdout
        results.append(json.loads(done.stdout)["result"])
    estimate, timing = results
    assert estimate["fidelity"] == "estimate" and estimate["events"] == 0 and timing["events"] > 100
    for key in ("latency_ps", "dynamic_fj"):
        assert 0 < estimate[key] <= timing[key], (key, estimate[key], timing[key])
    page = call("report", "estimate.strata", "--section", "figures").stdout
    assert "estimate" in page and "timing" not in page, page
    for args in (("--fidelity", "functional"), ("--fidelity", "exact"), ("--fidelity", "timing", "--input", "x.npy")):
        assert call("profile", "config.json", "--chip", "phone", *args).returncode == 2, args


def test_no_memory():
    """Where there is no external memory the cache counts against the activations' and is refused with both numbers"""
    (WORK / "config.json").write_text(json.dumps({**LLAMA, "max_position_embeddings": 65536}))
    done = call("compile", "config.json", "--chip", "demonstrator", "--shape", "sequence=1", "--shape", "past=64")
    assert done.returncode == 0, done.stderr
    refused("which has 1000000 bytes", "compile", "config.json", "--chip", "demonstrator", "--shape", "sequence=1",
            "--shape", "past=60000", codes=(5,))


def test_checkpoint_stays():
    """A profile without inputs leaves a half-precision checkpoint in its file; compiling to run reads it"""
    model = SHARED / "models" / "stories260K_prefill64"
    if not model.exists():
        raise tap.Skip("no stories260K_prefill64 beside the project")
    config, tensors = transformers.from_stories(model / "model.onnx")
    folder = WORK / "half"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    transformers.write_safetensors(folder / "model.safetensors", tensors, "BF16")
    done = call("profile", folder / "config.json", "--chip", "phone", "--shape", "sequence=8", "-o", "half.strata", "--json")
    assert done.returncode == 0, done.stdout
    timed, made = json.loads(done.stdout)["result"], compiled(folder / "config.json", "--shape", "sequence=8")
    assert not timed["weights"] and made["weights"]
    assert timed["arrays_required"] == made["arrays_required"] and timed["layers"] == made["layers"]


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


def test_compile_says_the_sequence():
    config = WORK / "config.json"
    for model, shapes, wanted in ((LLAMA, (), (64, 0, True)), (LLAMA, ("sequence=9",), (9, 0, False)),
                                  (LLAMA, ("past=31",), (1, 31, False)), (VIT, (), None)):
        config.write_text(json.dumps(model))
        args = ["compile", config, "--chip", "phone", *(part for shape in shapes for part in ("--shape", shape))]
        done, text = call(*args, "--json"), call(*args)
        assert done.returncode == 0 and text.returncode == 0, done.stdout
        found = json.loads(done.stdout)["result"]["sequence"]
        assert (found and (found["tokens"], found["past"], found["default"])) == wanted, found
        lines = [line for line in text.stdout.splitlines() if line.startswith("An inference is of")]
        assert len(lines) == (wanted is not None) and ("--shape" in text.stdout) == bool(wanted and wanted[2]), lines


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
