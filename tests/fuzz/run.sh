#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes: installs clang where it is missing, builds into build-fuzz/, runs libFuzzer on one target, and ends with one
# line of what was run. Exit 1 where something was found; the input is kept in build-fuzz/finds/TARGET.
#
#   tests/fuzz/run.sh [TARGET [SECONDS [EXECUTIONS]]]     import, 1800 seconds or 10000000 executions, whichever is first
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/samples/setup.sh"
target=${1:-import}
seconds=${2:-1800}
executions=${3:-10000000}
build=$top/build-fuzz
source=$top/tests/fuzz

[ -f "$source/fuzz-$target.c" ] || { echo "$source/fuzz-$target.c is not there; targets:" $(cd "$source" && ls fuzz-*.c) >&2; exit 2; }
install_packages $build_packages clang llvm
if [ ! -f "$build/build.ninja" ]; then
  say "configuring in $build"
  CC=clang meson setup "$build" "$top" -Dfuzz=enabled -Db_sanitize=address,undefined -Db_lundef=false \
    -Dbuildtype=debugoptimized >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
  rm -f "$build.log"
fi
say "building tests/fuzz/fuzz-$target"
ninja -C "$build" --quiet "tests/fuzz/fuzz-$target"

# What is new goes to the first folder; the others are read. Cases of the ONNX project are read where they are installed.
corpus=$build/corpus/$target
finds=$build/finds/$target
mkdir -p "$corpus" "$finds"
rm -f "$finds"/*
inputs="$corpus $source/corpus/$target"
if [ "$target" = import ] && [ -d /usr/share/libonnx-testdata ]; then
  inputs="$inputs /usr/share/libonnx-testdata"
fi
# A program holds the description of its chip, some 10 kB.
longest=16384
[ "$target" != program ] || longest=65536
# Words of the format: operators, attributes and modes are the quoted ones of these tables; keys of die files
if [ "$target" = die ]; then
  grep -ohE '"[a-z_]+"' "$top/sdk/chip/die-read.c" "$top/sdk/chip/die-measured.c" | sort -u >"$build/$target.dict"
else
  sed -n 's/.*[({ ]\("[A-Za-z_][A-Za-z_]*"\).*/\1/p' "$top/sdk/model/ops.def" "$top/sdk/model/ops.c" |
    sort -u >"$build/$target.dict"
fi

# Time is judged by the target itself, in seconds of the processor; -timeout ends what never returns.
say "fuzzing $target for $seconds s or $executions executions"
status=0
ASAN_OPTIONS=detect_leaks=1:abort_on_error=1:handle_abort=1:allocator_may_return_null=1 \
  UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
  LSAN_OPTIONS=suppressions="$top/tests/lib/leaks.supp":print_suppressions=0 \
  G_SLICE=always-malloc G_DEBUG=fatal-criticals OPENBLAS_NUM_THREADS=1 \
  "$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" -runs="$executions" -timeout=10 -rss_limit_mb=2048 \
  -malloc_limit_mb=256 -max_len="$longest" -dict="$build/$target.dict" -artifact_prefix="$finds/" -print_final_stats=1 \
  $inputs >"$build/$target.log" 2>&1 || status=$?

value () {
  sed -n "s/^stat::$1: *//p" "$build/$target.log"
}
edges=$(sed -n 's/^#[0-9]*[[:space:]].* cov: \([0-9]*\) .*/\1/p' "$build/$target.log" | tail -1)
n_finds=$(ls "$finds" | wc -l)
if [ "$status" -ne 0 ]; then
  grep -vE '^#[0-9]+[[:space:]]|NEW_FUNC' "$build/$target.log" | head -60
  echo "reproduce with: $build/tests/fuzz/fuzz-$target $finds/*"
fi
echo "$target: $(value number_of_executed_units) executions, $(value average_exec_per_sec) a second," \
  "${edges:-0} edges, $(ls "$corpus" | wc -l) inputs beside the seeds, $n_finds found"
[ "$status" -eq 0 ] && [ "$n_finds" -eq 0 ]
