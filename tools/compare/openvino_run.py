#!/usr/bin/env python3
"""Times OpenVINO GenAI on a model that openvino_model.py made: openvino_run.py FOLDER THREADS

Prints the seconds of a prompt of 640 tokens and of one token after it. ONEDNN_MAX_CPU_ISA limits the
instruction set.
"""

import sys

import numpy
import openvino
import openvino_genai as genai

folder, threads = sys.argv[1], int(sys.argv[2])
pipeline = genai.LLMPipeline(folder, "CPU", INFERENCE_NUM_THREADS=threads)
settings = genai.GenerationConfig(max_new_tokens=17, ignore_eos=True, do_sample=False)
best = [float("inf"), float("inf")]
for run in range(2):
    ids = numpy.array([[3 + (run + i) % 200 for i in range(640)]], dtype=numpy.int64)
    prompt = genai.TokenizedInputs(openvino.Tensor(ids), openvino.Tensor(numpy.ones_like(ids)))
    figures = pipeline.generate(prompt, settings).perf_metrics
    seconds = figures.get_ttft().mean / 1000, figures.get_tpot().mean / 1000
    best = [min(a, b) for a, b in zip(best, seconds)]
print(*best)
