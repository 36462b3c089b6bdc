#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the test logs of meson build folders to one line, and lists what failed. Exit 1 where something did.

A program that speaks TAP counts by its subtests; one that crashes or times out counts as one failure more.
"""
import json
import re
import sys
from pathlib import Path

TAP = re.compile(r"^(not ok|ok) \d+(?: - | )?(.*?)(?:\s+# (SKIP|TODO)\b(.*))?$")


def read_log(folder):
    """(passed, failures, skips) of one build folder."""
    passed, failed, skipped = 0, [], []
    log = Path(folder) / "meson-logs" / "testlog.json"
    if not log.exists():
        return 0, [f"{folder}: no test log; the tests did not run"], []
    for line in log.read_text().splitlines():
        test = json.loads(line)
        ok_before = len(failed)
        seen = 0
        for row in test.get("stdout", "").splitlines():
            match = TAP.match(row)
            if not match:
                continue
            seen += 1
            name = f"{test['name']}: {match[2]}"
            if match[3] == "SKIP":
                skipped.append(f"{name} ({match[4].strip()})")
            elif match[1] == "ok":
                passed += 1
            else:
                failed.append(name)
        good = test["result"] in ("OK", "EXPECTEDFAIL", "SKIP")
        if seen == 0 and test["result"] == "SKIP":
            skipped.append(test["name"])
        elif seen == 0 and good:
            passed += 1
        elif not good and len(failed) == ok_before:
            failed.append(f"{test['name']}: {test['result'].lower()}, exit {test.get('returncode')}")
    return passed, failed, skipped


def main():
    total, failures, skips = 0, [], []
    for folder in sys.argv[1:]:
        passed, failed, skipped = read_log(folder)
        total += passed
        failures += failed
        skips += skipped
    for name in sorted(set(skips)):
        print(f"skipped  {name}")
    for name in failures:
        print(f"FAILED   {name}")
    print(f"{total} passed, {len(failures)} failed" + (f", {len(skips)} skipped" if skips else ""))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
