"""Writes a checkpoint of stage 2 as a Hugging Face folder: F16 weights, configuration, preprocessor."""

import argparse
import os

import torch
from safetensors.torch import save_file

import tokenizer
from model import TEXT, Llava
from run import WORK
from scenes import GRID, MODEL_SIDE, PATCH
from vision import MEAN, STD, VISION

CONFIG = {
    "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "ignore_index": -100,
    "image_seq_length": GRID * GRID, "image_token_index": tokenizer.IMAGE, "pad_token_id": tokenizer.PAD,
    "projector_hidden_act": "gelu", "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
    "tie_word_embeddings": False, "torch_dtype": "float16", "vocab_size": TEXT["vocab_size"],
    "text_config": {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "torch_dtype": "float16",
                    "bos_token_id": tokenizer.BOS, "eos_token_id": tokenizer.EOS, "pad_token_id": tokenizer.PAD,
                    "tie_word_embeddings": False, **TEXT},
    "vision_config": {"model_type": "clip_vision_model", "image_size": MODEL_SIDE, "patch_size": PATCH, "projection_dim": VISION["hidden_size"],
                      "vocab_size": TEXT["vocab_size"], **VISION},
}
PREPROCESSOR = {
    "crop_size": {"height": MODEL_SIDE, "width": MODEL_SIDE}, "size": {"shortest_edge": MODEL_SIDE},
    "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
    "image_mean": [round(v, 8) for v in MEAN.double().tolist()], "image_std": [round(v, 8) for v in STD.double().tolist()],
    "image_processor_type": "CLIPImageProcessor", "processor_class": "LlavaProcessor", "resample": 3,
    "rescale_factor": 1 / 255,
}
PROCESSOR = {"image_token": "<image>", "num_additional_image_tokens": 1, "patch_size": PATCH, "processor_class": "LlavaProcessor",
             "vision_feature_select_strategy": "default"}
# vicuna_v1: programs that pick a prompt template from the files find its system sentence here.
CHAT_TEMPLATE = {"chat_template": (
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and "
    "polite answers to the user's questions. {% for message in messages %}{% if message['role'] == 'user' %}USER: "
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}<image>\n{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}{{ content['text'] }}{% endfor %} "
    "{% else %}ASSISTANT: {% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{{ content['text'] }}{% endfor %}</s>{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}")}
GENERATION = {"_from_model_config": True, "bos_token_id": tokenizer.BOS, "eos_token_id": tokenizer.EOS, "pad_token_id": tokenizer.PAD}


def load(path):
    model = Llava()
    model.load_state_dict(torch.load(path, weights_only=True, map_location="cpu")["modules"]["model"])
    return model.eval()


def export(model, folder):
    tensors = {name: value.to(torch.float16).contiguous() for name, value in model.state_dict().items()}
    path = f"{folder}/model.safetensors"
    save_file(tensors, path, metadata={"format": "pt"})
    os.chmod(path, 0o644)  # safetensors leaves it readable for its owner only.
    for name, value in (("config", CONFIG), ("preprocessor_config", PREPROCESSOR), ("processor_config", PROCESSOR),
                        ("generation_config", GENERATION), ("chat_template", CHAT_TEMPLATE)):
        tokenizer.save(folder, f"{name}.json", value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="a folder that holds the tokenizer already")
    parser.add_argument("--checkpoint", default=f"{WORK}/dialogue.pt")
    options = parser.parse_args()
    export(load(options.checkpoint), options.folder)
