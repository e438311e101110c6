"""The training step of a benchmark row in PyTorch, written the quickest eager way that is known.

Alone, on random weights and images:  python3 pytorch_step.py --row NAME --threads 2 --steps 5
Beside ours (--serve): reads one JSON line {"steps": N} at a time, runs so many steps and answers with one line
{"seconds", "losses", "peakRssMiB"}; ends with its standard input. With --tensors FILE, a safetensors file of our first
weights and views, it computes what ours computes. --allocator default leaves the C library's allocator as it is.

The network, loss and optimiser are those of shared/learning: BiT's pre-activation bottleneck ResNet with group
normalisation and weight standardisation, SimCLR's projector, NT-Xent, LARS as SimCLR's code has it.
"""
import argparse
import ctypes
import json
import math
import os
import pathlib
import resource
import sys
import time

# The projector's products are too small for OpenBLAS's own threads, which get in the way of OpenMP's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import torch
import torch.nn.functional as F

M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4

EXPANSION = 4
GROUP_NORM_EPSILON = 1e-5
WEIGHT_STANDARDISATION_EPSILON = 1e-10
PROJECTOR_EPSILON = 1e-5


def keep_freed_memory():
    """glibc gives every freed activation back to the system, and each step pays for its pages again. Several times
    faster without (PyTorch's performance tuning guide changes the allocator for this reason)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_MAX, 0)
        mallopt(M_TRIM_THRESHOLD, -1)


def units_of(model):
    """(name, in, mid, out, stride) of every bottleneck unit."""
    in_channels = model["width"]
    for block, count in enumerate(model["units"]):
        mid = model["width"] * 2**block
        for unit in range(count):
            stride = 2 if unit == 0 and block > 0 else 1
            yield f"backbone/block{block + 1}/unit{unit + 1:02d}", in_channels, mid, EXPANSION * mid, stride
            in_channels = EXPANSION * mid


def shapes_of(model, projector):
    """Names and shapes as PyTorch has them: kernels OIHW, dense kernels [in, out]."""
    shapes = {}

    def norm(name, channels):
        shapes[f"{name}/norm/gamma"] = shapes[f"{name}/norm/beta"] = (channels,)

    def conv(name, size, channels_in, channels_out):
        shapes[f"{name}/kernel"] = (channels_out, channels_in, size, size)

    conv("backbone/root", 7 if model["stem"] == "imagenet" else 3, model["channels"], model["width"])
    features = model["width"]
    for name, channels_in, mid, out, stride in units_of(model):
        norm(f"{name}/a", channels_in)
        conv(f"{name}/a", 1, channels_in, mid)
        if stride != 1 or channels_in != out:
            conv(f"{name}/a/proj", 1, channels_in, out)
        norm(f"{name}/b", mid)
        conv(f"{name}/b", 3, mid, mid)
        norm(f"{name}/c", mid)
        conv(f"{name}/c", 1, mid, out)
        features = out
    norm("backbone", features)
    shapes["projector/hidden/kernel"] = (features, projector["hidden"])
    shapes["projector/hidden/bias"] = (projector["hidden"],)
    shapes["projector/output/kernel"] = (projector["hidden"], projector["output"])
    return shapes


def random_tensors(row, shapes):
    torch.manual_seed(1)
    weights = {}
    for name, shape in shapes.items():
        if len(shape) == 1:
            weights[name] = torch.ones(shape) if name.endswith("gamma") else torch.zeros(shape)
        else:
            fan_in = shape[0] if len(shape) == 2 else math.prod(shape[1:])
            weights[name] = torch.randn(shape) * math.sqrt(2 / fan_in)
    views = torch.rand(row["views"], row["model"]["channels"], row["size"], row["size"])
    return weights, views


def read_tensors(file):
    """Weights and views of a safetensors file (float32; kernels HWIO, views NHWC) in PyTorch's layouts."""
    data = bytearray(pathlib.Path(file).read_bytes())
    length = int.from_bytes(data[:8], "little")
    weights = {}
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        count = (end - start) // 4
        x = torch.frombuffer(data, dtype=torch.float32, count=count, offset=8 + length + start).reshape(entry["shape"])
        if name == "views":
            x = x.permute(0, 3, 1, 2)
        elif x.dim() == 4:
            x = x.permute(3, 2, 0, 1)
        weights[name] = x.clone(memory_format=torch.contiguous_format)
    views = weights.pop("views")
    return weights, views


def standardise(kernel):
    """Weight standardisation in one kernel call, as timm's StdConv2d has it."""
    rows = kernel.reshape(1, kernel.shape[0], -1)
    normal = F.batch_norm(rows, None, None, training=True, momentum=0.0, eps=WEIGHT_STANDARDISATION_EPSILON)
    return normal.reshape_as(kernel)


