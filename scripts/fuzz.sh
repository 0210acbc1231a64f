#!/usr/bin/env bash
# Fuzzes everything that reads what others wrote: `scripts/fuzz.sh [--minutes N] [--keep] [TARGET...]`.
#
#   --minutes N  how long all targets together take on two cores (10 by default)
#   --keep       adds to Tests/Fuzz/corpus the short inputs that reach code no other reaches
#
# Without a TARGET all are run, two at a time. Corpora grow in .build-fuzz/corpus; an input that
# crashes, hangs or takes too much memory is left in .build-fuzz/artifacts and ends the script.
set -euo pipefail
cd "$(dirname "$0")/.."

minutes=10
keep=
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) minutes=${2:?--minutes needs a number}; shift 2 ;;
    --keep) keep=1; shift ;;
    -*) echo "fuzz.sh: no option '$1'" >&2; exit 64 ;;
    *) targets+=("$1"); shift ;;
  esac
done

build=(swift build -c release --scratch-path .build-fuzz --product prefixkv-fuzz
  -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address)
PREFIXKV_FUZZ=1 "${build[@]}"
program=$(PREFIXKV_FUZZ=1 "${build[@]}" --show-bin-path)/prefixkv-fuzz
mapfile -t known < <("$program" --targets)
[ ${#targets[@]} -gt 0 ] || targets=("${known[@]}")
for target in "${targets[@]}"; do
  printf '%s\n' "${known[@]}" | grep -qx "$target" || {
    echo "fuzz.sh: no target '$target'; available: ${known[*]}" >&2
    exit 64
  }
done

# Fixtures that begin a target's corpus, beside what Tests/Fuzz/corpus holds.
oracle=Tests/Fixtures/oracle
models=$oracle/models
seeds() {
  case $1 in
    safetensors) ls $oracle/golden/policy/scores.safetensors ;;
    gguf) ls $models/tiny-gqa/gguf/mmproj-tiny-gqa-q8_0.gguf $models/tiny-gqa/gguf/tiny-gqa-q8_0.gguf ;;
    pickle) ls $oracle/golden/torch_bin/*.bin ;;
    sentencepiece) ls $models/tiny-mha/hf/tokenizer.model ;;
    tokenizer-json) ls $models/tiny-mha/hf/tokenizer.json $models/tokenizer-variants/*.json ;;
    configuration) ls $models/tiny-{mha,gqa}/hf/{config,preprocessor_config}.json ;;
    image) ls $oracle/images/* Tests/InferenceTests/Fixtures/images/*.{gif,bmp,webp,jpg} ;;
    data-set) ls $oracle/data/*.json $oracle/data/mm-vet/*.json ;;
    prefix-configuration) ls $oracle/confs/*.json ;;
  esac
}

mkdir -p .build-fuzz/artifacts
seconds=$((minutes * 60 * 2 / ${#targets[@]}))
[ "$seconds" -gt 0 ] || seconds=1

run() {
  local target=$1 corpus=.build-fuzz/corpus/$1 log=.build-fuzz/$1.log
  mkdir -p "$corpus" "Tests/Fuzz/corpus/$target"
  seeds "$target" | xargs -r cp -n -t "$corpus"
  if ! PREFIXKV_FUZZ_TARGET=$target "$program" "$corpus" "Tests/Fuzz/corpus/$target" \
    -max_total_time="$seconds" -timeout=30 -rss_limit_mb=2048 -max_len=400000 \
    -artifact_prefix=".build-fuzz/artifacts/$target-" -print_final_stats=1 >"$log" 2>&1
  then
    tail -n 40 "$log" >&2
    echo "fuzz.sh: $target failed; see $log and .build-fuzz/artifacts" >&2
    return 1
  fi
  echo "fuzz.sh: $target: $(grep -E 'stat::number_of_executed_units' "$log" | tr -dc 0-9) inputs in $seconds s"
  [ -z "$keep" ] || PREFIXKV_FUZZ_TARGET=$target "$program" -merge=1 -max_len=2048 \
    "Tests/Fuzz/corpus/$target" "$corpus" >>"$log" 2>&1
}

status=0
for target in "${targets[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || status=1; done
  run "$target" &
done
while [ -n "$(jobs -p)" ]; do wait -n || status=1; done
exit $status
