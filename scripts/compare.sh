#!/usr/bin/env bash
# Measures prefixkv beside other engines on LLaMA-7B's shape with random weights, in turns:
#
#   scripts/compare.sh [--llama-cpp] [--ik-llama-cpp] [--openvino] [OPTIONS]
#
#   --llama-cpp        llama.cpp, built from PyPI's llama-cpp-python for each instruction set (minutes)
#   --ik-llama-cpp     ik_llama.cpp as PyPI's ik-llama-cpp-python has it, which is built for AVX2
#   --openvino         OpenVINO GenAI from PyPI: int4 with a scale for 32 columns, int8 with one for a row
#   --type TYPE        of the weights, q4_0 or q8_0; OpenVINO gets int4 or int8 (default: q4_0)
#   --isa "SET ..."    instruction sets, by CK_ISA's names (default: those here from avx2 on)
#   --layers "N ..."   two depths, whose difference gives the time of a layer (default: "2 6"), or one: 32
#   --turns N          rounds over all engines; medians are printed (default: 3)
#   --threads N        of every engine (default: all)
#   --prepare          only fetches, builds and writes what the measurement needs
#
# All of it lies in $PEER_DIR (default: .peer; 10 GB). While it measures, nothing else should run. Other
# engines choose an instruction set by themselves: tools/compare/hide_instructions.c hides the better ones.
set -euo pipefail

cd "$(dirname "$0")/.."
peer=$(realpath -m "${PEER_DIR:-.peer}")
prefixkv=${PREFIXKV:-$PWD/.build/release/prefixkv}
tools=$PWD/tools/compare
type=q4_0 layers="2 6" turns=3 threads=$(nproc) prepare=
engines=(prefixkv)
# The refusal of an unknown instruction set lists those that there are.
sets=$({ CK_ISA=none "$prefixkv" doctor 2>&1 || true; } | sed -n 's/.*Available: \(.*\)\./\1/p' | tr -d , |
  tr ' ' '\n' | grep -vE 'portable|openblas')
best=${sets##*[[:space:]]}

while [ $# -gt 0 ]; do
  case $1 in
    --llama-cpp | --ik-llama-cpp | --openvino) engines+=("${1#--}") ;;
    --type) type=$2 && shift ;;
    --isa) sets=$2 && shift ;;
    --layers) layers=$2 && shift ;;
    --turns) turns=$2 && shift ;;
    --threads) threads=$2 && shift ;;
    --prepare) prepare=yes ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2 && exit 64 ;;
  esac
  shift
done
weights=int4
[ "$type" = q8_0 ] && weights=int8
mkdir -p "$peer"
cd "$peer"

# MARK: what is measured

venv() { # NAME PACKAGE...
  [ -d "$1" ] || python3 -m venv "$1"
  "$1/bin/pip" install --quiet "${@:2}"
}

prepare_models() {
  for n in $layers; do
    [ -f "7b-$type-$n.gguf" ] && continue
    "$prefixkv" convert --synthetic llava-1.5-7b --layers "$n" --type "$type" -o "7b-$type-$n.gguf"
    rm -f "mmproj-7b-$type-$n.gguf" # a text model alone
  done
}

