"""PyTorch, spoken to as protocol.js says. Eager ops, NCHW, torch.autograd, torch.optim.Adam (foreach). Arguments: the device (default "cpu"), and "float64" for what everyone is judged by."""

import ctypes
import json
import os
import sys

# Before the libraries are loaded: an OpenBLAS that does not know the machine falls back to AVX2 kernels.
with open("/proc/cpuinfo") as f:
    HAS_AVX512 = "avx512f" in f.read()
if HAS_AVX512:
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402


DEVICE = torch.device(sys.argv[1] if len(sys.argv) > 1 else "cpu")
DTYPE = torch.float64 if "float64" in sys.argv[2:] else torch.float32
# Float32 as everyone else has it, and the fastest algorithms for it.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True


def describe_blas():
    """What really multiplies matrices here, and warnings if that is not what PyTorch users have."""
    with open("/proc/self/maps") as f:
        paths = sorted({line.split()[-1] for line in f if "blas" in line.lower() and ".so" in line})
    for path in paths:
        library = ctypes.CDLL(path)
        if hasattr(library, "openblas_get_corename"):
            library.openblas_get_corename.restype = ctypes.c_char_p
            core = library.openblas_get_corename().decode()
            warnings = []
            if "pthread" in path:
                warnings.append("OpenBLAS of the pthread flavour is unstable at several threads; install libopenblas0-openmp")
            if HAS_AVX512 and core not in ("SkylakeX", "Cooperlake", "SapphireRapids") and "ONEDNN_MAX_CPU_ISA" not in os.environ:
                warnings.append(f"OpenBLAS runs {core} kernels though the machine has AVX-512")
            return f"OpenBLAS {core}", warnings
    if "mkl" in torch.__config__.show().lower().split("blas_info=")[-1][:20]:
        return "MKL", []
    where = ", ".join(paths) or "none found"
    return f"reference BLAS ({where})", ["a straw man: PyTorch runs on reference BLAS; install libopenblas0-openmp"]


def isa():
    """The vector width of ATen and oneDNN."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA") or ("AVX-512" if HAS_AVX512 else "best")
    aten = next((line.split(":")[1].strip() for line in torch.__config__.show().split("\n") if "CPU capability" in line), "unknown")
    return f"ATen {aten}, oneDNN {limit}"


def tensor(entry):
    return torch.from_numpy(entry.copy()).to(DEVICE, DTYPE)


def to_torch(name, array):
    """Filters [kh, kw, in, out] as PyTorch's [out, in, kh, kw]; pictures to NCHW; the rest as it is."""
    t = tensor(array)
    if name.endswith(".filter") and t.dim() == 4:
        return t.permute(3, 2, 0, 1).contiguous()
    return t.permute(0, 3, 1, 2).contiguous() if t.dim() == 4 else t


def from_torch(name, t):
    t = t.detach().cpu()
    if name.endswith(".filter") and t.dim() == 4:
        return t.permute(2, 3, 1, 0).contiguous().numpy()
    return (t.permute(0, 2, 3, 1).contiguous() if t.dim() == 4 else t).numpy()


def forward(layers, p, statistics, x, training=True):
    for layer in layers:
        kind = layer["type"]
        bias = p[layer["bias"]] if layer.get("bias") else None
        if kind == "dense":
            x = x @ p[layer["filter"]] if bias is None else torch.addmm(bias, x, p[layer["filter"]])
        elif kind == "conv2d":
            x = F.conv2d(x, p[layer["filter"]], bias, layer["stride"], layer["pad"])
        elif kind == "conv2dTranspose":
            x = F.conv_transpose2d(x, p[layer["filter"]], bias, layer["stride"], layer["pad"])
        elif kind == "batchNorm":
            mean, variance = statistics.setdefault(layer["gamma"], (x.new_zeros(x.shape[1]), x.new_ones(x.shape[1])))
            x = F.batch_norm(x, mean, variance, p[layer["gamma"]], p[layer["beta"]], training, 0.1, 1e-5)
        elif kind == "activation":
            x = {"tanh": torch.tanh, "relu": F.relu}.get(layer["name"], lambda v: F.leaky_relu(v, layer["alpha"]))(x)
        elif kind == "reshape":
            h, w, c = layer["output"]
            x = x.reshape(-1, h, w, c).permute(0, 3, 1, 2)
        elif kind == "upsample":
            x = F.interpolate(x, scale_factor=layer["factor"], mode="nearest")
        elif kind == "avgPool":
            x = F.avg_pool2d(x, layer["factor"])
        elif kind == "sumPool":
            x = x.sum((2, 3))
        elif kind == "residual":
            x = forward(layer["layers"], p, statistics, x, training) + forward(layer["shortcut"], p, statistics, x, training)
        else:
            x = x.permute(0, 2, 3, 1).reshape(x.shape[0], -1) if x.dim() == 4 else x
    return x


