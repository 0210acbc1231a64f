#!/usr/bin/env bash
# test-install.sh [SUITE…]: installs the package into bare Debian systems made with debootstrap, uses the
# program there in a terminal, and removes it again. Default: bookworm and trixie. Needs root, debootstrap and
# a mirror; test-install.sh --possible says whether they are there.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '%s\n' "test-install: $*" >&2; }
fail() { say "$*"; exit 1; }

mirror=${MIRROR:-http://deb.debian.org/debian}
[ "$(id -u)" -eq 0 ] || fail "needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "debootstrap is missing; install it"
wget -q --spider --timeout 10 --tries 1 "$mirror/dists/stable/Release" || fail "the mirror $mirror does not answer"
[ "${1:-}" != --possible ] || exit 0

package=$(ls .build/deb/prefixkv_*.deb 2>/dev/null) || fail "no package in .build/deb; run make deb"
[ "$(stat -c %s "$package")" -le 50000000 ] || fail "$package has more than 50 MB"
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning "$package" || fail "lintian complains"
fi
suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(bookworm trixie)

work=$(mktemp -d "${TMPDIR:-/tmp}/prefixkv-install.XXXXXX")
leave() {
  for root in "$work"/*/; do chroot "$root" tmux -L test kill-server 2>/dev/null || true; done
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

  # Types a line into the chat's terminal.
  line() { inside tmux -L test send-keys -l "$1"; sleep 0.2; inside tmux -L test send-keys Enter; }
  # Waits until the screen shows every one of these expressions.
  shows() {
    local screen words
    for _ in $(seq 100); do
      screen=$(inside tmux -L test capture-pane -p)
      for words in "$@"; do grep -q -e "$words" <<<"$screen" || { sleep 0.2; continue 2; }; done
      return
    done
    fail "$suite: the screen does not show '$words': $screen"
  }

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

  say "$suite: chatting in tmux"
  cp assets/pictures/village.png "$root/root/my village.png"
  inside tmux -L test new-session -d -x 100 -y 30 'cd; exec sh'
  shows '^#'
  line prefixkv
  shows 'budget'
  line '/image my village.png'
  shows 'my village.png'
  line 'How many houses are there?'
  shows 'house\.' 'first after'
  line '/export chat.html'
  line '/export chat.md'
  line '/export chat.json'
  shows 'The conversation is in chat.json'
  line /quit
  shows '^#'
  line 'prefixkv chat --resume'
  shows 'resumed, 1 question' 'house\.' 'my village.png'
  line /quit
  shows '^#'
  line exit
  for _ in $(seq 50); do inside tmux -L test has-session 2>/dev/null || break; sleep 0.2; done
  ! inside tmux -L test has-session 2>/dev/null || fail "$suite: /quit did not end the chat"
  for ending in html md json; do
    grep -q 'How many houses' "$root/root/chat.$ending" || fail "$suite: chat.$ending lacks the question"
  done
  grep -q '<img[^>]*data:image/png' "$root/root/chat.html" || fail "$suite: chat.html lacks the picture"

  say "$suite: removing"
  rm -rf "$root"/root/.local "$root"/root/.cache "$root"/root/.config "$root"/root/chat.* "$root/root/my village.png"
  inside env DEBIAN_FRONTEND=noninteractive apt-get purge -y -qq prefixkv >/dev/null
  inside env DEBIAN_FRONTEND=noninteractive apt-get autoremove -y -qq --purge >/dev/null
  files "$root" >"$work/after"
  left=$(comm -13 "$work/before" "$work/after" | grep -i prefixkv || true)
  [ -z "$left" ] || fail "$suite: removal left $left"
  umount "$root/dev/pts" "$root/proc"
  rm -rf --one-file-system "$root"
  say "$suite: installed, used, removed"
done
