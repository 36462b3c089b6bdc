#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""include-only.py OUTPUT HEADER: a C file that includes one header and nothing else."""
import sys

name = sys.argv[2].replace("/", "_").replace("-", "_").replace(".", "_")
with open(sys.argv[1], "w") as out:
    out.write(f"#include <{sys.argv[2]}>\nint {name} (void);\nint\n{name} (void)\n{{\n  return 0;\n}}\n")
