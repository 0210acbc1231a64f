"""The vision tower: CLIP's ViT with Hugging Face's parameter names, and the dense heads that teach it.

The heads ask every patch about the thing that covers it (labels.DENSE_CLASSES). They see the very
features that LLaVA will use, the output of the last-but-one block, and are thrown away at export.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from labels import DENSE_CLASSES, IGNORED
from scenes import GRID, PATCH

MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073])
STD = torch.tensor([0.26862954, 0.26130258, 0.27577711])

VISION = {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 9, "num_attention_heads": 8}


def normalised(pictures):
    """`[batch, side, side, 3]` uint8 → `[batch, 3, side, side]` as CLIP wants it."""
    mean, std = MEAN.to(pictures.device), STD.to(pictures.device)
    return ((pictures.float() / 255 - mean) / std).permute(0, 3, 1, 2).contiguous()


def attend(q, k, v, causal=False):
    """Softmax attention `[batch, heads, count, head_dim]`, fused where a GPU does it.

    On a CPU it is written out: the fused one's backward pass takes several times as long there.
    """
    if q.is_cuda:
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = q @ k.transpose(2, 3) * q.shape[-1] ** -0.5
    if causal:
        count, slots = scores.shape[2:]
        scores = scores + torch.full((count, slots), float("-inf")).triu(1 + slots - count)
    return scores.softmax(-1).to(v.dtype) @ v


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def forward(self, x):
        batch, count, width = x.shape
        split = lambda y: y.view(batch, count, self.heads, -1).transpose(1, 2)
        q, k, v = split(self.q_proj(x)), split(self.k_proj(x)), split(self.v_proj(x))
        y = attend(q, k, v)
        return self.out_proj(y.transpose(1, 2).reshape(batch, count, width))


class MLP(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x):
        y = self.fc1(x)
        return self.fc2(y * torch.sigmoid(1.702 * y))


class Block(nn.Module):
    def __init__(self, width, inner, heads):
        super().__init__()
        self.self_attn = Attention(width, heads)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = MLP(width, inner)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, x):
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Embeddings(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(width) * 0.02)
        self.patch_embedding = nn.Conv2d(3, width, PATCH, PATCH, bias=False)
        self.position_embedding = nn.Embedding(1 + GRID * GRID, width)

    def forward(self, pixels):
        # A matrix product over cut-out patches: much faster on a CPU than the convolution it equals.
        batch = pixels.shape[0]
        patches = pixels.view(batch, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 1, 3, 5)
        patches = patches.reshape(batch, GRID * GRID, -1) @ self.patch_embedding.weight.flatten(1).T
        first = self.class_embedding.to(patches.dtype).expand(batch, 1, -1)
        return torch.cat([first, patches], 1) + self.position_embedding.weight


class VisionTower(nn.Module):
    def __init__(self):
        super().__init__()
        width, inner, heads = VISION["hidden_size"], VISION["intermediate_size"], VISION["num_attention_heads"]
        self.embeddings = Embeddings(width)
        self.pre_layrnorm = nn.LayerNorm(width)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(Block(width, inner, heads) for _ in range(VISION["num_hidden_layers"]))
        self.post_layernorm = nn.LayerNorm(width)
        self._initialise()

    def forward(self, pixels):
        """`[batch, 3, side, side]` → features `[batch, patches, width]`: hidden_states[-2] without the class token."""
        x = self.pre_layrnorm(self.embeddings(pixels))
        for block in self.encoder.layers[:-1]:
            x = block(x)
        return x[:, 1:]

    def compile_blocks(self):
        """On a GPU the blocks share one fused program; a CPU runs them as they are."""
        if self.embeddings.class_embedding.is_cuda:
            for block in self.encoder.layers:
                block.compile()

    @torch.no_grad()
    def _initialise(self):
        width = VISION["hidden_size"]
        self.embeddings.position_embedding.weight[1:] = positions_2d(width)
        self.embeddings.position_embedding.weight[0] = 0
        nn.init.orthogonal_(self.embeddings.patch_embedding.weight.view(width, -1))
        for block in self.encoder.layers:
            attention = block.self_attn
            for linear in (attention.q_proj, attention.v_proj, attention.out_proj, block.mlp.fc1, block.mlp.fc2):
                nn.init.normal_(linear.weight, std=linear.in_features ** -0.5)
                nn.init.zeros_(linear.bias)
            # Equal queries and keys attend to similar positions at first: local windows for nothing.
            attention.k_proj.weight.copy_(attention.q_proj.weight)
            nn.init.zeros_(attention.k_proj.bias)
            attention.out_proj.weight.mul_(0.3)
            block.mlp.fc2.weight.mul_(0.3)


def positions_2d(width):
    """Sines and cosines of column and row, `[patches, width]`: near patches get similar vectors."""
    quarter = width // 4
    frequencies = torch.exp(torch.linspace(math.log(math.pi / 2), math.log(math.pi / 40), quarter))
    rows, columns = torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="ij")
    angles = [axis.reshape(-1, 1).float() * frequencies for axis in (columns, rows)]
    return torch.cat([f(a) for a in angles for f in (torch.sin, torch.cos)], 1)


@torch.no_grad()
def initialise_patches(tower, pictures):
    """Points the patch embedding at the principal directions of real patches, equally loud."""
    pixels = normalised(pictures)
    patches = pixels.view(-1, 3, GRID, PATCH, GRID, PATCH).permute(0, 2, 4, 1, 3, 5).reshape(-1, 3 * PATCH * PATCH)
    covariance = patches.T @ patches / len(patches)
    values, vectors = torch.linalg.eigh(covariance)
    width = VISION["hidden_size"]
    values, vectors = values[-width:].clamp_min(1e-6), vectors[:, -width:]
    # Not quite white: the strongest directions stay somewhat stronger, the weak are mostly noise.
    scaled = vectors * values ** -0.35
    rotation = torch.linalg.qr(torch.randn(width, width))[0]
    weight = (scaled @ rotation).T
    weight = weight * (1.0 / (patches @ weight.T).std())
    tower.embeddings.patch_embedding.weight.copy_(weight.view_as(tower.embeddings.patch_embedding.weight))


class DenseHeads(nn.Module):
    """Linear readers of the patch features, for training only."""

    WEIGHTS = {"noun": 1.0, "colour": 1.0, "size": 0.5, "place": 0.3, "rank": 0.15, "centre": 2.0, "background": 0.1, "character": 1.0,
               "value": 0.4}

    def __init__(self):
        super().__init__()
        self.norm = nn.LayerNorm(VISION["hidden_size"])
        self.linear = nn.Linear(VISION["hidden_size"], sum(DENSE_CLASSES.values()) + 2)

    def forward(self, features, labels, offset):
        """The weighted loss, and the share of right answers per question (things' patches only)."""
        out = self.linear(self.norm(features)).float()
        *logits, where = out.split(list(DENSE_CLASSES.values()) + [2], dim=-1)
        thing = labels["noun"] > 0
        loss, right = 0, {}
        for (name, _), logit in zip(DENSE_CLASSES.items(), logits):
            label = labels[name]
            # A picture without bars asks for no value: a mean over nothing must not become a NaN.
            answered = (label != IGNORED).sum().clamp_min(1)
            lost = F.cross_entropy(logit.flatten(0, 1), label.flatten(), ignore_index=IGNORED, reduction="sum")
            loss = loss + self.WEIGHTS[name] * lost / answered
            asked = {"background": label >= 0, "centre": label == 1, "character": label > 0}.get(name, thing & (label != IGNORED))
            right[name] = ((logit.argmax(-1) == label) & asked).sum() / asked.sum().clamp_min(1)
        distance = F.smooth_l1_loss(where, offset, reduction="none", beta=0.2).mean(-1)
        return loss + (distance * thing).sum() / thing.sum().clamp_min(1), right
