#!/usr/bin/env python3
"""Writes Tests/Fixtures/oracle/kvpress/kvpress.{safetensors,json}: what NVIDIA's kvpress keeps of tiny models.

usage: make_kvpress_fixtures.py [FOLDER]
needs (PyPI): torch transformers safetensors, and kvpress==0.5.5 (--no-deps) with what its import asks for:
requests datasets pandas accelerate nvidia-ml-py cachetools fire

The models have random weights, two layers and one key head, because kvpress chooses head by head and our
cache layer by layer. kvpress is given our observation window (32) and, for SnapKV, our pooling (maximum
over 7). SnapKV pools each query head before it averages them, we average first: its model has one query
head, the others' has two. The first and the last position, which our cache never evicts, get the highest
score.
"""
import json
import os
import sys

import kvpress
import torch
from kvpress.presses import snapkv_press
from safetensors.torch import save_file
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM

POSITIONS, LAYERS, WIDTH, WINDOW = 128, 2, 16, 32
KEEP = [0.5, 0.25]


class MaximumPooling:
    """torch.nn.functional with a maximum where SnapKV averages."""

    def __getattr__(self, name):
        pool = torch.nn.functional.max_pool1d
        if name == "avg_pool1d":
            return lambda x, kernel_size, padding, stride: pool(x, kernel_size, stride, padding)
        return getattr(torch.nn.functional, name)


snapkv_press.F = MaximumPooling()


def model(heads):
    torch.manual_seed(7)
    made = LlamaForCausalLM(LlamaConfig(
        vocab_size=97, hidden_size=32, intermediate_size=64, num_hidden_layers=LAYERS,
        num_attention_heads=heads, num_key_value_heads=1, head_dim=WIDTH, initializer_range=0.3,
        attn_implementation="eager")).eval()
    for layer in made.model.layers:
        layer.self_attn.rotary_emb = made.model.rotary_emb  # as kvpress does while a press is in force
    return made


def run(heads, presses, arrays):
    """Records what our policies look at, and the presses' scores; returns what they keep."""
    llama, cache = model(heads), DynamicCache()

    def record(module, args, kwargs, output):
        hidden = kwargs.get("hidden_states", args[0] if args else None)
        held, attention = cache.layers[module.layer_idx], output[1]
        mean = attention[0].mean(0)
        prefix = f"{heads}.{module.layer_idx}."
        arrays[prefix + "keys"] = held.keys[0].transpose(0, 1)
        arrays[prefix + "values"] = held.values[0].transpose(0, 1)
        arrays[prefix + "queries"] = module.q_proj(hidden).view(POSITIONS, heads, WIDTH)
        arrays[prefix + "importance"] = mean.sum(0)
        arrays[prefix + "window"] = mean[-WINDOW:].sum(0)
        for name, press in presses.items():
            press.compression_ratio = 0.5
            press.post_init_from_model(llama)
            score = press.score(module, hidden, held.keys, held.values, attention, kwargs)
            arrays[prefix + "score." + name] = score[0, 0].float()

    with torch.no_grad():
        hooks = [l.self_attn.register_forward_hook(record, with_kwargs=True) for l in llama.model.layers]
        llama(torch.randint(0, 97, (1, POSITIONS)), past_key_values=cache, use_cache=True)
        for hook in hooks:
            hook.remove()
    arrays["frequencies"] = llama.model.rotary_emb.inv_freq.float()
    return {name: {str(keep): [kept(arrays[f"{heads}.{layer}.score.{name}"], keep) for layer in range(LAYERS)]
                   for keep in KEEP} for name in presses}


def kept(scores, keep):
    scores = scores.clone()
    scores[0] = scores[-1] = float("inf")
    return sorted(scores.topk(int(POSITIONS * keep)).indices.tolist())


folder = sys.argv[1] if len(sys.argv) > 1 else "Tests/Fixtures/oracle/kvpress"
arrays = {}
sets = run(2, {
    "keydiff": kvpress.KeyDiffPress(), "expected-attention": kvpress.ExpectedAttentionPress(),
    "prefixkv-mean": kvpress.ObservedAttentionPress(), "local": kvpress.StreamingLLMPress(n_sink=1),
}, arrays)
sets |= run(1, {"snapkv": kvpress.SnapKVPress(window_size=WINDOW, kernel_size=7)}, arrays)
os.makedirs(folder, exist_ok=True)
# The rows of the model with one query head serve SnapKV alone.
arrays = {name: array for name, array in arrays.items()
          if not name.startswith("1.") or name.split(".")[2] in ("window", "score")}
save_file({name: array.detach().contiguous().clone() for name, array in arrays.items()},
          folder + "/kvpress.safetensors")
with open(folder + "/kvpress.json", "w") as file:
    json.dump({"kvpress": "0.5.5", "kept": sets}, file)
