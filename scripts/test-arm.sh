#!/usr/bin/env bash
# Builds the kernels for aarch64 and runs them under QEMU, whose "max" processor has every extension,
# against their definitions (Tests/CKernelsHarness). Compiles the other C targets, too. With `native`, for the processor of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:-aarch64}
out=.build/kernels-$target
mkdir -p "$out"
# Those of Package.swift.
flags=(-std=gnu17 -Wall -Wextra -Werror -O3 -fno-math-errno)
for folder in include common dispatch types float int amx; do flags+=("-ISources/CKernels/$folder"); done
names=()
runner=()
if [ "$target" = aarch64 ]; then
  for program in qemu-aarch64 aarch64-linux-gnu-gcc; do
    command -v "$program" >/dev/null 2>&1 && continue
    echo "test-arm: $program is missing. Install: apt-get install libc6-dev-arm64-cross gcc-aarch64-linux-gnu qemu-user" >&2
    exit 1
  done
  flags+=(--target=aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include)
  runner=(qemu-aarch64 -cpu max -L /usr/aarch64-linux-gnu)
  names=(neon dotprod i8mm)
fi

objects=()
while IFS= read -r source; do
  object=$out/$(basename "$source" .c).o
  [ "$(dirname "$source")" = Tests/CKernelsHarness ] && object=$out/test-$(basename "$source" .c).o
  clang "${flags[@]}" -c "$source" -o "$object"
  objects+=("$object")
done < <(find Sources/CKernels Tests/CKernelsHarness -name '*.c' | sort)

# The other C targets are compiled, too, against the headers of this machine's libraries. They are not linked:
# that takes the libraries of an arm64 system.
if [ "$target" = aarch64 ]; then
  read -ra glib < <(pkg-config --cflags glib-2.0 gdk-pixbuf-2.0)
  for folder in CImageCodecs CTerm CEdit; do
    for source in Sources/"$folder"/*.c; do
      clang "${flags[@]}" "-ISources/$folder/include" "${glib[@]}" -idirafter /usr/include \
        -idirafter "/usr/include/$(uname -m)-linux-gnu" -c "$source" -o "$out/$folder-$(basename "$source" .c).o"
    done
  done
fi

if [ "$target" = aarch64 ]; then
  aarch64-linux-gnu-gcc "${objects[@]}" -lm -lpthread -o "$out/test-kernels"
else
  clang "${objects[@]}" -lm -lpthread -o "$out/test-kernels"
fi
"${runner[@]}" "$out/test-kernels" "${names[@]}"
