#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes descriptions as one C table: embed.py OUT.h FILE... makes `chips_data[]` of {name, text}."""
import os
import sys


def quoted(line):
    return '    "' + line.replace('\\', '\\\\').replace('"', '\\"') + '\\n"'


def main():
    with open(sys.argv[1], 'w', encoding='utf-8') as out:
        out.write('/* Made by embed.py; do not edit. */\n#pragma once\n\n')
        out.write('static const struct\n{\n  const char *name, *text;\n} chips_data[] = {\n')
        for path in sys.argv[2:]:
            with open(path, encoding='utf-8') as text:
                lines = [quoted(line.rstrip('\n')) for line in text]
            name = os.path.basename(path).removesuffix('.yaml')
            out.write('  { "%s",\n%s },\n' % (name, '\n'.join(lines)))
        out.write('};\n')


main()
