#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes text files as C string constants: embed.py OUT.h FILE… makes `static const char FILE_SQL[]` of file.sql."""
import os
import sys


def quoted(line):
    return '  "' + line.replace('\\', '\\\\').replace('"', '\\"') + '\\n"'


def main():
    with open(sys.argv[1], 'w', encoding='utf-8') as out:
        out.write('/* Made by embed.py; do not edit. */\n#pragma once\n\n')
        for path in sys.argv[2:]:
            name = os.path.basename(path).upper().replace('.', '_')
            with open(path, encoding='utf-8') as text:
                lines = [quoted(line.rstrip('\n')) for line in text]
            out.write('static const char %s[] =\n%s;\n\n' % (name, '\n'.join(lines)))


main()
