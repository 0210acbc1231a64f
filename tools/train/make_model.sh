#!/bin/sh
# Makes the bundled model from nothing: `tools/train/make_model.sh`, or `make model`.
#
# Needs Python 3.10 or newer and packages from PyPI; no GPU. TRAIN_DIR holds the virtual environment, the
# checkpoints and the log; running the script again goes on where it was stopped. To pause the training make
# a file PAUSE there, to end it after the current step a file STOP.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export TRAIN_DIR="${TRAIN_DIR:-$root/.train}"
processes="${PROCESSES:-2}" # One per core.
python="$TRAIN_DIR/venv/bin/python"

mkdir -p "$TRAIN_DIR"
if [ ! -x "$python" ]; then
    python3 -m venv "$TRAIN_DIR/venv"
    "$python" -m pip install --quiet --extra-index-url https://download.pytorch.org/whl/cpu -r "$here/requirements.txt"
fi

cd "$here"
"$python" tokenizer.py "$root/assets/model"
"$python" train_vision.py
OMP_NUM_THREADS=1 "$TRAIN_DIR/venv/bin/torchrun" --nproc-per-node "$processes" \
    train_dialogue.py --tokenizer "$root/assets/model"
"$python" export.py "$root/assets/model"
cp "$TRAIN_DIR/log.jsonl" "$root/assets/model/training-log.jsonl"
"$python" make_eval.py "$root/assets/eval"
"$python" make_pictures.py "$root/assets/pictures" --model "$root/assets/model"
"$python" evaluate.py --model "$root/assets/model" --data "$root/assets/eval"
