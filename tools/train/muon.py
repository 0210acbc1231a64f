"""Muon for many matrices at once: all of one shape are orthogonalised together, a few large products per step.

Source: Jordan et al., https://kellerjordan.github.io/posts/muon/; the update's size is matched to AdamW's as in
Liu et al., https://arxiv.org/abs/2502.16982.
"""

from collections import defaultdict

import torch

COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalised(matrices, steps=5):
    """`[count, rows, columns]` with all singular values moved close to 1, by Newton-Schulz iterations (in bf16 on a GPU, whose
    units are made for it; slower than f32 on a CPU)."""
    a, b, c = COEFFICIENTS
    x = matrices.bfloat16() if matrices.is_cuda else matrices
    tall = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if tall else x
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    for _ in range(steps):
        gram = x @ x.transpose(1, 2)
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr, momentum=0.95, weight_decay=0.05):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = defaultdict(list)
            for p in group["params"]:
                alike[p.shape].append(p)
            for (rows, columns), parameters in alike.items():
                gradients = torch.stack([p.grad for p in parameters])
                state = self.state[parameters[0]]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(gradients)
                state["momentum"].lerp_(gradients, 1 - group["momentum"])
                update = orthogonalised(gradients.lerp(state["momentum"], group["momentum"])).to(gradients.dtype)
                torch._foreach_mul_(parameters, 1 - group["lr"] * group["weight_decay"])
                size = 0.2 * max(rows, columns) ** 0.5 * group["lr"]
                torch._foreach_add_(parameters, list(update.unbind()), alpha=-size)
