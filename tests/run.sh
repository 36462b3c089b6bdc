#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# All tests: installs what is missing, builds into build/ and, with the address and undefined-behaviour sanitizers, into
# build-sanitize/, runs the suites, and ends with one line "N passed, N failed, N skipped".
#
#   tests/run.sh            everything
#   tests/run.sh SUITE…     only these suites, without sanitizers: lint unit api device golden ui
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/samples/setup.sh"
test_packages="python3-gi python3-numpy python3-onnx xvfb xauth clang-format cppcheck libonnx-testdata git imagemagick"

# run_suites FOLDER SUITE…: never stops; the summary counts
run_suites () {
  folder=$1
  shift
  suites=""
  for suite in "$@"; do
    suites="$suites --suite $suite"
  done
  rm -f "$folder/meson-logs/testlog.json"
  xvfb-run -a -s '-screen 0 1600x1000x24' meson test -C "$folder" --no-rebuild --print-errorlogs $suites || true
}

install_packages $build_packages $test_packages
build_strata "$top" "$top/build"
if [ $# -gt 0 ]; then
  run_suites "$top/build" "$@"
  exec python3 "$top/tests/lib/summarise.py" "$top/build"
fi
run_suites "$top/build" lint unit api device golden ui
build_strata "$top" "$top/build-sanitize" -Db_sanitize=address,undefined -Db_lundef=false -Dbuildtype=debugoptimized
# GLib handles signals on the alternate stack, and reads of that are at times taken for errors when the sanitizer provides it.
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:strict_string_checks=1:use_sigaltstack=0 \
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
  LSAN_OPTIONS=suppressions="$top/tests/lib/leaks.supp":print_suppressions=0 \
  run_suites "$top/build-sanitize" unit device golden cli
exec python3 "$top/tests/lib/summarise.py" "$top/build" "$top/build-sanitize"