prepare_llama_cpp() {
  [ -x llama-run ] && return
  venv build cmake ninja scikit-build-core
  PATH=$peer/build/bin:$PATH
  # Without the two options pip would compile CMake, too.
  build/bin/pip download --quiet --no-deps --no-build-isolation --no-binary llama-cpp-python llama-cpp-python
  mkdir -p llama-source && tar xzf llama_cpp_python-*.tar.gz -C llama-source --strip-components 1
  source=llama-source/vendor/llama.cpp
  # Of the variants for x86-64, only those of our instruction sets: each takes a minute to compile.
  sed -i -E '/cpu_backend_variant\((x64|sse42|sandy|ivy|piledriver|skylakex|cannon|cascade|cooper|zen4)/d' \
    "$source/ggml/src/CMakeLists.txt"
  # GCC 12 drops the stores that fill AMX's tile configuration, and llama.cpp then dies of an illegal instruction.
  CC=clang CXX=clang++ cmake -G Ninja -S "$source" -B llama -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=ON \
    -DGGML_NATIVE=OFF -DGGML_BACKEND_DL=ON -DGGML_CPU_ALL_VARIANTS=ON -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF >llama.log
  ninja -C llama llama ggml-cpu-{haswell,alderlake,icelake,sapphirerapids} >>llama.log
  clang -O2 -I"$source/include" -I"$source/ggml/include" "$tools/ggml_run.c" -Lllama/bin -lllama -lggml -lggml-base \
    -Wl,-rpath,"$peer/llama/bin" -o llama-run
}

prepare_ik_llama_cpp() {
  [ -x ik-run ] && return
  venv ik wheel
  ik/bin/pip install --quiet --no-deps --only-binary :all: ik-llama-cpp-python
  packages=$(echo ik/lib/python3.*/site-packages)
  clang -O2 -DIK -I"$packages/include" "$tools/ggml_run.c" -L"$packages/ik_llama_cpp/lib" -lllama \
    -Wl,--allow-shlib-undefined -Wl,-rpath,"$peer/$packages/ik_llama_cpp/lib" -o ik-run
}

prepare_openvino() {
  for n in $layers; do
    [ -f "openvino/$weights-$n/openvino_model.xml" ] && continue
    # torch, which only writes the model, comes with CUDA's libraries: 4 GB that are never loaded.
    venv openvino-venv openvino openvino-genai openvino-tokenizers nncf optimum-intel
    openvino-venv/bin/python "$tools/openvino_model.py" "$n" "$weights" "openvino/$weights-$n"
    rm -r "openvino/$weights-$n/random"
  done
}

hidden() { # SET COMMAND...: runs a command that sees no better instruction set
  if grep -q cpuid_fault /proc/cpuinfo; then
    HIDE_ABOVE=$1 LD_PRELOAD=$peer/hide.so "${@:2}"
  elif [ "$1" = "$best" ]; then
    "${@:2}"
  fi
}

# MARK: one measurement: seconds of a prompt of 640 tokens and of one token, and prefixkv's bounds for both

measure() { # ENGINE SET LAYERS
  case $1 in
    prefixkv)
      CK_ISA=$2 "$prefixkv" bench --model "7b-$type-$3.gguf" --threads "$threads" --prefill 640 --depths 0 --json |
        python3 -c '
import json, sys
rows = {row["stage"]: row for row in json.load(sys.stdin)["figures"]}
prefill, token = rows["prefill"], rows["decode"]
print(640 / prefill["value"], 1 / token["value"], 640 / prefill["bound"], 1 / token["bound"])'
      ;;
    llama-cpp) hidden "$2" ./llama-run "7b-$type-$3.gguf" "$threads" "$peer/llama/bin" ;;
    ik-llama-cpp) [ "$2" != avx2 ] || ./ik-run "7b-$type-$3.gguf" "$threads" ;;
    openvino) hidden "$2" openvino-venv/bin/python "$tools/openvino_run.py" "openvino/$weights-$3" "$threads" ;;
  esac
}

prepare_models
[ -f hide.so ] || clang -shared -fPIC -O2 "$tools/hide_instructions.c" -o hide.so
for engine in "${engines[@]:1}"; do "prepare_${engine//-/_}"; done
[ -z "$prepare" ] || exit 0

for _ in $(seq "$turns"); do
  for set in $sets; do
    for engine in "${engines[@]}"; do
      for n in $layers; do
        figures=$(measure "$engine" "$set" "$n" 2>measure.log | tail -n 1) || figures=
        [ -z "$figures" ] || echo "$set $engine $n $figures"
      done
    done
  done
done | tee /dev/stderr | python3 "$tools/table.py" "$type, $threads threads, layers measured: $layers"
