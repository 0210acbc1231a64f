#!/usr/bin/env bash
# install.sh PROGRAM ROOT: puts the program, its assets, manual pages and completions under ROOT.
set -euo pipefail
program=$1 root=$2
cd "$(dirname "$0")/.."

install -D -m 755 "$program" "$root/bin/prefixkv"
strip --strip-unneeded "$root/bin/prefixkv"

# Links are followed: the licence of the program stands at the top of the checkout.
for folder in model confs pictures licenses; do
  (cd assets && find "$folder" \( -type f -o -type l \) -print0) | while IFS= read -r -d '' file; do
    install -D -m 644 "assets/$file" "$root/share/prefixkv/$file"
  done
done

for page in docs/man/*.1; do
  install -D -m 644 "$page" "$root/share/man/man1/${page##*/}"
  gzip -9nf "$root/share/man/man1/${page##*/}"
done

# Completions are read by a shell, not run: their line with #! goes.
completion() {
  "$root/bin/prefixkv" --generate-completion-script "$1" | sed '1{/^#!/d}' | install -D -m 644 /dev/stdin "$2"
}
completion bash "$root/share/bash-completion/completions/prefixkv"
completion zsh "$root/share/zsh/vendor-completions/_prefixkv"
completion fish "$root/share/fish/vendor_completions.d/prefixkv.fish"
