#!/usr/bin/env bash
# Fuzzes everything that reads files: `scripts/fuzz.sh [TARGET...]`, all targets by default.
# FUZZ_SECONDS bounds each run (30 by default). Corpora grow in .build-fuzz/corpus; an input that
# crashes, hangs or takes too much memory is left in .build-fuzz/artifacts and ends the script.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-30}
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(safetensors gguf pickle sentencepiece tokenizer-json configuration image)

build=(swift build -c release --scratch-path .build-fuzz --product prefixkv-fuzz
  -Xswiftc -enable-testing -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=fuzzer-no-link,address)
PREFIXKV_FUZZ=1 "${build[@]}"
program=$(PREFIXKV_FUZZ=1 "${build[@]}" --show-bin-path)/prefixkv-fuzz

models=Tests/Fixtures/oracle/models
seeds() {
  case $1 in
    safetensors) ls Tests/Fixtures/oracle/golden/policy/scores.safetensors ;;
    gguf) ls $models/tiny-gqa/gguf/mmproj-tiny-gqa-q8_0.gguf $models/tiny-gqa/gguf/tiny-gqa-q8_0.gguf ;;
    pickle) ls Tests/Fixtures/oracle/golden/torch_bin/*.bin ;;
    sentencepiece) ls $models/tiny-mha/hf/tokenizer.model ;;
    tokenizer-json) ls $models/tiny-mha/hf/tokenizer.json $models/tokenizer-variants/*.json ;;
    configuration) ls $models/tiny-{mha,gqa}/hf/{config,preprocessor_config}.json ;;
    image) ls Tests/Fixtures/oracle/images/* ;;
    *) echo "fuzz.sh: no target '$1'" >&2; exit 64 ;;
  esac
}

mkdir -p .build-fuzz/artifacts
for target in "${targets[@]}"; do
  corpus=.build-fuzz/corpus/$target
  mkdir -p "$corpus"
  # shellcheck disable=SC2046  # file names of the fixtures have no spaces
  cp -n $(seeds "$target") "$corpus"
  echo "fuzz.sh: $target for $seconds s"
  log=.build-fuzz/$target.log
  if ! PREFIXKV_FUZZ_TARGET=$target "$program" "$corpus" -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=400000 -artifact_prefix=".build-fuzz/artifacts/$target-" \
    -print_final_stats=1 >"$log" 2>&1
  then
    tail -n 40 "$log" >&2
    echo "fuzz.sh: $target failed; see $log and .build-fuzz/artifacts" >&2
    exit 1
  fi
  grep -E 'DONE|stat::(number|peak)' "$log"
done
