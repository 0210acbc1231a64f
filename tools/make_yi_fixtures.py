#!/usr/bin/env python3
"""Writes Tests/Fixtures/oracle/family/{models,golden}/next-yi: a tiny LLaVA-1.6 34b (Yi) and what it gives.

usage: make_yi_fixtures.py [FOLDER]        (FOLDER: Tests/Fixtures/oracle/family)
needs (PyPI): torch==2.13 transformers==5.24 tokenizers sentencepiece safetensors gguf pillow==13

The model has random weights (exact in F16) and the traits of llava-hf/llava-v1.6-34b-hf as far as they were
known (its files were not at hand; Yi's report says that no dummy prefix is used): a LLaMA decoder with
seven query heads for each key head (56 and 8), rope theta 5e6, RMS epsilon 1e-5, a head of its own,
sentencepiece without a space in front of a text, ChatML's marks at 6 and 7, `<image>` behind the pieces, and a head
whose rows are padded to a multiple of 64. It is written as Hugging Face's folder, as LLaVA's own (with the
tower inside) and as a GGUF pair; Hugging Face's folder is then loaded again and gives the golden numbers.

Numbers are transformers' in f32 with eager attention. A second decoder, in double precision and NumPy
(`Decoder`), reads the same files: its scores must lead to the same kept entries, or
`same_from_f32_scores` is false. Kept entries and continuations follow PrefixKV with the position of a token
counted over all tokens seen.
"""
import json
import math
import os
import sys

import gguf
import numpy
import sentencepiece
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import DynamicCache, LlavaNextForConditionalGeneration
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil

PIECES, IMAGE, ROWS = 384, 384, 448
WIDTH, LAYERS, HEADS, KEYS, SIDE, FFN = 112, 3, 14, 2, 8, 96
TOWER, TILE, PATCH = 32, 56, 14
PINPOINTS = [[56, 112], [112, 56], [112, 112], [168, 56], [56, 168]]
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
QUESTIONS = ["What is in the picture?", "How many red circles are there,\n10 or 25?"]
ANSWER = "The red circle is left of a small house."
STEPS = 24

TEXT = dict(
    model_type="llama", architectures=["LlamaForCausalLM"], hidden_size=WIDTH, intermediate_size=FFN,
    num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=KEYS, vocab_size=ROWS,
    max_position_embeddings=4096, rms_norm_eps=1e-5, rope_theta=5000000.0, eos_token_id=7, pad_token_id=0)
VISION = dict(
    model_type="clip_vision_model", hidden_size=TOWER, intermediate_size=64, num_hidden_layers=3,
    num_attention_heads=2, image_size=TILE, patch_size=PATCH, projection_dim=32, vocab_size=32000)
PROCESSOR = dict(
    image_processor_type="LlavaNextImageProcessor", size={"shortest_edge": TILE},
    crop_size={"height": TILE, "width": TILE}, image_mean=MEAN, image_std=STD, resample=3, do_center_crop=True,
    do_resize=True, do_normalize=True, do_rescale=True, rescale_factor=1 / 255, do_convert_rgb=True,
    image_grid_pinpoints=PINPOINTS)


# --- files -------------------------------------------------------------------------------------------------

def write(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)


def make_pieces(folder):
    """A sentencepiece model: bytes, marks and a few merges, without a space in front of a text."""
    corpus = folder + "/corpus.txt"
    with open(corpus, "w") as file:
        file.write("\n".join(QUESTIONS + [ANSWER, "Answer the questions.", "system user assistant"] + [
            "There are two small houses and a red circle on the left side of the picture.",
            "How many people can you see there, and what are they doing in this image?",
            "Describe the colours of the houses, the trees and the cars in the street."]))
    sentencepiece.SentencePieceTrainer.train(
        input=corpus, model_prefix=folder + "/tokenizer", model_type="bpe", vocab_size=PIECES,
        byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False, split_digits=True,
        normalization_rule_name="identity", character_coverage=1.0, unk_id=0, bos_id=1, eos_id=2, pad_id=-1,
        bos_piece="<|startoftext|>", eos_piece="<|endoftext|>", minloglevel=2,
        user_defined_symbols=["<|Human|>", "<|Assistant|>", "<|System|>", "<|im_start|>", "<|im_end|>"])
    for name in ("corpus.txt", "tokenizer.vocab"):
        os.remove(folder + "/" + name)
    return sentencepiece.SentencePieceProcessor(model_file=folder + "/tokenizer.model")


