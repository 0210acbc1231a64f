"""Stage 2: projector and language model on conversations, the vision tower following at a lower rate.

The dense heads keep teaching the tower meanwhile: their loss costs next to nothing beside the decoder.
"""

import argparse
import functools
from dataclasses import dataclass

import torch
import torch.nn.functional as F

import dialogues
import scenes
import tokenizer
from align import align
from model import Llava
from prompts import IGNORED, Prompter, padded
from run import DEVICE, WORK, Run, half_precision, optimisers, stream
from train_vision import collate, tower_parameters
from vision import DenseHeads, normalised

SEED = 20260202


@dataclass
class Talks:
    """How the conversations of one step look: pictures, conversations about each, their length in tokens."""
    pictures: int
    each: int
    length: int
    image_first: float  # The share of conversations that begin with the picture.


# In turn: many short conversations, because only their first question can stand before the picture, and long ones.
SHORT, LONG = Talks(96, 2, 384, 0.4), Talks(64, 1, 1024, 0.75)


def batch_of_conversations(rng, index, scale, warm, folder):
    """Pictures, dense labels, ids and labels of one step.

    During the first `warm` steps most conversations are descriptions, which teach to read the patches.
    """
    prompter = _prompter(folder)
    easy = 0.5 * max(0.0, 1 - index / (2 * warm))
    describing = 0.3 + 0.5 * max(0.0, 1 - index / warm)
    style = SHORT if index % 2 == 0 or index < warm else LONG
    made = [scenes.invent_any(rng, easy) for _ in range(max(1, int(style.pictures * scale)))]
    talks = []
    for scene in made:
        for _ in range(style.each):
            turns = dialogues.converse(rng, scene, style.length - 180, describing)
            kind = rng.random()
            system = tokenizer.SYSTEM if kind < 0.85 else tokenizer.SYSTEM_V1 if kind < 0.93 else ""
            talks.append(prompter.conversation(turns, system, rng.random() < style.image_first, limit=style.length))
    return collate(made) + tuple(torch.from_numpy(a) for a in padded(talks, style.length))


@functools.cache
def _prompter(folder):
    return Prompter(folder)


def answer_loss(model, features, ids, labels):
    """Mean cross-entropy of the answers' tokens, and the share of tokens that are right."""
    rows = model.embed(features, ids, tokenizer.IMAGE)
    hidden = model.language_model(rows, torch.arange(ids.shape[1], device=ids.device))
    logits = model.language_model.lm_head(hidden).flatten(0, 1).float()
    labels = labels.flatten()
    right = (logits.argmax(-1) == labels).sum() / (labels != IGNORED).sum()
    return F.cross_entropy(logits, labels, ignore_index=IGNORED), right


def parameter_groups(model, heads):
    """Matrices and others of the new parts, then of the vision tower."""
    layers = list(model.language_model.model.layers.parameters()) + list(model.multi_modal_projector.parameters())
    new_hidden = [p for p in layers if p.ndim == 2]
    new_others = [p for p in layers if p.ndim != 2] + [
        model.language_model.model.embed_tokens.weight, model.language_model.model.norm.weight, model.language_model.lm_head.weight]
    return new_hidden, new_others, *tower_parameters(model.vision_tower.vision_model, heads)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--seconds", type=float, help="end after this time instead")
    # A whole step takes 25 GB where attention is written out.
    parser.add_argument("--scale", type=float, default=1.0 if DEVICE.type == "cuda" else 0.1,
                        help="pictures per step, relative to SHORT and LONG")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--vision-rate", type=float, default=5e-4)
    parser.add_argument("--warm", type=int, default=300, help="steps with mostly descriptions")
    parser.add_argument("--tokenizer", default="assets/model")
    options = parser.parse_args()
    torch.manual_seed(SEED)

    model, heads = Llava().to(DEVICE), DenseHeads().to(DEVICE)
    new_hidden, new_others, old_hidden, old_others = parameter_groups(model, heads)
    optims = optimisers(new_hidden, new_others, options.rate) + optimisers(old_hidden, old_others, options.vision_rate)
    run = Run("dialogue", options.steps, options.seconds, {"model": model, "heads": heads}, optims)
    make = functools.partial(batch_of_conversations, scale=options.scale, warm=options.warm, folder=options.tokenizer)
    batches = stream(make, SEED, run.step)
    if run.step == 0:
        start = torch.load(f"{WORK}/vision.pt", weights_only=True, map_location=DEVICE)["modules"]
        model.vision_tower.vision_model.load_state_dict(start["tower"])
        heads.load_state_dict(start["heads"])
        align(model, _prompter(options.tokenizer).pieces, run.log)
    model.vision_tower.vision_model.compile_blocks()
    model.language_model.compile_layers()
    everything = new_hidden + new_others + old_hidden + old_others

    for _ in run.steps():
        pictures, dense, offset, ids, labels = next(batches)
        with half_precision():
            features = model.see(normalised(pictures))
            loss, right = answer_loss(model, features, ids, labels)
        dense_loss, seen = heads(features.float(), dense, offset)
        (loss + 0.3 * dense_loss).backward()
        run.update(everything)
        run.pictures += len(pictures)
        run.show({"loss": loss, "tokens right": right} | {name: seen[name] for name in ("noun", "centre", "character")}, every=50)


if __name__ == "__main__":
    main()
