#!/usr/bin/env bash
# make-deb.sh: packs .build/release/prefixkv and its assets into .build/deb/prefixkv_VERSION_ARCHITECTURE.deb.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '%s\n' "make-deb: $*" >&2; }

for tool in dpkg-deb dpkg-shlibdeps; do
  command -v "$tool" >/dev/null || { say "$tool is missing; install dpkg-dev"; exit 1; }
done

version=$(.build/release/prefixkv --version)
architecture=$(dpkg --print-architecture)
work=.build/deb
root=$work/root
rm -rf "$work"
mkdir -p "$root/DEBIAN" "$work/debian"
umask 022

scripts/install.sh .build/release/prefixkv "$root/usr"

documents=$root/usr/share/doc/prefixkv
install -D -m 644 scripts/deb/copyright "$documents/copyright"
# The date of the last commit, so that the same commit gives the same package.
date=$(git log -1 --format=%cD 2>/dev/null || date -R)
printf 'prefixkv (%s) unstable; urgency=medium\n\n  * Release %s.\n\n -- the prefixkv authors <maintainers@prefixkv.invalid>  %s\n' \
  "$version" "$version" "$date" | gzip -9n >"$documents/changelog.gz"

# dpkg-shlibdeps reads the name of the source package from debian/control.
printf 'Source: prefixkv\n\nPackage: prefixkv\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/prefixkv | sed -n 's/^shlibs:Depends=//p')

cat >"$root/DEBIAN/control" <<CONTROL
Package: prefixkv
Version: $version
Architecture: $architecture
Maintainer: the prefixkv authors <maintainers@prefixkv.invalid>
Section: science
Priority: optional
Installed-Size: $(du -sk --apparent-size "$root/usr" | cut -f1)
Depends: $depends
Suggests: libopenblas0-pthread
Description: chat with LLaVA in the terminal and shrink its KV cache meanwhile
 prefixkv loads a picture, answers questions about it with LLaVA on the CPU, and
 lets the budget of the KV cache be moved while the answer streams. Panels show
 what every layer retains, and what that costs and saves.
 .
 A small model is included; checkpoints of the LLaVA family in Hugging Face's,
 LLaVA's and GGUF's formats are read as they are.
CONTROL
(cd "$root" && find usr -type f -printf '%P\n' | sort | sed 's|^|usr/|' | xargs md5sum) >"$root/DEBIAN/md5sums"

package=$work/prefixkv_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$package" >/dev/null
say "$package, $(du -h --apparent-size "$package" | cut -f1)"
