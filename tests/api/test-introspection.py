#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Both libraries from Python, through introspection: compile, figures, a job, errors, async calls, a profile.

    test-introspection.py STRATA SAMPLE_DATA
"""
import math
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import gi
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
import tap  # noqa: E402

gi.require_version("Strata", "1.0")
gi.require_version("StrataProfiler", "1.0")
from gi.repository import Gio, GLib, Strata, StrataProfiler  # noqa: E402

STRATA, DATA = sys.argv[1], Path(sys.argv[2]).resolve()
MODEL = str(DATA / "digits.onnx")
WORK = Path(tempfile.mkdtemp(prefix="strata-gi-"))
MADE = {}


def to_tensor(array):
    array = np.ascontiguousarray(array, np.float32)
    return Strata.Tensor.new(Strata.Dtype.F32, array.shape, GLib.Bytes.new(array.tobytes()))


def to_array(tensor):
    return np.frombuffer(tensor.get_bytes().get_data(), np.float32).reshape(tensor.get_shape())


def images():
    return np.load(DATA / "digits-test-images.npy").reshape(-1, 1, 1, 8, 8) / 16


def program():
    if "program" not in MADE:
        compiler = Strata.Compiler.new(Strata.Model.open(MODEL, None), Strata.Chip.load("demonstrator"))
        for image in np.load(DATA / "digits-calibration.npy").reshape(-1, 1, 1, 8, 8)[:32] / 16:
            assert compiler.add_calibration([to_tensor(image)])
        MADE["program"] = compiler.compile(None, None, None)
    return MADE["program"]


def refused(domain, code, call):
    """The call raises this error, in one line."""
    try:
        call()
    except GLib.Error as error:
        assert error.matches(domain, code) and "\n" not in error.message, (error.domain, error.code, error.message)
        return error.message
    raise AssertionError("no error")


def await_result(start):
    """What the callback of start (callback) got."""
    loop, got = GLib.MainLoop(), []
    start(lambda source, result, *_: (got.append((source, result)), loop.quit()))
    GLib.timeout_add_seconds(60, loop.quit)
    loop.run()
    assert got, "the callback was not called"
    return got[0]


def test_die():
    die = Strata.Die.suppose(program(), "stack 0-31 tier 0-15")
    assert die.get_serial() == "stack 0-31 tier 0-15" and die.get_chip_name() == "demonstrator"
    assert die.get_count("dead_arrays") == 512 and die.get_count("nothing") == -1
    assert die.get_count("used_spare_tiers") == 32 * 4
    die.set_spare_tiers(0)
    assert die.get_count("lost_arrays") == 512
    fitted, fit = die.fit(program(), None)
    assert fit.n_moved_stack > 0 and fit.n_arrays == program().get_figure("arrays_used", Strata.Band.NOMINAL)
    assert all(fitted.get_tile_site(tile)[1] >= 32 for tile in range(fitted.get_n_tiles()))
    path = WORK / "die.yaml"
    path.write_text(die.to_yaml())
    assert Strata.Die.is_file(str(path)) and Strata.Die.load(str(path)).get_hash() == die.get_hash()
    all_dead = Strata.Die.suppose(program(), "tier 0-19")
    refused(Strata.compile_error_quark(), Strata.CompileError.CAPACITY, lambda: all_dead.fit(program(), None))


def test_die_of_device():
    chip = Strata.Chip.load("demonstrator")
    die, same, other = (Strata.Die.draw(chip, Strata.Band.NOMINAL, seed) for seed in (3, 3, 4))
    assert die.get_hash() == same.get_hash() != other.get_hash() and die.get_serial() == "demonstrator seed 3"
    assert die.get_count("converters") == 64 * 32 and die.get_count("tested_arrays") == 64 * 20
    path = WORK / "drawn.yaml"
    path.write_text(die.to_yaml())
    device = Strata.Device.open(f"sim:demonstrator?die={path}")
    got, use = device.get_die()
    assert got.get_hash() == die.get_hash() and use == Strata.DieUse.FITTED
    assert "die demonstrator seed 3" in device.get_description()
    assert Strata.Device.open(f"sim:?die={path}&unfitted").get_die()[1] == Strata.DieUse.UNFITTED
    dead = Strata.Die.suppose(program(), f"stack {program().get_tile_site(0)[1]}")
    unfitted, refusal = Strata.DeviceError.PROGRAM, Strata.Device.error_quark()
    refused(refusal, unfitted, lambda: dead.takes(program(), Strata.DieUse.FITTED))
    assert dead.takes(program(), Strata.DieUse.UNFITTED)
    assert dead.takes(dead.fit(program(), None)[0], Strata.DieUse.FITTED)
    refused(refusal, unfitted, lambda: Strata.Evaluation.new(program(), None).set_die(dead, Strata.DieUse.FITTED))
    evaluation = Strata.Evaluation.new(program(), None)
    assert evaluation.get_die()[0] is None and evaluation.set_die(dead, Strata.DieUse.UNFITTED)
    assert evaluation.get_die() == (dead, Strata.DieUse.UNFITTED)
    phone = Strata.Die.draw(Strata.Chip.load("phone"), Strata.Band.NOMINAL, 1)
    refused(refusal, unfitted, lambda: phone.takes(program(), Strata.DieUse.UNFITTED))
    refused(refusal, Strata.DeviceError.INPUT, lambda: device.set_die(phone, Strata.DieUse.FITTED))
    for uri in (f"sim:?die={path}&die={path}", "sim:phone?", "sim:?unfitted", "sim:?dye=x"):
        refused(refusal, Strata.DeviceError.NOT_FOUND, lambda: Strata.Device.open(uri))
    refused(Strata.Chip.error_quark(), Strata.ChipError.NOT_FOUND, lambda: Strata.Device.open("sim:?die=nowhere.yaml"))


def test_compile_and_figures():
    made = program()
    assert made.is_calibrated() and made.get_model_name() == "digits" and made.get_chip_name() == "demonstrator"
    assert len(made.get_hash()) == 16 and made.get_n_layers() == 10
    names = Strata.Program.list_figures()
    assert "latency_ps" in names and "energy_fj" in names, names
    low, mid, high = (made.get_figure("latency_ps", band) for band in
                      (Strata.Band.OPTIMISTIC, Strata.Band.NOMINAL, Strata.Band.CONSERVATIVE))
    assert 0 < low <= mid <= high, (low, mid, high)
    assert made.get_figure("arrays_used", Strata.Band.NOMINAL) <= made.get_figure("arrays_total", Strata.Band.NOMINAL)
    assert math.isnan(made.get_figure("no_such_figure", Strata.Band.NOMINAL))
    layer, stack, tier = made.get_tile_site(0)
    assert layer < made.get_n_layers() and 0 <= stack < 64 and 0 <= tier < 16, (layer, stack, tier)


def test_progress_and_requirements():
    compiler = Strata.Compiler.new(Strata.Model.open(MODEL, None), Strata.Chip.load("demonstrator"))
    seen = []
    compiler.compile(lambda fraction, stage, *_: seen.append((fraction, stage)), None, None)
    assert len(seen) > 3 and seen == sorted(seen, key=lambda x: x[0]) and seen[-1][0] == 1, seen
    limits = Strata.Requirements.new()
    limits.set_text(Strata.Limit.MAX_LATENCY_PS, "1 ns")
    assert limits.get(Strata.Limit.MAX_LATENCY_PS) == 1000
    compiler.set_requirements(limits)
    message = refused(Strata.compile_error_quark(), Strata.CompileError.REQUIREMENT,
                      lambda: compiler.compile(None, None, None))
    assert "limit of 1 ns" in message, message


def test_job():
    device = Strata.Device.open("sim:")
    device.load(program(), None)
    labels, right = np.load(DATA / "digits-test-labels.npy"), 0
    job = Strata.Job.new()
    for i, image in enumerate(images()[:40]):
        job.set_inputs([to_tensor(image)])
        job.set_inference(i)
        assert device.run(job, None)
        right += int(to_array(job.get_outputs()[0]).argmax() == labels[i])
    assert right >= 36, right
    has, energy_fj, time_ps, source = device.read_energy()
    assert has and source == Strata.Fidelity.TIMING
    assert energy_fj == 40 * program().get_figure("energy_fj", Strata.Band.NOMINAL)
    assert time_ps == 40 * program().get_figure("latency_ps", Strata.Band.NOMINAL)


def test_errors_have_domain_and_code():
    missing = str(WORK / "missing")
    assert missing in refused(Strata.import_error_quark(), Strata.ImportError.NOT_FOUND,
                              lambda: Strata.Model.open(missing + ".onnx", None))
    refused(Strata.compile_error_quark(), Strata.CompileError.NOT_FOUND, lambda: Strata.Program.load(missing + ".strp"))
    refused(Strata.Chip.error_quark(), Strata.ChipError.NOT_FOUND, lambda: Strata.Chip.load("nope"))
    refused(Strata.Device.error_quark(), Strata.DeviceError.NOT_FOUND, lambda: Strata.Device.open("nope:"))
    refused(StrataProfiler.Profile.error_quark(), StrataProfiler.ProfileError.NOT_FOUND,
            lambda: StrataProfiler.Profile.open(missing + ".strata", None))
    cancelled = Gio.Cancellable()
    cancelled.cancel()
    refused(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, lambda: Strata.Model.open(MODEL, cancelled))


def test_async():
    _, result = await_result(lambda done: Strata.Model.open_async(MODEL, None, done))
    model = Strata.Model.open_finish(result)
    assert model.get_n_inputs() == 1 and model.get_input_shape(0) == [1, 1, 8, 8], model.get_input_shape(0)
    _, result = await_result(lambda done: Strata.Model.open_async(str(WORK / "no.onnx"), None, done))
    refused(Strata.import_error_quark(), Strata.ImportError.NOT_FOUND, lambda: Strata.Model.open_finish(result))
    compiler = Strata.Compiler.new(model, Strata.Chip.load("demonstrator"))
    source, result = await_result(lambda done: compiler.compile_async(None, done))
    assert source is compiler and not compiler.compile_finish(result).is_calibrated()


def test_rewrites():
    assert Strata.Model.open(MODEL, None).list_rewrites() == []
    shared = os.path.join(os.environ.get("STRATA_SHARED", ""), "models", "bert_tiny_shape_random", "model.onnx")
    if os.path.exists(shared):
        rewrites = Strata.Model.open(shared, None).list_rewrites()
        counts = [rewrite.get_rule() for rewrite in rewrites]
        assert counts.count("normalization") == 5 and counts.count("attention") == 2, counts
        attention = [rewrite for rewrite in rewrites if rewrite.get_op() == "Attention"][0]
        assert attention.get_nodes()[-1] == attention.get_name() and attention.get_rule() in attention.get_text()


def test_save_and_load():
    path = str(WORK / "digits.strp")
    assert program().save(path)
    again = Strata.Program.load(path)
    assert again.get_hash() == program().get_hash()
    assert os.path.getsize(path) == program().to_bytes().get_size()


def test_architecture():
    assert "resnet18" in Strata.architecture_list_names()
    model, path, seen = Strata.Model.new_architecture("resnet18", 1), str(WORK / "made.onnx"), []
    assert model.get_n_trainable() == 11689512 and model.get_n_macs() == 1814073344
    assert model.save(path, Strata.ModelSave.EXTERNAL, lambda fraction, *_: seen.append(fraction), None, None)
    assert seen == sorted(seen) and seen[-1] == 1 and os.path.getsize(WORK / "made.data") > 4 * 11689512
    assert Strata.Model.open(path, None).has_weights() and not model.has_weights()
    refused(Strata.import_error_quark(), Strata.ImportError.NOT_FOUND, lambda: Strata.Model.new_architecture("resnet", 0))


def test_explanations():
    explanations = program().list_explanations()
    n_layers, n_tiles = program().get_n_layers(), program().get_n_tiles()
    told = {}
    for item in explanations:
        assert -1 <= item.get_layer() < n_layers and -1 <= item.get_tile() < n_tiles
        assert item.get_reason() and item.get_meaning() and item.get_text()
        told.setdefault(item.get_layer(), []).append(item)
    assert {"limit", "floor", "idle"} <= {item.get_reason() for item in told[-1]}
    for layer in range(n_layers):
        units = [item for item in told[layer] if item.get_reason() in ("analog", "digital", "packed")]
        assert len(units) == 1, (layer, [item.get_reason() for item in told[layer]])
        arrays = program().get_layer_figure(layer, "arrays")
        assert (units[0].get_reason() == "digital") == (arrays == 0)
        copies = [item for item in told[layer] if item.get_reason() == "copies"]
        assert len(copies) == (arrays > 0)
        for item in copies:
            assert item.get_value() == program().get_layer_figure(layer, "copies") and item.get_n_alternatives() > 0
            assert item.get_alternative_name(0) and item.get_alternative_verdict(0)
            assert item.get_alternative_figure(0, "arrays") > arrays
            assert math.isnan(item.get_alternative_figure(0, "nonsense"))
    shares = [program().get_layer_figure(layer, "energy_share") for layer in range(n_layers)]
    assert abs(sum(shares) - 1) < 1e-9, sum(shares)
    assert set(Strata.Program.list_layer_figures()) >= {"copies", "span_ps", "energy_share"}
    row, n_rows, column, n_columns = program().get_tile_block(0)
    assert row == column == 0 and n_rows > 0 and n_columns > 0 and program().get_tile_figure(0, "hops") >= 1
    layer = program().get_tile_site(0)[0]
    assert program().get_overlap_ps(layer, layer) == program().get_layer_figure(layer, "span_ps")


def test_programming_plan():
    ends = []
    for step in range(program().get_n_programming_steps()):
        tile, n_rows, start_ps, end_ps = program().get_programming_step(step)
        assert tile < program().get_n_tiles() and n_rows > 0 and end_ps - start_ps == n_rows * 500000000
        ends.append(end_ps)
    assert max(ends) == program().get_programming_figure("time_ps", Strata.Band.NOMINAL)
    assert math.isnan(program().get_programming_figure("nonsense", Strata.Band.NOMINAL))


def test_profile():
    path, source = str(WORK / "digits.strata"), str(WORK / "recorded.strp")
    program().save(source)
    subprocess.run([STRATA, "profile", source, "-o", path, "-q"], check=True, stdout=subprocess.DEVNULL)
    profile = StrataProfiler.Profile.open(path, None)
    assert profile.get_model_name() == "digits" and profile.get_fidelity_name() == "timing"
    layers = profile.get_layer_model()
    assert [layer.props.name for layer in layers] == [program().get_layer_name(i) for i in range(10)]
    figures = {figure.props.name: figure for figure in profile.get_figure_model()}
    latency = program().get_figure("latency_ps", Strata.Band.NOMINAL)
    assert figures["latency_ps"].props.nominal == latency, (figures["latency_ps"].props.nominal, latency)
    assert profile.get_duration_ps() >= latency, (profile.get_duration_ps(), latency)
    assert all(figure.props.source and figure.props.fidelity for figure in figures.values())
    assert all(finding.props.rule and finding.props.evidence and finding.props.action for finding in profile.get_finding_model())
    decisions = profile.get_decision_model()
    assert [item.props.text for item in decisions] == [item.get_text() for item in program().list_explanations()]
    assert decisions[0].props.layer == -1 and any(item.props.n_alternatives > 0 for item in decisions)
    table = profile.query("SELECT count(*) AS n, sum(energy_fj) AS fj FROM event", 0, None)
    assert table.get_value(0, 0).get_int64() == profile.get_n_events()
    assert table.get_value(0, 1).get_int64() == profile.get_energy_fj()
    refused(StrataProfiler.Profile.error_quark(), StrataProfiler.ProfileError.QUERY,
            lambda: profile.query("DELETE FROM event", 0, None))
    _, result = await_result(lambda done: StrataProfiler.Profile.open_async(path, None, done))
    assert StrataProfiler.Profile.open_finish(result).get_n_events() == profile.get_n_events()


def test_ageing():
    """Age costs signal, and when a target is missed lies between the ages that say so."""
    evaluation = Strata.Evaluation.new(program(), None)
    labels = np.load(DATA / "digits-test-labels.npy")[:60]
    inputs = to_tensor(np.load(DATA / "digits-test-images.npy")[:60].reshape(-1, 1, 8, 8))
    assert evaluation.set_data(inputs, to_tensor(labels), 1 / 16, 0)
    evaluation.set_analog(Strata.Analog.NOMINAL, 2, 5)
    ageing = Strata.Ageing.new(evaluation)
    day = 86400
    assert ageing.set_ages([0, day, 100 * day]) and ageing.set_temperatures([55, 85])
    assert math.isnan(ageing.get_snr_db(0, 0, False))
    shown = []
    assert ageing.run(lambda fraction, stage, *_: shown.append((stage, fraction)), None, None)
    assert shown[-1][0] == "ageing" and 0.99 < shown[-1][1] <= 1, shown[-1]
    assert ageing.get_n_ages() == 3 and ageing.get_age_s(1) == day
    assert ageing.get_n_temperatures() == 2 and ageing.get_temperature_c(1) == 85
    snr = [[ageing.get_snr_db(t, a, False) for a in range(3)] for t in range(2)]
    assert snr[0][0] > snr[0][1] > snr[0][2] > snr[1][2], snr
    assert ageing.get_snr_db(0, 2, True) > snr[0][2] + 1, (snr, ageing.get_snr_db(0, 2, True))
    middle = (snr[0][0] + snr[0][1]) / 2
    assert 0 < ageing.get_due_s(0, False, middle, True) < day
    assert ageing.get_due_s(0, False, snr[0][2] - 1, True) == math.inf
    assert ageing.get_due_s(0, False, snr[0][0] + 1, True) == 0
    assert ageing.get_effective_age_s(0, 1) == (day, False) and ageing.get_measured_s() == 5 * day
    assert ageing.get_effective_age_s(1, 1)[0] / day > 26 and ageing.get_effective_age_s(1, 1)[1]
    ageing.set_recalibrate(False)
    assert ageing.run(None, None, None) and math.isnan(ageing.get_accuracy(0, 2, True)[0])
    assert abs(ageing.get_snr_db(0, 2, False) - snr[0][2]) < 1e-12
    refused(Strata.Device.error_quark(), Strata.DeviceError.INPUT, lambda: ageing.set_ages([day, 0]))
    refused(Strata.Device.error_quark(), Strata.DeviceError.INPUT, lambda: ageing.set_temperatures([1000]))


def test_maintenance():
    """Dates without an ageing that was run; progress that does not go back; cancelled half way; what it refuses."""
    evaluation = Strata.Evaluation.new(program(), None)
    labels = np.load(DATA / "digits-test-labels.npy")[:40]
    inputs = to_tensor(np.load(DATA / "digits-test-images.npy")[:40].reshape(-1, 1, 8, 8))
    assert evaluation.set_data(inputs, to_tensor(labels), 1 / 16, 0)
    evaluation.set_analog(Strata.Analog.NOMINAL, 2, 5)
    ageing = Strata.Ageing.new(evaluation)
    assert ageing.set_temperatures([55])
    keeper = Strata.Maintenance.new(ageing)
    keeper.set_target(12, True)
    keeper.set_life(400 * 86400)
    assert keeper.get_n_events(0, True) == 0 and math.isnan(keeper.get_figure(0, True, "loads", Strata.Band.NOMINAL))
    shown = []
    assert keeper.run(lambda fraction, stage, *_: shown.append((stage, fraction)), None, None)
    fractions = [fraction for _, fraction in shown]
    assert shown[-1][0] == "maintenance" and fractions == sorted(fractions) and fractions[-1] <= 1, shown[-5:]
    n = keeper.get_n_events(0, True)
    assert n >= 1 and keeper.get_state(0, True) == Strata.MaintenanceState.KEPT
    assert keeper.get_figure(0, True, "loads", Strata.Band.NOMINAL) == 1 + sum(
        keeper.get_event(0, True, event, "is_refresh") for event in range(n))
    assert math.isnan(keeper.get_event(0, True, 0, "sum")) and keeper.get_endurance_source()[1] == "assumed"
    points = [keeper.get_point(0, point) for point in range(keeper.get_n_points(0))]
    assert all(calibrated <= age for _, age, calibrated, _ in points) and len(points) > 5, points
    cancellable = Gio.Cancellable()
    refused(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED,
            lambda: keeper.run(lambda fraction, *_: cancellable.cancel() if fraction > 0.3 else None, None, cancellable))
    assert keeper.get_n_events(0, True) == 0
    keeper.set_life(1e12)
    refused(Strata.Device.error_quark(), Strata.DeviceError.INPUT, lambda: keeper.run(None, None, None))
    evaluation.set_analog(Strata.Analog.OFF, 1, 0)
    refused(Strata.Device.error_quark(), Strata.DeviceError.INPUT, lambda: ageing.run(None, None, None))


def test_attribution():
    """What leaving a term out recovers is what an evaluation under such conditions finds, seed by seed."""
    evaluation = Strata.Evaluation.new(program(), None)
    labels = np.load(DATA / "digits-test-labels.npy")[:80]
    inputs = to_tensor(np.load(DATA / "digits-test-images.npy")[:80].reshape(-1, 1, 8, 8))
    assert evaluation.set_data(inputs, to_tensor(labels), 1 / 16, 0)
    evaluation.set_analog(Strata.Analog.CONSERVATIVE, 3, 5)
    shown = []
    found = evaluation.attribute(lambda fraction, stage, *_: shown.append((stage, fraction)), None, None)
    n_terms, n_present = found.get_n_terms()
    assert n_present >= 5 and shown[-1][0] == "attribution" and 0.99 < shown[-1][1] <= 1, shown[-1]
    assert evaluation.run(None, None, None)
    with_all = [evaluation.get_trial(i) for i in range(3)]
    assert abs(found.get_all()[0] - np.mean(with_all)) < 1e-12
    for rank in range(n_terms):
        term = found.get_term(rank)
        recovered, error = found.get_recovered(term)
        assert math.isnan(recovered) == (rank >= n_present)
        conditions = Strata.Conditions.new()
        conditions.physics_off = term
        evaluation.set_conditions(conditions)
        assert evaluation.run(None, None, None)
        without = [evaluation.get_trial(i) for i in range(3)]
        if rank >= n_present:
            assert without == with_all, term
            continue
        differences = np.subtract(without, with_all)
        assert abs(recovered - differences.mean()) < 1e-12 and abs(error - differences.std(ddof=1) / 3 ** 0.5) < 1e-12
    assert found.get_n_layers() == 5 and found.get_layer_bits(0) > 1
    # what the conditions leave out is left out of all
    left_out = found.get_term(0)
    conditions = Strata.Conditions.new()
    conditions.physics_off = left_out
    evaluation.set_conditions(conditions)
    again = evaluation.attribute(None, None, None)
    assert math.isnan(again.get_recovered(left_out)[0]) and again.get_n_terms()[1] == n_present - 1
    cancellable = Gio.Cancellable.new()
    cancellable.cancel()
    refused(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED, lambda: evaluation.attribute(None, None, cancellable))

try:
    tap.run(dict(globals()), "/introspection")
finally:
    shutil.rmtree(WORK, ignore_errors=True)
