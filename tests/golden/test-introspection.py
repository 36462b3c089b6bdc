#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The profiler library from Python: open, ask, report, and errors as exceptions. Argument: make-synthetic-profile."""
import json
import os
import subprocess
import sys
import tempfile

import gi

gi.require_version('StrataProfiler', '1.0')
from gi.repository import GLib, StrataProfiler  # noqa: E402


def check(number, name, condition):
    print('%s %d %s' % ('ok' if condition else 'not ok', number, name))


def refused(call):
    try:
        call()
    except GLib.Error as error:
        return error.domain == 'strata-profile-error-quark' and '\n' not in error.message
    return False


def main():
    print('1..9')
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'run.strata')
        subprocess.run([sys.argv[1], path, '20', '5000'], check=True)
        profile = StrataProfiler.Profile.open(path, None)
        check(1, 'counts', (profile.get_n_layers(), profile.get_n_events()) == (20, 5002))
        layers = profile.get_layer_model()
        layer = layers[5]
        check(2, 'items', layers.get_n_items() == 20 and layer.props.energy_fj > 0
              and layer.get_component_fj('adc', 0) > 0)
        table = profile.query('SELECT sum(energy_fj) AS fj FROM event', 0, None)
        check(3, 'query', table.get_column_name(0) == 'fj'
              and table.get_value(0, 0).get_int64() == profile.get_energy_fj())
        check(4, 'report', json.loads(profile.report_json())['result']['energy_fj'] == profile.get_energy_fj())
        check(5, 'verdict', profile.dup_verdict_text(0) is not None and profile.dup_verdict_text(99) is None)
        check(6, 'errors', refused(lambda: profile.query('DELETE FROM event', 0, None))
              and refused(lambda: StrataProfiler.Profile.open(path + '.missing', None)))
        half = profile.energy_between(0, profile.get_duration_ps() // 2)
        rest = profile.energy_between(profile.get_duration_ps() // 2, profile.get_duration_ps())
        check(7, 'energy of a stretch', half + rest == profile.get_energy_fj())
        decision = profile.get_decision_model()[1]
        others = decision.get_alternative_model()
        check(8, 'decisions', decision.props.reason == 'copies' and decision.props.layer == 0 and decision.props.value == 1
              and [other.props.what for other in others] == ['2 copies', 'digital units']
              and others[1].props.energy_fj == 77 and others[1].props.latency_ps == -1)
        check(9, 'spells', 'throttles for skin after 60.0 s' in profile.dup_spell_text(0)
              and profile.dup_spell_text(2) is None)


main()
