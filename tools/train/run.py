"""What both stages of the training share: schedule, optimisers, checkpoints, the log and the pause switch."""

import itertools
import json
import os
import time

import torch

import torch._dynamo
from muon import Muon

WORK = os.environ.get("TRAIN_DIR", "/work/train")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.set_num_threads(min(2, os.cpu_count()))
if DEVICE.type == "cuda":
    torch.backends.cuda.matmul.allow_tf32 = True
    # Few shapes, each worth a program of its own.
    torch._dynamo.config.automatic_dynamic_shapes = False
    torch._dynamo.config.recompile_limit = 64


def optimisers(hidden, others, rate):
    """Muon for the blocks' matrices, AdamW for everything else (embeddings, norms, biases, heads)."""
    return [
        Muon(hidden, lr=rate),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=DEVICE.type == "cuda"),
    ]


def half_precision():
    return torch.autocast(DEVICE.type, torch.bfloat16)


def to_device(value):
    if isinstance(value, dict):
        return {name: to_device(v) for name, v in value.items()}
    return value.to(DEVICE, non_blocking=True)


def rate_at(done, warmup=0.01, cooldown=0.5):
    """Warm up, stay, and cool down linearly over the last `cooldown` of the run; `done` is the share behind us."""
    return max(0.01, min(1.0, done / warmup + 0.02, (1 - done) / cooldown))


class Run:
    """A resumable training run: `for step in run.steps(): ...` ends after `total` steps, saves every few minutes.

    With `seconds` it ends, and its schedule ends, after that time, whatever the number of steps.
    """

    def __init__(self, name, total, seconds, modules, optimisers, every_seconds=150):
        self.name, self.total, self.limit, self.modules, self.optimisers = name, total, seconds, modules, optimisers
        self.path = f"{WORK}/{name}.pt"
        self.every, self.step, self.seconds, self.pictures = every_seconds, 0, 0.0, 0
        self.base = [[group["lr"] for group in o.param_groups] for o in optimisers]
        self.shown = {}
        os.makedirs(WORK, exist_ok=True)
        if os.path.exists(self.path):
            self._load()

    def done(self):
        return self.seconds / self.limit if self.limit else self.step / self.total

    def steps(self):
        began = saved = time.time()
        before = self.seconds
        while self.done() < 1 and not os.path.exists(f"{WORK}/STOP"):
            paused = time.time()
            while os.path.exists(f"{WORK}/PAUSE"):
                time.sleep(2)
            began += time.time() - paused
            self._set_rates()
            yield self.step
            self.step += 1
            self.seconds = before + time.time() - began
            if time.time() - saved > self.every:
                self.save()
                saved = time.time()
        self.save()

    def _set_rates(self):
        factor = rate_at(self.done())
        for optimiser, rates in zip(self.optimisers, self.base):
            for group, rate in zip(optimiser.param_groups, rates):
                group["lr"] = rate * factor

    def update(self, parameters, clip=1.0):
        torch.nn.utils.clip_grad_norm_(parameters, clip)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def show(self, values, every):
        """Keeps running means of the values (tensors, left on their device) and logs them now and then."""
        for name, value in values.items():
            value = value.detach().float()
            self.shown[name] = self.shown[name].lerp(value, 0.05) if name in self.shown else value
        if self.step % every == 0:
            self.log(**{name: value.item() for name, value in self.shown.items()})

    def log(self, **values):
        entry = {"stage": self.name, "step": self.step, "seconds": round(self.seconds), "pictures": self.pictures}
        entry |= {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}
        with open(f"{WORK}/log.jsonl", "a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    def save(self):
        state = {
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "optimisers": [o.state_dict() for o in self.optimisers],
            "step": self.step, "seconds": self.seconds, "pictures": self.pictures,
        }
        torch.save(state, self.path + ".new")
        os.replace(self.path + ".new", self.path)

    def _load(self):
        state = torch.load(self.path, weights_only=True, map_location=DEVICE)
        for name, module in self.modules.items():
            module.load_state_dict(state["modules"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        self.step, self.seconds, self.pictures = state["step"], state["seconds"], state["pictures"]
        print(f"{self.name}: resumed at step {self.step}", flush=True)


class Stream(torch.utils.data.IterableDataset):
    """`make(rng, index)` for ever, in several processes, each with indices and seeds of its own."""

    def __init__(self, make, seed, first):
        self.make, self.seed, self.first = make, seed, first

    def __iter__(self):
        import numpy as np

        torch.set_num_threads(1)
        os.nice(10)  # The process that trains must not wait for those that draw.
        worker = torch.utils.data.get_worker_info()
        for index in itertools.count(self.first + worker.id, worker.num_workers):
            yield self.make(np.random.default_rng([self.seed, index]), index)


def stream(make, seed, first):
    """Ready batches on the device. One process draws beside a training CPU; a GPU keeps all cores busy."""
    workers = max(1, os.cpu_count() - 1) if DEVICE.type == "cuda" else 1
    data = Stream(make, seed, first)
    loader = torch.utils.data.DataLoader(data, batch_size=None, num_workers=workers, prefetch_factor=4,
                                         pin_memory=DEVICE.type == "cuda")
    return (tuple(to_device(part) for part in batch) for batch in loader)
