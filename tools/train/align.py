"""Between the stages: the projector learns to say what the vision tower sees in the decoder's own words.

Every patch's target is the sum of the (still random) embeddings of the words that describe the thing on it.
It takes a minute, and the decoder then starts with rows that resemble words it will read and say.
"""

import numpy as np
import torch

import lettering
import scenes
from labels import IGNORED
from run import DEVICE, to_device
from train_vision import collate
from wording import NUMBERS
from vision import normalised

SEED = 20260203


def words_of_patches(pieces, embeddings, labels):
    """The target rows `[batch, patches, width]`."""
    spaces = {pieces.piece_to_id("▁")}
    word = lambda text: sum(embeddings[i] for i in pieces.encode(text) if i not in spaces)
    nothing = torch.zeros_like(embeddings[:1])
    table = lambda names: torch.cat([torch.stack([word(name) for name in names]), nothing])
    blank = lambda label: torch.where(label == IGNORED, -1, label)  # -1 picks the zero row at the end.
    nouns = torch.cat([0.3 * word("background")[None], table(scenes.NOUNS + ["bar"])])
    rows = nouns[labels["noun"]]
    letters = torch.stack([embeddings[pieces.piece_to_id(c)] for c in lettering.CHARACTERS])
    rows = rows + 1.5 * torch.cat([nothing, letters])[labels["character"]]
    for name, words, weight in (("colour", scenes.COLOUR_NAMES, 1.0), ("size", scenes.SIZES, 0.7), ("place", scenes.PLACES, 0.7),
                                ("rank", NUMBERS[1:9], 0.5), ("value", [str(n) for n in range(1, 11)], 1.0)):
        rows = rows + weight * table(words)[blank(labels[name])]
    tones = [f"{tone} {kind}" for kind in scenes.BACKGROUNDS for tone in ("light", "dark")] + ["look"]
    rows = rows + 0.15 * table(tones)[labels["background"]]
    # A thing's middle speaks loudest: one patch per thing is enough to list and to count.
    loudness = torch.where((labels["centre"] == 1) | (labels["character"] > 0), 1.0, 0.5)
    return rows * loudness[..., None] + word("there") * (labels["centre"] == 1)[..., None]


def align(model, pieces, log, steps=400):
    tower, projector = model.vision_tower.vision_model, model.multi_modal_projector
    embeddings = model.language_model.model.embed_tokens.weight.detach()
    rng = np.random.default_rng(SEED)
    inputs, targets = [], []
    with torch.no_grad():
        for _ in range(16):
            pictures, labels, _ = (to_device(part) for part in collate([scenes.invent_any(rng) for _ in range(64)]))
            inputs.append(tower(normalised(pictures)).flatten(0, 1))
            targets.append(words_of_patches(pieces, embeddings, labels).flatten(0, 1))
    inputs, targets = torch.cat(inputs), torch.cat(targets)
    # The tower's features are far from unit size; the first layer undoes that.
    with torch.no_grad():
        projector.linear_1.weight.div_(inputs.std())
    optimiser = torch.optim.AdamW(projector.parameters(), lr=3e-3)
    for step in range(steps):
        optimiser.param_groups[0]["lr"] = 3e-3 * (1 - step / steps)
        picked = torch.randint(len(inputs), (2048,), device=DEVICE)
        loss = torch.nn.functional.mse_loss(projector(inputs[picked]), targets[picked])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    log(alignment=loss.item(), variance=targets.var().item())
