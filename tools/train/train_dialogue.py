"""Stage 2: projector and language model on conversations, the vision tower following at a lower rate.

The dense heads keep teaching the tower meanwhile: their loss costs next to nothing beside the decoder.
"""

import argparse
import functools

import numpy as np
import torch
import torch.nn.functional as F

import dialogues
import scenes
import tokenizer
from align import align
from model import Llava, causal_mask
from prompts import Prompter, padded
from run import WORK, WORLD, Run, join_processes, optimisers, stream
from train_vision import collate
from vision import DenseHeads, normalised

SEED = 20260202


def invent_any(rng, easy):
    kind = rng.random()
    if kind < 0.035:
        return scenes.texture(rng)
    if kind < 0.05:
        return scenes.empty(rng)
    return scenes.invent(rng, easy=rng.random() < easy)


def batch_of_conversations(rng, index, size, length, warm, folder):
    """Pictures, dense labels, ids and labels of one step.

    During the first `warm` steps most conversations are descriptions, which teach to read the patches.
    """
    prompter = _prompter(folder)
    easy = 0.5 * max(0.0, 1 - index / (2 * warm))
    describing = 0.35 + 0.5 * max(0.0, 1 - index / warm)
    made, talks = [], []
    for _ in range(size):
        scene = invent_any(rng, easy)
        turns = dialogues.converse(rng, scene, length - 170, describing)
        style = rng.random()
        system = tokenizer.SYSTEM if style < 0.85 else tokenizer.SYSTEM_V1 if style < 0.93 else ""
        talks.append(prompter.conversation(turns, system, image_first=rng.random() < 0.5, limit=length))
        made.append(scene)
    return collate(made) + tuple(torch.from_numpy(a) for a in padded(talks, length))


@functools.cache
def _prompter(folder):
    return Prompter(folder)


def answer_loss(model, features, ids, labels):
    """Mean cross-entropy of the answers' tokens; the head is only applied where there is a label."""
    count = ids.shape[1]
    rows = model.embed(features, ids, tokenizer.IMAGE)
    hidden = model.language_model(rows, torch.arange(count), causal_mask(count))
    wanted = labels != -100
    logits = model.language_model.lm_head(hidden[wanted])
    return F.cross_entropy(logits.float(), labels[wanted]), (logits.argmax(-1) == labels[wanted]).float().mean().item()


def parameter_groups(model, heads):
    """Matrices and others of the new parts, then of the vision tower."""
    tower = model.vision_tower.vision_model
    blocks = [p for layer in tower.encoder.layers[:-1] for p in layer.parameters()]
    layers = list(model.language_model.model.layers.parameters()) + list(model.multi_modal_projector.parameters())
    new_hidden = [p for p in layers if p.ndim == 2]
    new_others = [p for p in layers if p.ndim != 2] + [
        model.language_model.model.embed_tokens.weight, model.language_model.model.norm.weight, model.language_model.lm_head.weight]
    old_hidden = [p for p in blocks if p.ndim == 2]
    old_others = [p for p in blocks if p.ndim != 2] + list(tower.embeddings.parameters())
    old_others += list(tower.pre_layrnorm.parameters()) + list(heads.parameters())
    return new_hidden, new_others, old_hidden, old_others


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--batch", type=int, default=16, help="conversations per process and step")
    parser.add_argument("--length", type=int, default=640)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--vision-rate", type=float, default=4e-4)
    parser.add_argument("--warm", type=int, default=600, help="steps with mostly descriptions")
    parser.add_argument("--tokenizer", default="assets/model")
    parser.add_argument("--name", default="dialogue")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    join_processes()

    model, heads = Llava(), DenseHeads()
    new_hidden, new_others, old_hidden, old_others = parameter_groups(model, heads)
    optims = optimisers(new_hidden, new_others, options.rate) + optimisers(old_hidden, old_others, options.vision_rate)
    run = Run(options.name, options.steps, {"model": model, "heads": heads}, optims)
    if run.step == 0:
        start = torch.load(f"{WORK}/vision.pt", weights_only=True)["modules"]
        model.vision_tower.vision_model.load_state_dict(start["tower"])
        heads.load_state_dict(start["heads"])
        align(model, _prompter(options.tokenizer).pieces, run.log)
    make = functools.partial(batch_of_conversations, size=options.batch, length=options.length, warm=options.warm,
                             folder=options.tokenizer)
    batches = stream(make, SEED, run.step)
    everything = new_hidden + new_others + old_hidden + old_others

    shown = {}
    for step in run.steps():
        pictures, dense, offset, ids, labels = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            features = model.see(normalised(pictures))
            loss, right = answer_loss(model, features, ids, labels)
        dense_loss, seen = heads(features.float(), dense, offset)
        (loss + 0.3 * dense_loss).backward()
        run.update(everything)
        run.pictures += len(pictures) * WORLD
        values = {"loss": loss.item(), "tokens right": right, "shape": seen["shape"], "centre": seen["centre"], "rank": seen["rank"]}
        for name, value in values.items():
            shown[name] = shown.get(name, value) * 0.95 + value * 0.05
        if step % 20 == 0:
            run.log(**shown)


if __name__ == "__main__":
    main()
