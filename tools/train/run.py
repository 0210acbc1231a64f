"""What both stages of the training share: schedule, optimisers, checkpoints, the log and the pause switch."""

import itertools
import json
import os
import time

import torch

WORK = os.environ.get("TRAIN_DIR", "/work/train")
# Under torchrun every process computes its own half of a step on one core. On a busy machine that is much
# faster than two threads in one process, which wait for each other after every single operation.
RANK, WORLD = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def join_processes():
    torch.set_num_threads(2 if WORLD == 1 else 1)
    if WORLD > 1:
        torch.distributed.init_process_group("gloo")


def optimisers(hidden, others, rate, decay=0.05):
    """Muon for the blocks' matrices, AdamW for everything else (embeddings, norms, biases, heads)."""
    return [
        torch.optim.Muon(hidden, lr=rate, weight_decay=decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def rate_at(step, steps, warmup=50, cooldown=0.5):
    """Warm up, stay, and cool down linearly over the last `cooldown` of the steps."""
    left = (steps - step) / max(1, steps * cooldown)
    return max(0.01, min(1.0, (step + 1) / warmup, left))


class Run:
    """A resumable training run: `for step in run.steps(): ...` ends at `total`, saves every few minutes."""

    def __init__(self, name, total, modules, optimisers, every_seconds=150):
        self.name, self.total, self.modules, self.optimisers = name, total, modules, optimisers
        self.path = f"{WORK}/{name}.pt"
        self.every, self.step, self.seconds, self.pictures = every_seconds, 0, 0.0, 0
        self.base = [[group["lr"] for group in o.param_groups] for o in optimisers]
        os.makedirs(WORK, exist_ok=True)
        if os.path.exists(self.path):
            self._load()

    def steps(self):
        began = saved = time.time()
        before = self.seconds
        while self.step < self.total and not self._told_to_stop():
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

    def _told_to_stop(self):
        """Whether the file STOP exists for any of the processes: all end together, saved."""
        told = torch.tensor(float(os.path.exists(f"{WORK}/STOP")))
        if WORLD > 1:
            torch.distributed.all_reduce(told)
        return told > 0

    def _set_rates(self):
        factor = rate_at(self.step, self.total)
        for optimiser, rates in zip(self.optimisers, self.base):
            for group, rate in zip(optimiser.param_groups, rates):
                group["lr"] = rate * factor

    def update(self, parameters, clip=1.0):
        if WORLD > 1:
            together = torch.cat([p.grad.flatten() for p in parameters])
            torch.distributed.all_reduce(together)
            for p, mean in zip(parameters, (together / WORLD).split([p.numel() for p in parameters])):
                p.grad = mean.view_as(p)
        torch.nn.utils.clip_grad_norm_(parameters, clip)
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)

    def log(self, **values):
        if RANK > 0:
            return
        entry = {"stage": self.name, "step": self.step, "seconds": round(self.seconds), "pictures": self.pictures}
        entry |= {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}
        with open(f"{WORK}/log.jsonl", "a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    def save(self):
        if RANK > 0:
            return
        state = {
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "optimisers": [o.state_dict() for o in self.optimisers],
            "step": self.step, "seconds": self.seconds, "pictures": self.pictures,
        }
        torch.save(state, self.path + ".new")
        os.replace(self.path + ".new", self.path)

    def _load(self):
        state = torch.load(self.path, weights_only=True)
        for name, module in self.modules.items():
            module.load_state_dict(state["modules"][name])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        self.step, self.seconds, self.pictures = state["step"], state["seconds"], state["pictures"]
        print(f"{self.name}: resumed at step {self.step}", flush=True)


class Stream(torch.utils.data.IterableDataset):
    """`make(rng, index)` for ever, in a process of its own, with a fresh seed after every resume."""

    def __init__(self, make, seed, first):
        self.make, self.seed, self.first = make, seed, first

    def __iter__(self):
        import numpy as np

        torch.set_num_threads(1)
        for index in itertools.count(self.first):
            yield self.make(np.random.default_rng([self.seed, index * WORLD + RANK]), index)


def stream(make, seed, first, workers=1, ahead=4):
    """Ready batches from one drawing process; `make` returns a whole batch of tensors."""
    data = Stream(make, seed, first)
    return iter(torch.utils.data.DataLoader(data, batch_size=None, num_workers=workers, prefetch_factor=ahead))