def backbone(views, p, model, memory_format):
    """views [N, C, H, W] in 0..1 -> features [N, D]"""

    def norm_relu(x, name):
        normal = F.group_norm(
            x, model["groups"], p[f"{name}/norm/gamma"], p[f"{name}/norm/beta"], GROUP_NORM_EPSILON
        )
        return F.relu_(normal)

    def conv(x, name, stride=1, padding=0):
        return F.conv2d(x, standardise(p[f"{name}/kernel"]), None, stride, padding)

    x = views * 2 - 1
    if model["stem"] == "small":
        x = conv(x, "backbone/root", 1, 1)
    else:
        x = F.max_pool2d(F.pad(conv(x, "backbone/root", 2, 3), (1, 1, 1, 1)), 3, 2)
    x = x.contiguous(memory_format=memory_format)
    for name, channels_in, _, out, stride in units_of(model):
        a = norm_relu(x, f"{name}/a")
        shortcut = conv(a, f"{name}/a/proj", stride) if stride != 1 or channels_in != out else x
        b = norm_relu(conv(a, f"{name}/a"), f"{name}/b")
        c = norm_relu(conv(b, f"{name}/b", stride, 1), f"{name}/c")
        x = conv(c, f"{name}/c").add_(shortcut)
    return norm_relu(x, "backbone").mean((2, 3))


def projector(features, p):
    def normal(x):
        return F.batch_norm(x, None, None, training=True, momentum=0.0, eps=PROJECTOR_EPSILON)

    hidden = normal(features @ p["projector/hidden/kernel"]) + p["projector/hidden/bias"]
    return normal(F.relu_(hidden) @ p["projector/output/kernel"])


def nt_xent(embeddings, temperature):
    rows = embeddings.shape[0]
    z = F.normalize(embeddings)
    logits = (z @ z.T).div_(temperature).fill_diagonal_(-math.inf)
    return F.cross_entropy(logits, torch.arange(rows).roll(rows // 2))


class Lars:
    """LARS as SimCLR's code has it: neither decay nor adaptation for 1-D tensors."""

    def __init__(self, weights, plan, rate):
        self.plan = plan
        self.rate = rate
        self.adapted = [w for w in weights if w.dim() > 1]
        self.plain = [w for w in weights if w.dim() == 1]
        self.momentum = {w: torch.zeros_like(w) for w in weights}

    @torch.no_grad()
    def step(self):
        gradients = [w.grad for w in self.adapted]
        torch._foreach_add_(gradients, self.adapted, alpha=self.plan["weightDecay"])
        weight_norms = torch.stack(torch._foreach_norm(self.adapted))
        gradient_norms = torch.stack(torch._foreach_norm(gradients))
        trust = self.plan["trustCoefficient"] * weight_norms / gradient_norms
        trust = torch.where(weight_norms * gradient_norms > 0, trust, torch.ones_like(trust))
        for w, t in zip(self.adapted, trust.tolist()):
            self.apply(w, self.rate * t)
        for w in self.plain:
            self.apply(w, self.rate)

    def apply(self, w, rate):
        momentum = self.momentum[w]
        w.sub_(momentum.mul_(self.plan["momentum"]).add_(w.grad, alpha=rate))
        w.grad = None


def create_step(row, training, tensors, memory_format):
    shapes = shapes_of(row["model"], training["projector"])
    weights, views = read_tensors(tensors) if tensors else random_tensors(row, shapes)
    for name, shape in shapes.items():
        assert weights[name].shape == shape, f"{name} is {tuple(weights[name].shape)}, expected {shape}"
    views = views.contiguous(memory_format=memory_format)
    for w in weights.values():
        w.requires_grad_()
    lars = Lars(list(weights.values()), training["optimiser"], row["learningRate"])

    def step():
        embeddings = projector(backbone(views, weights, row["model"], memory_format), weights)
        loss = nt_xent(embeddings, training["temperature"])
        loss.backward()
        lars.step()
        return loss.item()

    return step


def run(step, steps):
    started = time.perf_counter()
    losses = [step() for _ in range(steps)]
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "losses": losses, "peakRssMiB": peak}


def serve(step):
    def say(message):
        print(json.dumps(message), flush=True)

    say({"ready": True, "torch": torch.__version__, "threads": torch.get_num_threads()})
    for line in sys.stdin:
        say(run(step, json.loads(line)["steps"]))


def main():
    table = json.loads((pathlib.Path(__file__).parent / "rows.json").read_text())
    rows = {row["name"]: row for row in table["rows"]}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", choices=rows, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--memory-format", choices=["contiguous", "channels_last"], default="contiguous")
    parser.add_argument("--allocator", choices=["keep", "default"], default="keep")
    parser.add_argument("--tensors")
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if options.allocator == "keep":
        keep_freed_memory()
    torch.set_num_threads(options.threads)
    row = rows[options.row]
    memory_format = torch.channels_last if options.memory_format == "channels_last" else torch.contiguous_format
    step = create_step(row, table["training"], options.tensors, memory_format)
    if options.serve:
        serve(step)
        return
    run(step, 2)
    result = run(step, options.steps)
    rate = row["views"] * options.steps / result["seconds"]
    print(f"{row['name']} {options.memory_format} {options.allocator}: {rate:.1f} views/s, losses {result['losses']}, peak {result['peakRssMiB']:.0f} MiB")


if __name__ == "__main__":
    main()
