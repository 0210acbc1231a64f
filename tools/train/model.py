"""A small LLaVA-1.5: vision tower, projector and a LLaMA decoder, all under Hugging Face's classic names."""

import torch
import torch.nn.functional as F
from torch import nn

import tokenizer
from vision import VISION, VisionTower, attend

TEXT = {
    "hidden_size": 256, "intermediate_size": 768, "num_hidden_layers": 10, "num_attention_heads": 8,
    "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "vocab_size": tokenizer.ROWS,
}
ROPE_BASE = 10000.0


class RMSNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, TEXT["rms_norm_eps"])


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, x, rotation, cache=None):
        """Row i sees the rows up to i, and everything in `cache`, a list [keys, values] that grows."""
        batch, count, width = x.shape
        split = lambda y: y.view(batch, count, self.heads, -1).transpose(1, 2)
        q, k, v = rotate(split(self.q_proj(x)), rotation), rotate(split(self.k_proj(x)), rotation), split(self.v_proj(x))
        if cache is not None:
            if cache:
                k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
            cache[:] = k, v
        y = attend(q, k, v, causal=count > 1)
        return self.o_proj(y.transpose(1, 2).reshape(batch, count, width))


def rotations(positions, head_dim):
    """Cosines and sines `[..., count, head_dim]` of the half-split rotary embedding."""
    frequencies = ROPE_BASE ** (-torch.arange(0, head_dim, 2, device=positions.device).float() / head_dim)
    angles = positions.float()[..., None] * frequencies
    angles = torch.cat([angles, angles], -1)
    return angles.cos(), angles.sin()


def rotate(x, rotation):
    cosines, sines = (r.to(x.dtype) for r in rotation)
    left, right = x.chunk(2, -1)
    return x * cosines + torch.cat([-right, left], -1) * sines


class GatedMLP(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.gate_proj = nn.Linear(width, inner, bias=False)
        self.up_proj = nn.Linear(width, inner, bias=False)
        self.down_proj = nn.Linear(inner, width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    def __init__(self, width, inner, heads):
        super().__init__()
        self.self_attn = SelfAttention(width, heads)
        self.mlp = GatedMLP(width, inner)
        self.input_layernorm = RMSNorm(width)
        self.post_attention_layernorm = RMSNorm(width)

    def forward(self, x, rotation, cache=None):
        x = x + self.self_attn(self.input_layernorm(x), rotation, cache)
        return x + self.mlp(self.post_attention_layernorm(x))


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        width = TEXT["hidden_size"]
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(TEXT["vocab_size"], width)
        self.model.layers = nn.ModuleList(
            DecoderLayer(width, TEXT["intermediate_size"], TEXT["num_attention_heads"])
            for _ in range(TEXT["num_hidden_layers"]))
        self.model.norm = RMSNorm(width)
        self.lm_head = nn.Linear(width, TEXT["vocab_size"], bias=False)
        self._initialise()

    def forward(self, x, positions, caches=None):
        """Embedded rows `[batch, count, width]` → hidden rows behind the final norm."""
        rotation = rotations(positions, TEXT["hidden_size"] // TEXT["num_attention_heads"])
        for index, layer in enumerate(self.model.layers):
            x = layer(x, rotation, caches[index] if caches else None)
        return self.model.norm(x)

    def compile_layers(self):
        """On a GPU the layers share one fused program; a CPU runs them as they are."""
        if self.lm_head.weight.is_cuda:
            for layer in self.model.layers:
                layer.compile()

    @torch.no_grad()
    def _initialise(self):
        """Equal queries and keys match equal contents, values pass them on, and the head reads the embeddings' own
        directions: the model can look things up in the picture from the beginning and need not discover how."""
        embeddings = self.model.embed_tokens.weight
        nn.init.normal_(embeddings, std=0.5)
        self.lm_head.weight.copy_(0.06 * embeddings)
        for layer in self.model.layers:
            for linear in [m for m in layer.modules() if isinstance(m, nn.Linear)]:
                nn.init.normal_(linear.weight, std=linear.in_features ** -0.5)
            attention = layer.self_attn
            attention.k_proj.weight.mul_(0.3).add_(0.8 * attention.q_proj.weight)
            nn.init.orthogonal_(attention.v_proj.weight)
            attention.o_proj.weight.copy_(0.4 * attention.v_proj.weight.T)
            layer.mlp.down_proj.weight.mul_(0.3)


class Projector(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_1 = nn.Linear(VISION["hidden_size"], TEXT["hidden_size"])
        self.linear_2 = nn.Linear(TEXT["hidden_size"], TEXT["hidden_size"])

    def forward(self, x):
        return self.linear_2(F.gelu(self.linear_1(x)))


class Llava(nn.Module):
    def __init__(self):
        super().__init__()
        self.vision_tower = nn.Module()
        self.vision_tower.vision_model = VisionTower()
        self.multi_modal_projector = Projector()
        self.language_model = LanguageModel()

    def see(self, pixels):
        return self.vision_tower.vision_model(pixels)

    def embed(self, features, tokens, image_token):
        """Token ids `[batch, count]`, every image marker repeated once per patch, → rows `[batch, count, width]`.

        `features` `[pictures, patches, width]`: row r of `tokens` talks about picture r * pictures / batch.
        """
        rows = self.language_model.model.embed_tokens(tokens)
        projected = self.multi_modal_projector(features).to(rows.dtype)
        projected = projected.repeat_interleave(len(tokens) // len(features), 0)
        return rows.masked_scatter((tokens == image_token)[..., None], projected)
