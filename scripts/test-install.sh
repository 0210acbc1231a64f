#!/usr/bin/env bash
# test-install.sh [SUITE…]: installs the package into bare Debian systems made with debootstrap, uses the
# program there, and removes it again. Default: bookworm and trixie. Needs root, debootstrap and a mirror.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '%s\n' "test-install: $*" >&2; }
fail() { say "$*"; exit 1; }

[ "$(id -u)" -eq 0 ] || fail "needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "debootstrap is missing; install it"
package=$(ls .build/deb/prefixkv_*.deb 2>/dev/null) || fail "no package in .build/deb; run make deb"
mirror=${MIRROR:-http://deb.debian.org/debian}
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)

work=$(mktemp -d "${TMPDIR:-/tmp}/prefixkv-install.XXXXXX")
leave() {
  for mount in "$work"/*/dev/pts "$work"/*/proc; do
    mountpoint -q "$mount" && umount "$mount"
  done
  rm -rf --one-file-system "$work"
}
trap leave EXIT

# Everything outside of /proc, /dev and apt's and dpkg's own records.
files() {
  (cd "$1" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./var/cache -o -path ./var/lib \
    -o -path ./var/log -o -path ./tmp \) -prune -o -print | sort)
}

for suite in "${suites[@]}"; do
  root=$work/$suite
  say "$suite: making a bare system"
  debootstrap --variant=minbase --include=tmux,ca-certificates "$suite" "$root" "$mirror" >"$work/log" 2>&1 \
    || { tail -n 5 "$work/log" >&2; fail "$suite: debootstrap failed"; }
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  # Without /proc a statically linked Swift program loses its arguments.
  mount -t proc proc "$root/proc"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=xterm-256color LC_ALL=C.UTF-8 "$@"; }

  ! inside sh -c 'command -v swift' >/dev/null || fail "$suite: Swift is there; this would prove nothing"
  files "$root" >"$work/before"
  cp "$package" "$root/tmp/prefixkv.deb"
  inside apt-get update -qq
  # dpkg -i first, as a person does; apt then brings the libraries that it names.
  inside dpkg -i /tmp/prefixkv.deb >/dev/null 2>&1 || true
  inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -f --no-install-recommends >/dev/null
  inside dpkg -s prefixkv | grep -q '^Status: install ok installed' || fail "$suite: the package is not configured"

  say "$suite: asking"
  answer=$(inside prefixkv ask "How many hearts are there?" --image /usr/share/prefixkv/pictures/confetti.png)
  [ -n "$answer" ] || fail "$suite: no answer"
  say "$suite: \"$answer\""
  inside prefixkv --licenses | grep -q 'Apache License' || fail "$suite: licences are missing"
  [ -s "$root/usr/share/man/man1/prefixkv.1.gz" ] || fail "$suite: no manual page"

  say "$suite: opening the chat in tmux"
  inside tmux -L test new-session -d -x 100 -y 30 prefixkv
  for _ in $(seq 100); do
    screen=$(inside tmux -L test capture-pane -p)
    grep -qi 'budget' <<<"$screen" && break
    sleep 0.2
  done
  grep -qi 'budget' <<<"$screen" || fail "$suite: the chat did not open: $screen"
  inside tmux -L test send-keys /quit Enter
  for _ in $(seq 50); do inside tmux -L test has-session 2>/dev/null || break; sleep 0.2; done
  ! inside tmux -L test has-session 2>/dev/null || fail "$suite: /quit did not end the chat"

  say "$suite: removing"
  rm -rf "$root/root/.local" "$root/root/.cache" "$root/root/.config"
  inside env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq prefixkv >/dev/null
  inside env DEBIAN_FRONTEND=noninteractive apt-get autoremove -y -qq --purge >/dev/null
  files "$root" >"$work/after"
  left=$(comm -13 "$work/before" "$work/after" | grep -i prefixkv || true)
  [ -z "$left" ] || fail "$suite: removal left $left"
  umount "$root/dev/pts" "$root/proc"
  rm -rf --one-file-system "$root"
  say "$suite: installed, used, removed"
done
