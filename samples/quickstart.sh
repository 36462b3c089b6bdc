#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job on a real model, from nothing: installs what is missing, builds into build/, measures the accuracy of a
# small CNN on the demonstrator chip, records a profile of it, and opens the profiler, or writes a report where there is
# no display. Takes a few minutes the first time, seconds after.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
. "$top/samples/setup.sh"

install_packages $build_packages
build_strata "$top" "$top/build"

strata="$top/build/ui/cli/strata"
data="$top/samples/data"
out="$top/build/quickstart"
mkdir -p "$out"

say "compiling digits.onnx for the demonstrator chip"
"$strata" compile "$data/digits.onnx" --chip demonstrator --calibration "$data/digits-calibration.npy" \
  --input-scale 0.0625 -o "$out/digits.strp"

say "accuracy on the 360 test images"
"$strata" evaluate "$out/digits.strp" --inputs "$data/digits-test-images.npy" --labels "$data/digits-test-labels.npy" \
  --input-scale 0.0625

say "profiling"
"$strata" profile "$out/digits.strp" -o "$out/digits.strata"

if [ -n "${WAYLAND_DISPLAY:-}${DISPLAY:-}" ] && [ -z "${STRATA_NO_WINDOW:-}" ]; then
  say "opening the profiler (build/ui/app/strata-profiler build/quickstart/digits.strata)"
  exec "$top/build/ui/app/strata-profiler" "$out/digits.strata"
fi
"$strata" report "$out/digits.strata" --html -o "$out/digits.html"
for section in overview stack layers timeline power; do
  "$top/build/ui/app/strata-profiler" --render "$section" --dark -o "$out/$section.png" "$out/digits.strata"
done
say "no display: wrote the report build/quickstart/digits.html and pictures of the five sections beside it"
