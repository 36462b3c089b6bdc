#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The lint suite: rules of the house that a script can see, one TAP line each. Run from anywhere; also a pre-commit hook.

    lint.py [CHECK…]
"""
import fnmatch
import re
import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
FILE_LIMIT = 900
FUNCTION_LIMIT = 120

# Who may include whom: first folder of an include path, by folder of the including file. Design, rule 4.
SDK_ORDER = {
    "base": set(),
    "trace": {"base"},
    "kernels": {"base"},
    "chip": {"base"},
    "model": {"base", "kernels", "trace"},
    "cost": {"base", "chip", "trace"},
    "program": {"base", "chip", "cost", "model", "trace", "kernels"},
    "compiler": {"base", "chip", "cost", "kernels", "model", "program", "trace"},
    "simulator": {"base", "chip", "cost", "kernels", "model", "program", "trace"},
    "device": {"base", "chip", "model", "program", "simulator", "trace"},
    "validation": {"base", "chip", "compiler", "cost", "model", "program", "simulator"},
    "api": {"base", "chip", "compiler", "cost", "device", "model", "program", "simulator", "trace", "validation"},
}
PROFILER_ORDER = {
    "draw": set(),
    "store": {"draw"},
    "ingest": {"store"},
    "analysis": {"store", "model"},
    "model": {"store", "analysis"},
    "export": {"store", "analysis", "model", "draw"},
}


def tracked(*suffixes):
    names = subprocess.run(["git", "ls-files"], cwd=TOP, capture_output=True, text=True).stdout.split("\n")
    return [TOP / n for n in names if n.endswith(suffixes) and (TOP / n).is_file()]


def relative(path):
    return path.relative_to(TOP).as_posix()


def strip_code(text):
    """Comments and string contents blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_spdx():
    for path in tracked(".c", ".h", ".def", ".py", ".sh", ".sql", "meson.build", ".ui", ".css", ".js"):
        head = path.read_text(errors="replace")[:300]
        if "SPDX-License-Identifier: Apache-2.0" not in head:
            yield f"{relative(path)}: no SPDX line"


def check_includes():
    for path in tracked(".c", ".h"):
        parts = relative(path).split("/")
        for line, name in re.findall(r'^(#include [<"]([^>"]+)[>"])', path.read_text(), flags=re.M):
            first = name.split("/")[0]
            where = f"{relative(path)}: {line}"
            if parts[0] == "sdk" and first in SDK_ORDER and "/" in name and first != parts[1] \
                    and first not in SDK_ORDER[parts[1]]:
                yield f"{where}: {parts[1]}/ may not include {first}/"
            if parts[0] == "profiler" and first in PROFILER_ORDER and "/" in name and first != parts[1] \
                    and first not in PROFILER_ORDER.get(parts[1], set()):
                yield f"{where}: {parts[1]}/ may not include {first}/"
            if parts[0] in ("profiler", "include", "ui") and first in SDK_ORDER and "/" in name \
                    and not (parts[0] == "profiler" and first in PROFILER_ORDER):
                yield f"{where}: only include/ may be seen from here"
            if name == "sqlite3.h" and parts[0] != "profiler" and parts[0] != "tests":
                yield f"{where}: nobody but profiler/ sees SQLite"
            if first == "gtk" and parts[0] not in ("ui", "tests"):
                yield f"{where}: GTK outside ui/"
            if parts[:2] == ["ui", "cli"] and first in ("widgets", "sections", "app"):
                yield f"{where}: the command sees include/ only"


def check_headers():
    """A public function has a documentation comment directly above it, with a Returns: where it returns something."""
    for path in tracked(".h"):
        if not relative(path).startswith("include/"):
            continue
        text = path.read_text()
        for match in re.finditer(r"^STRATA_API\s+(?!G_DECLARE)(?!GQuark)(?!GType)([^;]*?)(\w+)\s*\(", text, flags=re.M):
            before = text[:match.start()].rstrip()
            doc = before[before.rfind("/*"):] if before.endswith("*/") else ""
            if match[2].endswith("_get_type") or relative(path).endswith("sys/strata-trace.h"):
                continue
            if not doc.startswith("/**") or f"{match[2]}:" not in doc:
                yield f"{relative(path)}: {match[2]} has no documentation above it"
            elif match[1].strip() != "void" and "Returns:" not in doc:
                yield f"{relative(path)}: {match[2]}: what it returns is not said"
        if re.search(r"^\s*union\b|:\s*\d+;\s*$", strip_code(text), flags=re.M) and "/sys/" not in relative(path):
            yield f"{relative(path)}: unions and bit-fields cannot be bound"


