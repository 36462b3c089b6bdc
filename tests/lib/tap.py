# SPDX-License-Identifier: Apache-2.0
"""A few lines of TAP for tests that drive the command: functions named test_… run in order, one TAP line each."""
import sys
import traceback


class Skip(Exception):
    """Raised by a test that cannot run here; the text is the reason."""


def run(namespace, prefix):
    tests = [(n[5:].replace("_", "-"), f) for n, f in namespace.items() if n.startswith("test_")]
    print(f"1..{len(tests)}")
    failed = False
    for number, (name, function) in enumerate(tests, 1):
        try:
            note = function()
            print(f"ok {number} {prefix}/{name}", flush=True)
            for line in (note or "").splitlines():
                print(f"# {line}")
        except Skip as reason:
            print(f"ok {number} {prefix}/{name} # SKIP {reason}", flush=True)
        except Exception:
            failed = True
            print(f"not ok {number} {prefix}/{name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print(f"# {line}")
    sys.exit(1 if failed else 0)
