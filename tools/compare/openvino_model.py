#!/usr/bin/env python3
"""Writes LLaMA-7B's shape with a few layers of random weights as an OpenVINO model:
openvino_model.py LAYERS int4|int8 FOLDER

int4 is symmetric with one scale for 32 columns, as in Q4_0; int8 has one for a row.
"""

import sys

import openvino
import torch
from openvino_tokenizers import convert_tokenizer
from optimum.intel import OVModelForCausalLM, OVWeightQuantizationConfig
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

layers, weights, folder = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.manual_seed(1)
torch.set_default_dtype(torch.float16)
config = LlamaConfig(
    hidden_size=4096,
    intermediate_size=11008,
    num_attention_heads=32,
    num_hidden_layers=layers,
    vocab_size=32000,
    max_position_embeddings=4096,
    dtype="float16",
)
LlamaForCausalLM(config).save_pretrained(folder + "/random")

# Prompts are given as ids, but the pipeline wants a tokenizer: every byte is a token.
vocabulary = {character: id for id, character in enumerate(["</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())])}
bytes_alone = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
bytes_alone.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytes_alone, eos_token="</s>")

quantization = (
    OVWeightQuantizationConfig(bits=4, sym=True, group_size=32, ratio=1.0)
    if weights == "int4"
    else OVWeightQuantizationConfig(bits=8, sym=True)
)
model = OVModelForCausalLM.from_pretrained(folder + "/random", export=True, compile=False, quantization_config=quantization)
model.save_pretrained(folder)
both = convert_tokenizer(tokenizer, with_detokenizer=True)
for part, name in zip(both, ("tokenizer", "detokenizer")):
    openvino.save_model(part, f"{folder}/openvino_{name}.xml")
