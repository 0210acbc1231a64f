"""The tokenizer: sentencepiece BPE with byte fallback, as LLaMA has it, in all the files Hugging Face expects."""

import argparse
import io
import json
import os
import re

import numpy as np
import sentencepiece

import dialogues
import scenes
import smalltalk

PIECES = 1534  # With <image> and <pad> exactly 1536 rows, a multiple of 64.
ROWS = PIECES + 2
IMAGE, PAD = PIECES, PIECES + 1
BOS, EOS = 1, 2

SYSTEM = ("A chat between a curious user and an artificial intelligence assistant. "
          "The assistant gives helpful, detailed, and polite answers to the user's questions.")
# The sentence of LLaVA's llava_v1 template, which the evaluation scripts of the PrefixKV reference use.
SYSTEM_V1 = SYSTEM.replace("user", "human")

# Plain English, so that what people type is not spelt in letters.
GENERAL = """I do not know what you mean by that. Please tell me more about it, and I will try to help you with your question.
Could you please explain why you think so? Because they were there before we came. She said that he would have gone with them.
People often write about their work, their home, their family and friends, and the world around them. It was a long time ago.
You should not have to wait for this. Let me see if we can find out how it works. Where did you go last year, and who was with you?
This one is much better than that one. Sorry, I was wrong. Yes, you are right. No, that is not true. Maybe it is only a mistake.
What about these things over there? Which of them would you like to have? When will the next one come? Look at it again, please.
Is it possible that some of these could be used for something else? The first day of the week is usually the best time to begin.
There might be a problem with the text, the image, the picture, the photo, the drawing, the painting, the screen or the program.
How can I make it smaller or bigger, wider or taller, darker or brighter, thin or thick, empty or full, open or closed, new or old?
everything nothing something anything someone anyone nobody always never sometimes often here there now then later before after
above below left right top bottom up down inside outside through across along into onto from about against during without within"""


def corpus():
    """Conversations as they will be read, plain English, and every printable character."""
    rng = np.random.default_rng(7)
    for _ in range(8000):
        for _, question, answer in dialogues.converse(rng, scenes.invent_any(rng), 120):
            # Words that are read off a picture are spelt: a letter is a token, so that reading is seeing letters.
            yield re.sub(r"[A-Z]{2,}", lambda word: " ".join(word[0]), f"{question} {answer}")
            yield "USER: ASSISTANT:"
    for _ in range(200):
        yield SYSTEM
        yield SYSTEM_V1
        yield from smalltalk.OFF_TOPIC
    for _ in range(60):
        yield from GENERAL.splitlines()
        yield " ".join(chr(c) for c in range(33, 127))


def train(folder):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=corpus(), model_writer=model, model_type="bpe", vocab_size=PIECES, byte_fallback=True,
        split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True,
        character_coverage=1.0, unk_id=0, bos_id=BOS, eos_id=EOS, pad_id=-1, allow_whitespace_only_pieces=True,
        max_sentence_length=20000, num_threads=1, minloglevel=2)
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/tokenizer.model", "wb") as file:
        file.write(model.getvalue())
    write_json(folder)


def load(folder):
    return sentencepiece.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model")


def write_json(folder):
    """tokenizer.json and its companions, equal to tokenizer.model for every text (legacy behaviour)."""
    pieces = load(folder)
    vocabulary = {pieces.id_to_piece(i): i for i in range(pieces.get_piece_size())}
    merges = []
    for piece, index in vocabulary.items():
        if index < 259 or len(piece) < 2:
            continue
        splits = [(piece[:i], piece[i:]) for i in range(1, len(piece))]
        splits = [s for s in splits if s[0] in vocabulary and s[1] in vocabulary]
        merges += [list(s) for s in sorted(splits, key=lambda s: (vocabulary[s[0]], vocabulary[s[1]]))]
    special = {"<unk>": 0, "<s>": BOS, "</s>": EOS, "<image>": IMAGE, "<pad>": PAD}
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    space = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    fast = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": t, **flags, "special": True} for t, i in special.items()],
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, space]},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [BOS], "tokens": ["<s>"]}},
        },
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                  "vocab": vocabulary, "merges": merges},
    }
    plain = lambda text: {"content": text, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False}
    settings = {
        "add_bos_token": True, "add_eos_token": False, "add_prefix_space": None,
        "added_tokens_decoder": {str(i): {**plain(t), "special": True} for t, i in special.items()},
        "additional_special_tokens": [], "bos_token": "<s>", "clean_up_tokenization_spaces": False, "eos_token": "</s>",
        "legacy": True, "model_max_length": 4096, "pad_token": "<pad>", "padding_side": "left",
        "processor_class": "LlavaProcessor", "sp_model_kwargs": {}, "tokenizer_class": "LlamaTokenizer", "unk_token": "<unk>",
        "use_default_system_prompt": False,
    }
    named = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    save(folder, "tokenizer.json", fast, indent=None)
    save(folder, "tokenizer_config.json", settings)
    save(folder, "special_tokens_map.json", {k: plain(v) for k, v in named.items()})
    save(folder, "added_tokens.json", {"<image>": IMAGE, "<pad>": PAD})


def save(folder, name, value, indent=2):
    with open(f"{folder}/{name}", "w", encoding="utf-8") as file:
        json.dump(value, file, indent=indent, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where the tokenizer's files go")
    train(parser.parse_args().folder)