def check_static():
    """No mutable data that outlives a call in the libraries. Once-guards and type registration are what GLib needs."""
    declaration = re.compile(r"^\s*static\s+(?!inline\b)(?!const\b)(?!_Thread_local const)([^;(={]*?)(\w+)(\[[^;]*?\])?\s*(=|;)", re.M)
    for path in tracked(".c"):
        name = relative(path)
        if not name.startswith(("sdk/", "profiler/")):
            continue
        for match in declaration.finditer(strip_code(path.read_text())):
            words = match[1]
            if "const" in words.split() or match[2].endswith("_once") or match[2] in ("parent_class", "properties", "signals"):
                continue
            if re.search(r"\*\s*const\s*$", words):
                continue
            yield f"{name}: static {words.strip()} {match[2]} is mutable"


def check_calls():
    banned = re.compile(r"(?<![\w.>])(printf|fprintf|puts|exit|abort|perror|g_print|g_printerr|system)\s*\(")
    for path in tracked(".c"):
        name = relative(path)
        if name.startswith(("sdk/", "profiler/")):
            for match in banned.finditer(strip_code(path.read_text())):
                yield f"{name}: {match[1]} in a library"


def check_size():
    for path in tracked(".c", ".h", ".py"):
        n = len(path.read_text().splitlines())
        if n > FILE_LIMIT:
            yield f"{relative(path)}: {n} lines; split before {FILE_LIMIT}"
        if path.suffix != ".c":
            continue
        start = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start is not None:
                if number - start > FUNCTION_LIMIT:
                    yield f"{relative(path)}:{start}: a function of {number - start} lines; at most {FUNCTION_LIMIT}"
                start = None


def named_files(text):
    """What a README names in backticks, as patterns: `a.[ch]`, `a.h`, `a*.c`, `a`"""
    for span in re.findall(r"`([^`\n]+)`", text):
        if re.fullmatch(r"[\w*/-]+(\.(c|h|def|\[ch\]))?", span):
            yield span.split("/")[-1]


def check_readme():
    """Each folder with code has a README that names its sources, and no file that is gone."""
    everywhere = {path.name for path in tracked(".c", ".h", ".def")}
    for folder in sorted({path.parent for path in tracked(".c")}):
        name = relative(folder)
        if name.startswith("tests/"):
            continue
        readme = (TOP / "samples" if name.startswith("samples/") else folder) / "README.md"
        if not readme.exists():
            yield f"{name}: no README.md"
            continue
        text = readme.read_text()
        spans = list(named_files(text))
        stems = {span.split(".")[0] for span in spans}
        for path in sorted(p for p in tracked(".c", ".def") if p.parent == folder):
            if not any(fnmatch.fnmatchcase(path.stem, stem) for stem in stems) and "the other files" not in text:
                yield f"{name}/README.md: does not name {path.name}"
        for span in spans:
            if re.fullmatch(r"[\w-]+\.(c|h|def)", span) and span not in everywhere:
                yield f"{name}/README.md: names {span}, which is nowhere"


def check_format():
    if shutil.which("clang-format") is None:
        yield "SKIP clang-format is not installed"
        return
    files = [relative(p) for p in tracked(".c", ".h") if not relative(p).startswith("build")]
    done = subprocess.run(["clang-format", "--dry-run", "--ferror-limit=1", *files], cwd=TOP, capture_output=True, text=True)
    for name in sorted(set(re.findall(r"^([^\s:]+):\d+:\d+: warning: code should be clang-formatted", done.stderr, flags=re.M))):
        yield f"{name}: not formatted; clang-format -i {name}"


def check_cppcheck():
    if shutil.which("cppcheck") is None:
        yield "SKIP cppcheck is not installed"
        return
    done = subprocess.run(
        ["cppcheck", "--quiet", "--std=c11", "-j2", "--enable=warning,portability", "--inline-suppr", "--library=gtk",
         "--suppress=internalAstError", "--suppress=unknownMacro", "--suppress=syntaxError", "--suppress=nullPointerRedundantCheck",
         "--suppress=preprocessorErrorDirective",
         # false alarms on arrays filled through a pointer or in a loop; the compiler and the sanitizers look at those
         "--suppress=uninitvar", "--suppress=legacyUninitvar", "--max-configs=1", "--template={file}:{line}: {message} [{id}]",
         "-Iinclude", "-Isdk", "sdk", "profiler", "ui"], cwd=TOP, capture_output=True, text=True)
    yield from (line for line in done.stderr.splitlines() if re.match(r"\S+:\d+:", line))


CHECKS = {name[6:]: function for name, function in list(globals().items()) if name.startswith("check_")}


def main():
    names = sys.argv[1:] or list(CHECKS)
    print(f"1..{len(names)}")
    failed = False
    for number, name in enumerate(names, 1):
        found = list(CHECKS[name]())
        if found and found[0].startswith("SKIP "):
            print(f"ok {number} /lint/{name} # SKIP {found[0][5:]}")
            continue
        failed |= bool(found)
        print(f"{'not ok' if found else 'ok'} {number} /lint/{name}")
        for line in found[:60]:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
