"""Stage 1: the vision tower alone, with dense labels for every patch."""

import argparse
import functools

import numpy as np
import torch

import scenes
from run import Run, optimisers, stream
from vision import DenseHeads, VisionTower, initialise_patches, normalised

SEED = 20260101


def batch_of_scenes(rng, index, size, easy_until):
    """Pictures and labels of one step; the share of easy scenes shrinks until step `easy_until`."""
    easy = 0.7 * max(0.0, 1 - index / easy_until)
    made = []
    for _ in range(size):
        kind = rng.random()
        if kind < 0.03:
            made.append(scenes.texture(rng))
        elif kind < 0.04:
            made.append(scenes.empty(rng))
        else:
            made.append(scenes.invent(rng, easy=rng.random() < easy))
    return collate(made)


def collate(made):
    pictures = torch.from_numpy(np.stack([scenes.draw(s) for s in made]))
    dense = [scenes.dense_labels(s) for s in made]
    labels = {name: torch.from_numpy(np.stack([d[0][name] for d in dense])) for name in scenes.DENSE_CLASSES}
    return pictures, labels, torch.from_numpy(np.stack([d[1] for d in dense]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1900)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(2)

    tower, heads = VisionTower(), DenseHeads()
    initialise_patches(tower, collate([scenes.invent(np.random.default_rng([SEED, i])) for i in range(256)])[0])
    blocks = [p for layer in tower.encoder.layers[:-1] for p in layer.parameters()]
    hidden = [p for p in blocks if p.ndim == 2]
    others = [p for p in blocks if p.ndim != 2] + list(tower.embeddings.parameters())
    others += list(tower.pre_layrnorm.parameters()) + list(heads.parameters())
    run = Run("vision", options.steps, {"tower": tower, "heads": heads}, optimisers(hidden, others, options.rate))
    make = functools.partial(batch_of_scenes, size=options.batch, easy_until=500)
    batches = stream(make, SEED, run.step)

    shown = {}
    for step in run.steps():
        pictures, labels, offset = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            features = tower(normalised(pictures))
        loss, right = heads(features.float(), labels, offset)
        loss.backward()
        run.update(hidden + others)
        run.pictures += len(pictures)
        for name, value in (right | {"loss": loss.item()}).items():
            shown[name] = shown.get(name, 0.0) * 0.95 + value * 0.05 if name in shown else value
        if step % 20 == 0:
            run.log(**shown)


if __name__ == "__main__":
    main()
