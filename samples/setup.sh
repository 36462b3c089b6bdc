# SPDX-License-Identifier: Apache-2.0
# What quickstart.sh and tests/run.sh share: install what is missing, configure, build. Sourced, not run.
# Needs a Debian 12 machine; asks nothing. Sets nothing but functions.

build_packages="gcc libc6-dev meson ninja-build pkg-config python3 libgtk-4-dev libsqlite3-dev libyaml-dev
  libjson-glib-dev libdnnl-dev libxxhash-dev gobject-introspection libgirepository1.0-dev fonts-dejavu-core
  librsvg2-common adwaita-icon-theme"

say () {
  printf '==> %s\n' "$*"
}

# install_packages NAME…: those of the packages that are not there yet
install_packages () {
  missing=""
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  [ -z "$missing" ] && return 0
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      printf 'These Debian packages are missing, and this user cannot install them without a password:\n  %s\n' "$missing" >&2
      printf 'Install them with:  sudo apt-get install --no-install-recommends%s\nthen run this again.\n' "$missing" >&2
      return 1
    fi
    as_root="sudo -n"
  fi
  say "installing:$missing"
  install_log=$(mktemp)
  if $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >"$install_log" 2>&1 &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >>"$install_log" 2>&1
  then
    rm -f "$install_log"
  else
    cat "$install_log" >&2
    rm -f "$install_log"
    return 1
  fi
}

# build_strata SOURCE FOLDER [MESON OPTION…]
build_strata () {
  source_folder=$1
  build_folder=$2
  shift 2
  if [ ! -f "$build_folder/build.ninja" ]; then
    say "configuring in $build_folder"
    meson setup "$build_folder" "$source_folder" "$@" >"$build_folder.log" 2>&1 ||
      { cat "$build_folder.log"; return 1; }
    rm -f "$build_folder.log"
  fi
  say "building in $build_folder"
  ninja -C "$build_folder" --quiet
}
