#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a sample and checks the one line it prints: at least 90 of 100 digits right, units present."""
import re
import subprocess
import sys

command = sys.argv[1:]
if command[0].endswith(".py"):
    command.insert(0, "/usr/bin/python3")
done = subprocess.run(command, capture_output=True, text=True)
print(done.stdout, done.stderr, sep="")
match = re.fullmatch(r"(\d+) of 100 digits right on demonstrator; [\d.]+ [µn]s and [\d.]+ [µn]J per inference, modelled\n",
                     done.stdout)
sys.exit(0 if done.returncode == 0 and match and int(match[1]) >= 90 else 1)
