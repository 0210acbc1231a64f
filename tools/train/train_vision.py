"""Stage 1: the vision tower alone, with dense labels for every patch."""

import argparse
import functools

import numpy as np
import torch

import drawing
import scenes
from labels import DENSE_CLASSES, dense_labels
from run import DEVICE, Run, half_precision, optimisers, stream
from vision import DenseHeads, VisionTower, initialise_patches, normalised

SEED = 20260101


def batch_of_scenes(rng, index, size, easy_until):
    """Pictures and labels of one step; the share of easy scenes shrinks until step `easy_until`."""
    easy = 0.7 * max(0.0, 1 - index / easy_until)
    return collate([scenes.invent_any(rng, easy) for _ in range(size)])


def collate(made):
    pictures = torch.from_numpy(np.stack([drawing.draw(s) for s in made]))
    dense = [dense_labels(s) for s in made]
    labels = {name: torch.from_numpy(np.stack([d[0][name] for d in dense])) for name in DENSE_CLASSES}
    return pictures, labels, torch.from_numpy(np.stack([d[1] for d in dense]))


def tower_parameters(tower, heads):
    """The blocks' matrices, and everything else; the last block is unused and stays as it is."""
    blocks = [p for layer in tower.encoder.layers[:-1] for p in layer.parameters()]
    others = [p for p in blocks if p.ndim != 2] + list(tower.embeddings.parameters())
    return [p for p in blocks if p.ndim == 2], others + list(tower.pre_layrnorm.parameters()) + list(heads.parameters())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4200)
    parser.add_argument("--seconds", type=float, help="end after this time instead")
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    options = parser.parse_args()
    torch.manual_seed(SEED)

    tower, heads = VisionTower(), DenseHeads()
    initialise_patches(tower, collate([scenes.invent_any(np.random.default_rng([SEED, i])) for i in range(256)])[0])
    tower, heads = tower.to(DEVICE), heads.to(DEVICE)
    hidden, others = tower_parameters(tower, heads)
    run = Run("vision", options.steps, options.seconds, {"tower": tower, "heads": heads}, optimisers(hidden, others, options.rate))
    tower.compile_blocks()
    batches = stream(functools.partial(batch_of_scenes, size=options.batch, easy_until=500), SEED, run.step)

    for _ in run.steps():
        pictures, labels, offset = next(batches)
        with half_precision():
            features = tower(normalised(pictures))
        loss, right = heads(features.float(), labels, offset)
        loss.backward()
        run.update(hidden + others)
        run.pictures += len(pictures)
        run.show(right | {"loss": loss}, every=50)


if __name__ == "__main__":
    main()
