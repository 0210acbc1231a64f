#!/usr/bin/env bash
# make-man.sh: writes docs/man/*.1 from the program's own help, with ArgumentParser's manual plugin, and adds
# the sections of docs/man/sections: examples, and for the program itself environment, files and statuses.
set -euo pipefail
cd "$(dirname "$0")/.."

swift package generate-manual --configuration debug --multi-page --date "$(git log -1 --format=%cs)" >&2
pages=.build/plugins/GenerateManual/outputs/prefixkv

rm -f docs/man/*.1
for page in "$pages"/*.1; do
  name=$(basename "$page" .1)
  [ "$name" = prefixkv.help ] && continue
  target=docs/man/${name//./-}.1
  section=${name#prefixkv.}
  section=docs/man/sections/${section//./-}.mdoc
  # Pages are called prefixkv-ask, as git's are; statuses stand in prefixkv(1) alone.
  awk -v others="$([ "$name" = prefixkv ] || echo yes)" '
    /^\.Dt / { gsub(/\./, "-", $2); print ".Dt", $2, $3; next }
    /^\.Sh "EXIT STATUS"/ {
      skip = 1
      if (others) print ".Sh EXIT STATUS\n.Xr prefixkv 1\nlists the statuses."
      next
    }
    /^\.Sh/ && skip { skip = 0; while ((getline line < section) > 0) print line; added = 1 }
    skip { next }
    /^\.Xr prefixkv.help/ { next }
    /^\.Xr / { gsub(/prefixkv\./, "prefixkv-"); while (match($2, /\./)) sub(/\./, "-", $2) }
    # whatis wants one word as a name; the synopsis shows what is typed.
    /^\.Nm "/ { typed = $0; gsub(/"/, "", typed); title = typed; sub(/^\.Nm /, "", title); gsub(/ /, "-", title); print ".Nm", title; next }
    /^\.Nm$/ && typed != "" { print typed; next }
    # A paragraph in front of the next item says nothing.
    /^\.Pp$/ { paragraph = 1; next }
    paragraph && !/^\.It/ && !/^\.El/ { print ".Pp" }
    { paragraph = 0; print }
    END { if (!added) while ((getline line < section) > 0) print line }
  ' section="$section" "$page" >"$target"
done