def names_of(layers):
    names = []
    for layer in layers:
        if layer["type"] == "residual":
            names += names_of(layer["layers"]) + names_of(layer["shortcut"])
        names += [layer[key] for key in ("filter", "bias", "gamma", "beta") if layer.get(key)]
    return names


class Kernel:
    def __init__(self, task, tensors):
        s, pad, op = task["stride"], task["pad"], task["op"]
        if op == "matmul":
            a, b = tensor(tensors["a"]), tensor(tensors["b"])
            self.op = lambda: a @ b
            return
        a = to_torch("a", tensors["a"])
        b = to_torch("b.filter" if op != "conv2dFilterGrad" else "b", tensors["b"])
        h, w = task["y"][0], task["y"][1]
        self.op = {
            "conv2d": lambda: F.conv2d(a, b, None, s, pad),
            "conv2dInputGrad": lambda: F.conv_transpose2d(a, b, None, s, pad),
            "conv2dFilterGrad": lambda: torch.ops.aten.convolution_backward(
                b, a, a.new_empty(b.shape[1], a.shape[1], h, w), None, (s, s), (pad, pad), (1, 1), False, (0, 0), 1, (False, True, False)
            )[1],
        }[op]
        self.name = "y.filter" if op == "conv2dFilterGrad" else "y"

    def reset(self):
        pass

    def run(self, steps):
        with torch.no_grad():
            for _ in range(steps):
                self.y = self.op()

    def outputs(self):
        return {"y": from_torch(getattr(self, "name", "y"), self.y)}


class Sample:
    def __init__(self, task, tensors):
        self.layers = task["generator"]
        self.p = {name: to_torch(name, tensors[name]) for name in names_of(self.layers)}
        self.z = tensor(tensors["z"])

    def reset(self):
        pass

    def run(self, steps):
        with torch.inference_mode():
            for _ in range(steps):
                self.images = forward(self.layers, self.p, {}, self.z, training=False)

    def outputs(self):
        return {"images": from_torch("images", self.images)}


