#!/usr/bin/env bash
# Installs what building and testing prefixkv needs. Safe to run again: does nothing when all is there.
set -euo pipefail

packages=(
  libncursesw5-dev libopenblas-dev libjpeg-dev libpng-dev libwebp-dev libgif-dev
  libgdk-pixbuf-2.0-dev libsqlite3-dev libedit-dev libssl-dev libchafa-dev libglib2.0-dev pkg-config ncurses-term clang-format
)

say() { printf '%s\n' "prefixkv set-up: $*" >&2; }

if ! command -v swift >/dev/null 2>&1; then
  say "Swift is not on the PATH. Install Swift 6.1 or later from https://www.swift.org/install/linux/ and run this again."
  exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
if [ -z "$version" ] || [ "$(printf '6.1\n%s\n' "$version" | sort -V | head -n 1)" != 6.1 ]; then
  say "Swift ${version:-of unknown version} is too old; 6.1 or later is needed: https://www.swift.org/install/linux/"
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  say "This script knows Debian and Ubuntu. Please install the equivalents of: ${missing[*]}"
  exit 1
fi
elevate=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    say "Not root and no sudo. Please have an administrator run: apt-get install ${missing[*]}"
    exit 1
  fi
  elevate=(sudo)
fi
say "installing ${missing[*]}"
"${elevate[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${elevate[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
