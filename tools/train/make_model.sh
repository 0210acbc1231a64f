#!/bin/sh
# Makes the bundled model from nothing: `tools/train/make_model.sh`, or `make model`.
#
# Needs Python 3.10 or newer and packages from PyPI. With a GPU it takes a quarter of an hour, without one days.
# TRAIN_DIR holds the virtual environment, the checkpoints and the log; running the script again goes on where it
# was stopped. To pause the training make a file PAUSE there, to end it after the current step a file STOP.
# VISION_STEPS, DIALOGUE_STEPS and PICTURE_TRIES shorten a trial run.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
assets="${ASSETS:-$root/assets}"
export TRAIN_DIR="${TRAIN_DIR:-$root/.train}"
python="$TRAIN_DIR/venv/bin/python"

mkdir -p "$TRAIN_DIR" "$assets/model" "$assets/eval" "$assets/pictures"
if [ ! -x "$python" ]; then
    python3 -m venv "$TRAIN_DIR/venv"
    "$python" -m pip install --quiet -r "$here/requirements.txt"
fi

cd "$here"
"$python" tokenizer.py "$assets/model"
"$python" train_vision.py --steps "${VISION_STEPS:-4200}"
"$python" train_dialogue.py --steps "${DIALOGUE_STEPS:-9000}" --tokenizer "$assets/model"
"$python" export.py "$assets/model"
"$python" check_export.py "$assets/model"
cp "$TRAIN_DIR/log.jsonl" "$assets/model/training-log.jsonl"
"$python" make_eval.py "$assets/eval"
"$python" make_pictures.py "$assets/pictures" --model "$assets/model" --tries "${PICTURE_TRIES:-40}"
"$python" evaluate.py --model "$assets/model" --data "$assets/eval"
