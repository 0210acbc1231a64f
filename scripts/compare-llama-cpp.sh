#!/bin/sh
# Measures prefixkv and llama.cpp on the same file, one after the other: scripts/compare-llama-cpp.sh [q4_0|q8_0]
#
# llama.cpp is built once from the source package of PyPI's llama-cpp-python with the native instruction set,
# in $PEER_DIR (default .peer; 1 GB). The model is LLaVA-1.5-7B's shape with random weights (4 to 8 GB).
# Nothing else should run meanwhile: llama.cpp's threads spin for each other. It is measured with its repacked
# weights (which use AMX where the processor has it) and without: its best is what counts.
set -eu

type="${1:-q4_0}"
threads="${THREADS:-$(nproc)}"
root=$(cd "$(dirname "$0")/.." && pwd)
peer="${PEER_DIR:-$root/.peer}"
prefixkv="$root/.build/release/prefixkv"
mkdir -p "$peer"
cd "$peer"

if [ ! -x build/bin/llama-mtmd-cli ]; then
    [ -d venv ] || python3 -m venv venv
    venv/bin/pip install --quiet cmake ninja scikit-build-core
    venv/bin/pip download --quiet --no-deps --no-build-isolation --no-binary llama-cpp-python llama-cpp-python
    mkdir -p source && tar xzf llama_cpp_python-*.tar.gz -C source --strip-components 1
    PATH="$peer/venv/bin:$PATH"
    # GCC 12 drops the stores that fill AMX's tile configuration, and llama.cpp then dies of an illegal instruction.
    CC=clang CXX=clang++ cmake -G Ninja -S source/vendor/llama.cpp -B build -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
        -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF > build.log
    cmake --build build --target llama-bench llama-mtmd-cli >> build.log
fi
[ -f "7b-$type.gguf" ] || "$prefixkv" convert --synthetic llava-1.5-7b --type "$type" -o "7b-$type.gguf"
cat "7b-$type.gguf" "mmproj-7b-$type.gguf" > /dev/null # both start with the file in memory

# One run of either says little where the processor's rate changes by the second: TURNS=6 measures prefill alone,
# the two programs in turns.
if [ -n "${TURNS:-}" ]; then
    for _ in $(seq "$TURNS"); do
        build/bin/llama-bench -m "7b-$type.gguf" -t "$threads" -p 640 -n 0 -r 1 -o md 2> /dev/null | grep pp
        "$prefixkv" bench --model "7b-$type.gguf" --threads "$threads" --prefill 640,640 --depths 0 2> /dev/null |
            grep -E 'prefill|decode'
    done
    exit
fi

echo "llama.cpp:"
build/bin/llama-bench -m "7b-$type.gguf" -t "$threads" -p 640 -n 32 -r 2 -o md 2> /dev/null | grep -E 'pp|tg'
echo "llama.cpp, weights not repacked:"
build/bin/llama-bench -m "7b-$type.gguf" -t "$threads" -p 64 -n 16 -r 1 --repack 0 -o md 2> /dev/null | grep -E 'pp|tg'
# Random weights answer nothing: only the encoder's line is wanted.
timeout 60 build/bin/llama-mtmd-cli -m "7b-$type.gguf" --mmproj "mmproj-7b-$type.gguf" -t "$threads" \
    --image "$root/assets/pictures/confetti.png" -p hi -n 1 --chat-template vicuna 2>&1 | grep 'encoding done' || true
echo "prefixkv:"
"$prefixkv" bench --model "7b-$type.gguf" --threads "$threads" --prefill 640 --depths 0
"$prefixkv" bench --model "7b-$type.gguf" --threads "$threads" --prefill 1 --depths 0 --quantize-vision q8_0
echo "llama.cpp again:"
build/bin/llama-bench -m "7b-$type.gguf" -t "$threads" -p 0 -n 32 -r 2 -o md 2> /dev/null | grep -E 'pp|tg'