def fast_tokenizer(pieces):
    """The same tokenizer as tokenizer.json writes it."""
    vocabulary = {pieces.id_to_piece(i): i for i in range(PIECES)}
    merges = [(pieces.get_score(i), piece[:cut], piece[cut:]) for piece, i in vocabulary.items()
              for cut in range(1, len(piece)) if i >= 8 and not pieces.is_byte(i)
              and piece[:cut] in vocabulary and piece[cut:] in vocabulary]
    merges.sort(key=lambda merge: -merge[0])
    made = Tokenizer(models.BPE(
        vocabulary, [merge[1:] for merge in merges], unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    marks = [pieces.id_to_piece(i) for i in range(8)] + ["<image>"]
    made.add_special_tokens([AddedToken(mark, normalized=False, special=True) for mark in marks])
    return made


def hub_name(name):
    """As the published file calls a tensor."""
    for ours, theirs in [("model.language_model.", "language_model.model."), ("lm_head.", "language_model.lm_head."),
                         ("model.vision_tower.", "vision_tower.vision_model."), ("model.", "")]:
        if name.startswith(ours):
            return theirs + name.removeprefix(ours).removeprefix("vision_model.")
    raise KeyError(name)


def own_name(name):
    """As LLaVA's own code calls it."""
    for theirs, own in [("language_model.model.", "model."), ("language_model.", ""), ("image_newline", "model.image_newline"),
                        ("vision_tower.", "model.vision_tower.vision_tower."),
                        ("multi_modal_projector.linear_1.", "model.mm_projector.0."),
                        ("multi_modal_projector.linear_2.", "model.mm_projector.2.")]:
        if name.startswith(theirs):
            return own + name.removeprefix(theirs)
    raise KeyError(name)


def make_weights(model):
    """Random numbers that keep the layers' outputs of one size, exact in F16."""
    random = torch.Generator().manual_seed(34)
    arrays = {}
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        values = torch.randn(tensor.shape, generator=random)
        if tensor.dim() > 1:
            values *= 1.3 / math.sqrt(tensor[0].numel()) if "embed" not in name else 0.5
        elif "norm" in name and name.endswith("weight"):
            values = 1 + 0.1 * values
        else:
            values *= 0.1 if name.endswith("bias") else 0.5
        arrays[hub_name(name)] = values.half().numpy()
    return arrays


def write_folders(root, pieces_folder, fast, arrays):
    hf, own, clip = (root + "/" + name for name in ("hf", "llava-v1.6-34b-tiny", "clip-tiny-patch14-56"))
    for folder in (hf, own, clip):
        os.makedirs(folder, exist_ok=True)
    save_file(arrays, hf + "/model.safetensors", metadata={"format": "pt"})
    write(hf + "/config.json", dict(
        model_type="llava_next", architectures=["LlavaNextForConditionalGeneration"], vision_config=VISION,
        text_config=TEXT, image_token_index=IMAGE, vision_feature_layer=-2,
        vision_feature_select_strategy="default", projector_hidden_act="gelu", image_grid_pinpoints=PINPOINTS,
        vocab_size=ROWS, use_image_newline_parameter=True, tie_word_embeddings=False, torch_dtype="float16"))
    write(hf + "/preprocessor_config.json", PROCESSOR)
    write(hf + "/generation_config.json", dict(bos_token_id=1, eos_token_id=7, pad_token_id=0))
    settings = dict(
        tokenizer_class="LlamaTokenizer", bos_token="<|startoftext|>", eos_token="<|im_end|>", pad_token="<unk>",
        unk_token="<unk>", add_bos_token=False, add_eos_token=False, model_max_length=4096)
    write(hf + "/tokenizer_config.json", settings)
    fast.save(hf + "/tokenizer.json")

    # LLaVA's own has rows for the pieces alone.
    matrices = {own_name(name): array[:PIECES] if len(array) == ROWS else array for name, array in arrays.items()}
    save_file(matrices, own + "/model.safetensors", metadata={"format": "pt"})
    write(own + "/config.json", {
        **TEXT, "model_type": "llava_llama", "architectures": ["LlavaLlamaForCausalLM"], "vocab_size": PIECES,
        "mm_vision_tower": "openai/clip-tiny-patch14-56", "mm_projector_type": "mlp2x_gelu",
        "mm_hidden_size": TOWER, "mm_vision_select_layer": -2, "mm_vision_select_feature": "patch",
        "mm_use_im_start_end": False, "mm_use_im_patch_token": False, "use_mm_proj": True, "torch_dtype": "float16",
        "image_aspect_ratio": "anyres", "image_grid_pinpoints": PINPOINTS, "mm_patch_merge_type": "spatial_unpad",
        "image_crop_resolution": 224, "unfreeze_mm_vision_tower": True})
    write(own + "/tokenizer_config.json", settings)
    os.replace(pieces_folder + "/tokenizer.model", own + "/tokenizer.model")
    # The tower's numbers; its weights are those of the checkpoint.
    write(clip + "/config.json", dict(model_type="clip", vision_config=VISION))
    write(clip + "/preprocessor_config.json", {k: v for k, v in PROCESSOR.items() if k != "image_grid_pinpoints"})
    return hf


def write_pair(root, pieces, arrays):
    """A GGUF pair as llama.cpp's converters write it."""
    os.makedirs(root + "/gguf", exist_ok=True)
    file = gguf.GGUFWriter(root + "/gguf/next-yi-f16.gguf", "llama")
    file.add_name("next-yi")
    file.add_file_type(1)
    file.add_context_length(4096)
    file.add_embedding_length(WIDTH)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(FFN)
    file.add_head_count(HEADS)
    file.add_head_count_kv(KEYS)
    file.add_rope_freq_base(5e6)
    file.add_rope_dimension_count(SIDE)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_vocab_size(ROWS)
    file.add_tokenizer_model("llama")
    file.add_tokenizer_pre("default")
    rest = ["<image>"] + [f"[PAD{i}]" for i in range(PIECES + 1, ROWS)]
    kinds = [2, 3, 3, 3, 3, 3, 3, 3] + [6 if pieces.is_byte(i) else 1 for i in range(8, PIECES)]
    file.add_token_list([pieces.id_to_piece(i) for i in range(PIECES)] + rest)
    file.add_token_scores([pieces.get_score(i) for i in range(PIECES)] + [-1000.0] * len(rest))
    file.add_token_types(kinds + [3] + [5] * (len(rest) - 1))
    file.add_bos_token_id(1)
    file.add_eos_token_id(7)
    file.add_unk_token_id(0)
    file.add_pad_token_id(0)
    file.add_add_bos_token(False)
    file.add_add_space_prefix(False)
    blocks = dict(zip(
        ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
         "post_attention_layernorm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"],
        ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down"]))
    names = {"language_model.model.embed_tokens": "token_embd", "language_model.model.norm": "output_norm",
             "language_model.lm_head": "output"}
    for name, array in arrays.items():
        stem = name.rsplit(".", 1)[0]
        if stem.startswith("language_model.model.layers."):
            layer, part = stem.removeprefix("language_model.model.layers.").split(".", 1)
            if part[-6:] in ("q_proj", "k_proj"):  # from halves to neighbouring pairs
                array = array.reshape(-1, 2, SIDE // 2, WIDTH).swapaxes(1, 2).reshape(array.shape)
            add(file, f"blk.{layer}.{blocks[part]}.weight", array)
        elif stem in names:
            add(file, names[stem] + ".weight", array)
    finish(file)

    file = gguf.GGUFWriter(root + "/gguf/mmproj-next-yi-f16.gguf", "clip")
    file.add_name("next-yi")
    file.add_file_type(1)
    for key, value in [("has_text_encoder", False), ("has_vision_encoder", True), ("has_llava_projector", True),
                       ("use_gelu", False)]:
        file.add_bool("clip." + key, value)
    for key, value in [("projector_type", "mlp"), ("vision.image_aspect_ratio", "anyres"),
                       ("vision.mm_patch_merge_type", "spatial_unpad"), ("vision.mm_projector_type", "mlp2x_gelu")]:
        file.add_string("clip." + key, value)
    for key, value in [("image_size", TILE), ("patch_size", PATCH), ("embedding_length", TOWER),
                       ("feed_forward_length", 64), ("projection_dim", 32), ("attention.head_count", 2),
                       ("block_count", 2), ("image_crop_resolution", 224)]:
        file.add_uint32("clip.vision." + key, value)
    file.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    file.add_array("clip.vision.image_grid_pinpoints", [side for pair in PINPOINTS for side in pair])
    file.add_array("clip.vision.feature_layer", [2])
    file.add_array("clip.vision.image_mean", MEAN)
    file.add_array("clip.vision.image_std", STD)
    parts = {"layer_norm1": "ln1", "layer_norm2": "ln2", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
             "self_attn.v_proj": "attn_v", "self_attn.out_proj": "attn_out", "mlp.fc1": "ffn_down", "mlp.fc2": "ffn_up"}
    names = {"image_newline": "model.image_newline", "multi_modal_projector.linear_1.": "mm.0.",
             "multi_modal_projector.linear_2.": "mm.2.",
             "vision_tower.vision_model.embeddings.class_embedding": "v.class_embd",
             "vision_tower.vision_model.embeddings.patch_embedding.": "v.patch_embd.",
             "vision_tower.vision_model.embeddings.position_embedding.": "v.position_embd.",
             "vision_tower.vision_model.pre_layrnorm.": "v.pre_ln."}
    for name, array in arrays.items():
        if name.startswith("vision_tower.vision_model.encoder.layers."):
            layer, part = name.removeprefix("vision_tower.vision_model.encoder.layers.").split(".", 1)
            stem, kind = part.rsplit(".", 1)
            if layer != "2":  # the last block is never used
                add(file, f"v.blk.{layer}.{parts[stem]}.{kind}", array)
        for theirs, ours in names.items():
            if name.startswith(theirs):
                add(file, ours + name.removeprefix(theirs), array)
    finish(file)


def add(file, name, array):
    """Matrices in F16, the rest in F32."""
    whole = array.ndim == 1 or name == "v.position_embd.weight"
    file.add_tensor(name, numpy.ascontiguousarray(array.astype(numpy.float32) if whole else array))


def finish(file):
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


# --- numbers -----------------------------------------------------------------------------------------------

class Decoder:
    """The language model in double precision, written down a second time."""

    def __init__(self, arrays):
        self.arrays = {name.removeprefix("language_model."): array.astype(numpy.float64)
                       for name, array in arrays.items()}

    def __call__(self, rows):
        """Logits of the last row, and [layers, positions] scores."""
        (hidden, scores, count) = (rows.astype(numpy.float64), [], len(rows))
        angles = numpy.outer(numpy.arange(count), 5e6 ** (-numpy.arange(0, SIDE, 2) / SIDE))
        (cos, sin) = (numpy.cos(angles), numpy.sin(angles))

        def turned(values):
            (first, second) = numpy.split(values, 2, axis=-1)
            return numpy.concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)

        for layer in range(LAYERS):
            def product(name, values):
                return values @ self.arrays[f"model.layers.{layer}.{name}.weight"].T

            def normal(name, values):
                scale = numpy.sqrt((values ** 2).mean(-1, keepdims=True) + 1e-5)
                return values / scale * self.arrays[name + ".weight"]

            inner = normal(f"model.layers.{layer}.input_layernorm", hidden)
            (q, k, v) = (product(f"self_attn.{part}_proj", inner).reshape(count, -1, SIDE).swapaxes(0, 1) for part in "qkv")
            (k, v) = (numpy.repeat(part, HEADS // KEYS, axis=0) for part in (turned(k), v))
            weights = turned(q) @ k.swapaxes(1, 2) / math.sqrt(SIDE)
            weights[:, numpy.triu(numpy.ones((count, count), bool), 1)] = -numpy.inf
            weights = numpy.exp(weights - weights.max(-1, keepdims=True))
            weights /= weights.sum(-1, keepdims=True)
            scores.append(weights.mean(0).sum(0))
            hidden = hidden + product("self_attn.o_proj", (weights @ v).swapaxes(0, 1).reshape(count, -1))
            inner = normal(f"model.layers.{layer}.post_attention_layernorm", hidden)
            gate = product("mlp.gate_proj", inner)
            hidden = hidden + product("mlp.down_proj", gate / (1 + numpy.exp(-gate)) * product("mlp.up_proj", inner))
        return normal("model.norm", hidden)[-1] @ self.arrays["lm_head.weight"].T, numpy.array(scores)


def prefix_configuration(scores, forgotten):
    """PrefixKV's search over [layers, positions]: the threshold and what each layer forgets."""
    (layers, count) = scores.shape
    ordered = -numpy.sort(-scores.astype(numpy.float64), axis=1)
    shares = numpy.cumsum(ordered / ordered.sum(1, keepdims=True), axis=1)

    def forgets(p):
        found = [numpy.argmax(row >= p) + 1 if (row >= p).any() else count + 1 for row in shares]
        return [max(0, count - int(prefix) - 2) for prefix in found]

    (target, low, high) = (count * layers * forgotten, 0.0, 1.0)
    while True:
        p = (low + high) / 2
        total = sum(forgets(p))
        if abs(total - target) < 5 or p in (low, high):
            break
        (low, high) = (low, p) if total < target else (p, high)
    return p, [int(f * target / total) for f in forgets(p)]


def kept_entries(scores, forget):
    """[layers] of kept positions, and the smallest distance at a border between kept and forgotten."""
    (kept, gap) = ([], math.inf)
    for row, dropped in zip(scores.astype(numpy.float64), forget):
        order = 1 + numpy.argsort(row[1:-1], kind="stable")
        kept.append(sorted({0, len(row) - 1} | set(order[dropped:].tolist())))
        if 0 < dropped < len(order):
            gap = min(gap, row[order[dropped]] - row[order[dropped - 1]])
    return kept, gap


class Continuation:
    """Decodes behind a prompt whose layers keep `kept`; after each token a layer may evict one entry."""

    def __init__(self, model, cache, count, kept=None, forget=None):
        (self.model, self.seen, self.count) = (model, count, count)
        self.cache = DynamicCache()
        for layer, held in enumerate(cache.layers):
            rows = kept[layer] if kept else list(range(count))
            self.cache.update(held.keys[:, :, rows].clone(), held.values[:, :, rows].clone(), layer)
        self.forget = forget or [0] * LAYERS
        self.slots = [len(k) - 25 if len(k) > 25 else len(k) // 2 for k in kept] if kept else None

    def lengths(self):
        return [layer.keys.shape[2] for layer in self.cache.layers]

    def __call__(self, token):
        # A mask of one number is as long as every layer's cache.
        hidden = self.model.model.language_model(
            input_ids=torch.tensor([[token]]), position_ids=torch.tensor([[self.seen]]), cache=self.cache,
            use_cache=True, attention_mask=torch.zeros(1, 1, 1, 1)).last_hidden_state
        self.seen += 1
        for layer, held in enumerate(self.cache.layers if self.slots else []):
            share = self.forget[layer] / self.count
            if int(held.keys.shape[2] - self.seen * (1 - share)) > 0:
                left = [i for i in range(held.keys.shape[2]) if i != self.slots[layer]]
                (held.keys, held.values) = (held.keys[:, :, left], held.values[:, :, left])
        return self.model.lm_head(hidden)[0, -1]

    def greedy(self, logits):
        (tokens, margins) = ([], [])
        for step in range(STEPS):
            best = logits.topk(2).values
            tokens.append(int(logits.argmax()))
            margins.append(float(best[0] - best[1]))
            if step < STEPS - 1:
                logits = self(tokens[-1])
        return dict(greedy=tokens, margins=margins, final_len=self.lengths())

    def likelihoods(self, answer, logits):
        terms = []
        for index, token in enumerate(answer):
            terms.append(float(-torch.log_softmax(logits.double(), -1)[token]))
            if index < len(answer) - 1:
                logits = self(token)
        return terms


def sample(model, second, fast, picture, inputs, name, question, arrays, width, height):
    prompt = ("<|im_start|>system\nAnswer the questions.<|im_end|><|im_start|>user\n<image>\n" + question
              + "<|im_end|><|im_start|>assistant\n")
    ids = fast.encode(prompt).ids
    rows = len(arrays[picture + ".rows"])
    place = ids.index(IMAGE)
    whole = ids[:place] + [IMAGE] * rows + ids[place + 1:]
    count = len(whole)
    out = model(input_ids=torch.tensor([whole]), cache=DynamicCache(), use_cache=True, output_attentions=True, **inputs)
    logits = out.logits[0, -1]
    scores = torch.stack([a[0].mean(0).sum(0) for a in out.attentions]).numpy()
    arrays[name + ".scores"] = scores.astype(numpy.float32)
    arrays[name + ".logits"] = logits.numpy()
    embedded = model.get_input_embeddings().weight[torch.tensor(whole)].numpy().copy()
    embedded[place:place + rows] = arrays[picture + ".rows"]
    (their_logits, their_scores) = second(embedded)
    difference = abs(their_logits - logits.numpy()).max()
    print(f"{name}: two decoders differ by {difference:.1e} in a logit, "
          f"{(abs(their_scores - scores) / their_scores).max():.1e} in a score")
    assert difference < 1e-4
    answer = fast.encode(ANSWER).ids
    full = Continuation(model, out.cache, count).greedy(logits)
    record = dict(
        id=name, image=picture, size=[width, height], question=question, prompt=prompt,
        ids=[-200 if i == IMAGE else i for i in ids], tiles=len(arrays[picture + ".tiles_u8"]), image_tokens=rows,
        image_rows=[place, place + rows], L=count, greedy=full["greedy"], margins=full["margins"], answer=ANSWER,
        answer_ids=answer, nll=Continuation(model, out.cache, count).likelihoods(answer, logits), prefixkv={})
    for share in (0.2, 0.5, 0.8):
        (threshold, forget) = prefix_configuration(their_scores, 1 - share)
        (kept, gap) = kept_entries(their_scores, forget)
        same = (threshold, forget) == prefix_configuration(scores, 1 - share) and kept == kept_entries(scores, forget)[0]

        def compressed():
            return Continuation(model, out.cache, count, kept, forget)

        record["prefixkv"][str(share)] = dict(
            forget=forget, threshold=threshold, kept_len=[len(k) for k in kept], kept=kept, min_gap=gap,
            same_from_f32_scores=same, **compressed().greedy(logits), nll=compressed().likelihoods(answer, logits))
    return record


def look(model, processor, path, arrays, picture):
    """Tiles, features and rows of a picture; what the model takes of it."""
    image = Image.open(path).convert("RGB")
    made = processor(image, return_tensors="pt")
    plain = processor(image, do_rescale=False, do_normalize=False, return_tensors="np")["pixel_values"][0]
    arrays[picture + ".tiles_u8"] = numpy.ascontiguousarray(plain.transpose(0, 2, 3, 1)).astype(numpy.uint8)
    values = made["pixel_values"][0]
    # One square is enough to compare how samples are normalised.
    arrays[picture + ".pixel_values"] = values[:1].numpy()
    states = model.model.vision_tower(values, output_hidden_states=True).hidden_states
    arrays[picture + ".features"] = states[-2][:, 1:].numpy()
    inputs = dict(pixel_values=made["pixel_values"], image_sizes=made["image_sizes"])
    arrays[picture + ".rows"] = model.get_image_features(
        **inputs, vision_feature_layer=-2, vision_feature_select_strategy="default",
        output_hidden_states=True).pooler_output[0].numpy()
    return inputs, image.size


@torch.no_grad()
def main(folder):
    root = folder + "/models/next-yi"
    os.makedirs(root, exist_ok=True)
    pieces = make_pieces(root)
    fast = fast_tokenizer(pieces)
    for text in QUESTIONS + [ANSWER, " two  spaces", "héllo\n€", "10 or 25"]:
        assert fast.encode(text).ids == pieces.encode(text), text
    from transformers import LlavaNextConfig
    empty = LlavaNextForConditionalGeneration(LlavaNextConfig(
        text_config=TEXT, vision_config=VISION, image_token_index=IMAGE, image_grid_pinpoints=PINPOINTS))
    arrays = make_weights(empty)
    hf = write_folders(root, root, fast, arrays)
    write_pair(root, pieces, arrays)

    model = LlavaNextForConditionalGeneration.from_pretrained(
        hf, dtype=torch.float32, attn_implementation="eager").eval()
    second = Decoder(load_file(hf + "/model.safetensors"))
    processor = LlavaNextImageProcessorPil.from_pretrained(hf)
    (records, golden) = ([], {})
    for picture in ("wide", "tall", "small"):
        (inputs, size) = look(model, processor, f"{folder}/images/{picture}.png", golden, picture)
        for index, question in enumerate(QUESTIONS):
            records.append(sample(
                model, second, fast, picture, inputs, f"{picture}-q{index}", question, golden, *size))
    save_file({k: numpy.ascontiguousarray(v) for k, v in golden.items()}, folder + "/golden/next-yi.safetensors")
    with open(folder + "/golden/next-yi.json", "w") as file:
        json.dump(dict(model="next-yi", hf="llava_next", text="llama", image_token=IMAGE, eos=7, samples=records),
                  file, ensure_ascii=False)


main(sys.argv[1] if len(sys.argv) > 1 else "Tests/Fixtures/oracle/family")
