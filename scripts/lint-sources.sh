#!/usr/bin/env bash
# Finds what no source may hold: `scripts/lint-sources.sh FOLDER` prints each place with its rule, and
# ends with 1 where there is one. Every write goes through Basics and is checked; nothing is forced.
set -euo pipefail
folder=${1:?lint-sources.sh needs a folder}
status=0

# forbid RULE PATTERN OPTION...: PATTERN is Perl's, the options choose files.
forbid() {
  local rule=$1 pattern=$2
  shift 2
  if grep -rnP "$pattern" "$folder" "$@"; then
    echo "^ $rule" >&2
    status=1
  fi
}

forbid "nothing is forced" '\b(try|as)!' --include='*.swift'
# A call that is a statement: its result is not looked at. WakePipe says why it needs none.
forbid "the result of a write is checked" \
  '(^|[{;]|\bdefer|(?<!let )\b_ =)\s*(Glibc\.)?(p?writev?|send|fwrite|splice|sendfile)\s*\(' \
  --include='*.swift' --exclude=WakePipe.swift
forbid "files and streams are written and read with Basics" \
  '(?<![.\w])(?<!func )(Swift\.|Glibc\.)?(print|debugPrint|dump|readLine|v?f?printf|dprintf|f?puts|f?putc|putchar|fwrite|perror|NSLog)\s*\(' \
  --include='*.swift'
forbid "files and streams are written and read with Basics" \
  'FileHandle\.standard|FileHandle\(for(Writing|Updating)|FileHandle\(fileDescriptor|OutputStream\(|createFile\(|\.write\(toFile:|\.write\(to: *(URL|url)|\batomically:|\.atomic\b|\bf(dopen|open|reopen)\s*\(' \
  --include='*.swift'
forbid "paths are taken apart with Basics.PathText: Foundation traps on a path of one character" \
  'NSString\)?\.?\w*\)?\.(deletingLastPathComponent|lastPathComponent|pathExtension|deletingPathExtension)|NSString\(string: [^)]*\)\.(last|deleting|path)' \
  --include='*.swift'
forbid "C leaves output to Swift" \
  '(?<![\w.])(printf|fprintf|dprintf|vprintf|puts|fputs|putchar|fwrite|perror)\s*\(' --include='*.[ch]'
exit $status
