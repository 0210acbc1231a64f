#!/usr/bin/env bash
# uninstall.sh ROOT: removes what install.sh put under ROOT, and no folder that others may use.
set -euo pipefail
root=$1
rm -f "$root/bin/prefixkv" "$root"/share/man/man1/prefixkv.1.gz "$root"/share/man/man1/prefixkv-*.1.gz \
  "$root/share/bash-completion/completions/prefixkv" "$root/share/zsh/vendor-completions/_prefixkv" \
  "$root/share/fish/vendor_completions.d/prefixkv.fish"
rm -rf "$root/share/prefixkv"
# Folders that are empty now were made by the installation, or nobody misses them.
for folder in bin share/man/man1 share/man share/bash-completion/completions share/bash-completion \
  share/zsh/vendor-completions share/zsh share/fish/vendor_completions.d share/fish share .; do
  rmdir "$(realpath -m "$root/$folder")" 2>/dev/null || true
done
