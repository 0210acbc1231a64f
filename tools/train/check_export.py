"""Loads the exported folder with Hugging Face transformers and compares it with our own model, logit by logit."""

import argparse

import numpy as np
import torch
from transformers import AutoTokenizer, LlavaForConditionalGeneration

import drawing
import scenes
import tokenizer
from export import load
from prompts import Prompter
from run import WORK
from vision import normalised


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--checkpoint", default=f"{WORK}/dialogue.pt")
    options = parser.parse_args()
    theirs = LlavaForConditionalGeneration.from_pretrained(options.folder, dtype=torch.float32).eval()
    ours = load(options.checkpoint).half().float()
    scene = scenes.invent(np.random.default_rng(11))
    pixels = normalised(torch.from_numpy(drawing.draw(scene)[None]))
    question = "Describe the picture in detail."
    ids = Prompter(options.folder).opening(question)
    fast = AutoTokenizer.from_pretrained(options.folder)
    prompt = f"{tokenizer.SYSTEM} USER: " + "<image>" * scenes.GRID ** 2 + f"\n{question} ASSISTANT:"
    print("token ids agree:", fast(prompt)["input_ids"] == ids)
    count = len(ids)
    rows = ours.embed(ours.see(pixels), torch.tensor([ids]), tokenizer.IMAGE)
    mine = ours.language_model.lm_head(ours.language_model(rows, torch.arange(count)))
    reference = theirs(input_ids=torch.tensor([ids]), pixel_values=pixels, attention_mask=torch.ones(1, count)).logits
    print("largest difference of a logit:", (mine - reference).abs().max().item())


if __name__ == "__main__":
    main()