class Train:
    def __init__(self, task, tensors):
        self.task, self.tensors = task, tensors
        self.z = tensor(tensors["z"])
        self.real = to_torch("real", tensors["real"])
        if task["kind"] == "critic":
            self.mix = tensor(tensors["mix"]).reshape(-1, *[1] * (self.real.dim() - 1))
        self.reset()

    def reset(self):
        def network(name):
            names = names_of(self.task[name])
            p = {n: to_torch(n, self.tensors[n]).requires_grad_() for n in names}
            a = self.task["adam"]
            optimizer = torch.optim.Adam(p.values(), a["learningRate"], (a["beta1"], a["beta2"]), a["epsilon"], foreach=True)
            return p, optimizer, {}

        self.g, self.g_optimizer, self.g_statistics = network("generator")
        self.d, self.d_optimizer, self.d_statistics = network("discriminator")
        spectral = [name for name in self.d if name.endswith(".filter")] if self.task["spectralNorm"] else []
        self.u = {name: tensor(self.tensors[f"{name}/spectral.u"])[:, 0] for name in spectral}

    def weights(self):
        """The discriminator's, every filter divided by its largest singular value by one round of power iteration, and the vectors that are next."""
        weights, state = dict(self.d), {}
        for name, u in self.u.items():
            w = weights[name]
            matrix = w.flatten(1) if w.dim() == 4 else w.t()
            with torch.no_grad():
                v = F.normalize(matrix.t().mv(u), dim=0)
                state[name] = F.normalize(matrix.mv(v), dim=0)
            weights[name] = w / torch.dot(state[name], matrix.mv(v))
        return weights, state

    def score(self, weights, x):
        return forward(self.task["discriminator"], weights, self.d_statistics, x)

    def generate(self):
        return forward(self.task["generator"], self.g, self.g_statistics, self.z)

    def update(self, loss, p, optimizer):
        values = list(p.values())
        for value, gradient in zip(values, torch.autograd.grad(loss, values)):
            value.grad = gradient
        optimizer.step()

    def discriminator_loss(self, weights, fake):
        real_scores, fake_scores = self.score(weights, self.real), self.score(weights, fake)
        if self.task["objective"] == "non-saturating":
            return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()
        if self.task["objective"] == "hinge":
            return F.relu(1 - real_scores).mean() + F.relu(1 + fake_scores).mean()
        points = torch.lerp(fake, self.real, self.mix).requires_grad_()
        (slope,) = torch.autograd.grad(self.score(weights, points).sum(), points, create_graph=True)
        penalty = (slope.flatten(1).norm(2, 1) - 1).square().mean() * self.task["penalty"]
        return fake_scores.mean() - real_scores.mean() + penalty

    def generator_loss(self, weights, fake):
        scores = self.score(weights, fake)
        return -scores.mean() if self.task["objective"] == "hinge" else F.softplus(-scores).mean()

    def run(self, steps):
        for i in range(steps):
            reports = (i + 1) % self.task["reportEvery"] == 0 or i + 1 == steps
            if self.task["kind"] == "critic":
                with torch.no_grad():
                    fake = self.generate()
            else:
                fake = self.generate()
            weights, state = self.weights()
            loss = self.discriminator_loss(weights, fake.detach())
            self.update(loss, self.d, self.d_optimizer)
            self.u = state
            if reports:
                self.losses = {"discriminatorLoss": np.float64([loss.item()])}
            if self.task["kind"] == "train":
                weights, _ = self.weights()
                loss = self.generator_loss(weights, fake)
                self.update(loss, self.g, self.g_optimizer)
                if reports:
                    self.losses["generatorLoss"] = np.float64([loss.item()])

    def outputs(self):
        trained = {**(self.g if self.task["kind"] == "train" else {}), **self.d}
        return {**self.losses, **{name: from_torch(name, value) for name, value in trained.items()}}


def read_tensors(file, tensors):
    data = np.fromfile(file, "<f4")
    return {t["name"]: data[t["offset"] // 4 :][: int(np.prod(t["shape"]))].reshape(t["shape"]) for t in tensors}


def write_tensors(file, outputs):
    offset, entries = 0, []
    dtype = "<f8" if DTYPE == torch.float64 else "<f4"
    with open(file, "wb") as f:
        for name, value in outputs.items():
            flat = np.ascontiguousarray(value, dtype).reshape(-1)
            flat.tofile(f)
            entries.append({"name": name, "type": {4: "float32", 8: "float64"}[flat.itemsize], "shape": [flat.size], "offset": offset})
            offset += flat.nbytes
    return entries


def open_task(request):
    torch.set_num_threads(request["threads"])
    task = request["task"]
    kind = {"kernel": Kernel, "sample": Sample, "train": Train, "critic": Train}[task["kind"]]
    contender = kind(task, read_tensors(request["file"], request["tensors"]))
    if DEVICE.type == "cuda":
        notes = [f"{torch.cuda.get_device_name(DEVICE)}; CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, no TF32"]
        return contender, {"version": torch.__version__, "threads": 1, "notes": notes}
    torch.ones(64, 64) @ torch.ones(64, 64)  # loads the BLAS that describe_blas looks for
    blas, warnings = describe_blas()
    notes = [f"{blas}; {isa()}", *(f"warning: {w}" for w in warnings)]
    return contender, {"version": torch.__version__, "threads": torch.get_num_threads(), "notes": notes}


def main():
    contender = None
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the libraries print must not get between the answers
    for line in sys.stdin:
        request = json.loads(line)
        answer = {}
        try:
            if request["op"] == "init":
                contender, info = open_task(request)
                answer = {"info": info}
            elif request["op"] == "reset":
                contender.reset()
            elif request["op"] == "run":
                contender.run(request["steps"])
                if DEVICE.type == "cuda":
                    torch.cuda.synchronize(DEVICE)
            else:
                answer = {"tensors": write_tensors(request["file"], contender.outputs())}
        except Exception as error:  # every failure is an answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
