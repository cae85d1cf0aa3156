/**
 * jax-js on its WebAssembly backend: the whole step as one jitted function, G run forward once by vjp.
 * An array given to a function is used up unless its `.ref` is given instead.
 */
import { readFileSync } from "node:fs";
import { blockUntilReady, grad, init, jit, lax, nn, numpy as np, tree, valueAndGrad, vjp } from "@jax-js/jax";
import { permute, toNCHW, toNHWC } from "./layout.js";
import { serve } from "./protocol.js";

const array = ({ shape, data }) => np.array(data).reshape(shape);
const isFilter = (name, shape) => name.endsWith(".filter") && shape.length === 4;

/** Filters as [out, in, kh, kw] (for a transposed convolution [in, out, kh, kw]), pictures as NCHW. */
const toJax = (name, tensor) => array(isFilter(name, tensor.shape) ? permute(tensor, [3, 2, 0, 1]) : toNCHW(tensor));
function fromJax(name, x) {
  const tensor = { shape: x.shape, data: x.ref.dataSync() };
  return (isFilter(name, x.shape) ? permute(tensor, [2, 3, 1, 0]) : toNHWC(tensor)).data;
}

const sides = ({ pad }) => [
  [pad, pad],
  [pad, pad],
];
const byChannel = (v, rank) => (rank === 4 ? v.reshape([1, v.shape[0], 1, 1]) : v);

/** Uses up `x`, leaves `p` as it is. */
function forward(layers, p, x, training = true) {
  for (const layer of layers) {
    const biased = (y) => (layer.bias ? y.add(byChannel(p[layer.bias].ref, y.shape.length)) : y);
    const batch = x.shape[0];
    switch (layer.type) {
      case "dense":
        x = biased(np.matmul(x, p[layer.filter].ref));
        break;
      case "conv2d":
        x = biased(lax.conv(x, p[layer.filter].ref, [layer.stride, layer.stride], sides(layer)));
        break;
      case "conv2dTranspose":
        x = biased(lax.convTranspose(x, p[layer.filter].ref, [layer.stride, layer.stride], sides(layer), { transposeKernel: true }));
        break;
      case "batchNorm": {
        const rank = x.shape.length;
        if (training) {
          const axes = rank === 4 ? [0, 2, 3] : [0];
          const centred = x.ref.sub(np.mean(x, axes, { keepdims: true }));
          const variance = np.mean(np.square(centred.ref), axes, { keepdims: true });
          x = centred.div(np.sqrt(variance.add(1e-5)));
        } else x = x.div(Math.sqrt(1 + 1e-5));
        x = x.mul(byChannel(p[layer.gamma].ref, rank)).add(byChannel(p[layer.beta].ref, rank));
        break;
      }
      case "activation":
        x = layer.name === "tanh" ? np.tanh(x) : layer.name === "relu" ? nn.relu(x) : nn.leakyRelu(x, layer.alpha);
        break;
      case "reshape":
        x = x.reshape([batch, ...layer.output]).transpose([0, 3, 1, 2]);
        break;
      case "upsample": {
        const [, c, h, w] = x.shape;
        const f = layer.factor;
        x = np.broadcastTo(x.reshape([batch, c, h, 1, w, 1]), [batch, c, h, f, w, f]).reshape([batch, c, h * f, w * f]);
        break;
      }
      case "residual": {
        const side = forward(layer.shortcut, p, x.ref, training);
        x = forward(layer.layers, p, x, training).add(side);
        break;
      }
      case "avgPool": {
        const [, c, h, w] = x.shape;
        const f = layer.factor;
        x = np.mean(x.reshape([batch, c, h / f, f, w / f, f]), [3, 5]);
        break;
      }
      case "sumPool":
        x = x.sum([2, 3]);
        break;
      default:
        x = (x.shape.length === 4 ? x.transpose([0, 2, 3, 1]) : x).reshape([batch, ...layer.output]);
    }
  }
  return x;
}

const names = (layers) =>
  layers.flatMap((l) => (l.type === "residual" ? names([...l.layers, ...l.shortcut]) : [l.filter, l.bias, l.gamma, l.beta].filter(Boolean)));
const parametersOf = (layers, tensors) => Object.fromEntries(names(layers).map((name) => [name, toJax(name, tensors.get(name))]));

const zerosLike = (p) => tree.map((x) => np.zeros(x.shape), p);

/** Runs `step` again and again on a state that each call uses up. */
function loop(step, name, result) {
  let y;
  return {
    reset() {},
    async run(steps) {
      for (let i = 0; i < steps; i++) {
        y?.dispose();
        y = step();
        await blockUntilReady(y);
      }
    },
    outputs: () => ({ [name]: fromJax(result, y) }),
  };
}

function kernel(task, tensors) {
  const a = toJax("a", tensors.get("a"));
  const b = toJax(task.op === "conv2dInputGrad" || task.op === "conv2d" ? "b.filter" : "b", tensors.get("b"));
  const strides = [task.stride, task.stride];
  const conv = (x, w) => lax.conv(x, w, strides, sides(task));
  const ops = {
    matmul: (x, y) => np.matmul(x, y),
    conv2d: conv,
    conv2dInputGrad: (dy, w) => lax.convTranspose(dy, w, strides, sides(task), { transposeKernel: true }),
    conv2dFilterGrad(x, dy) {
      const [h, w, from, to] = task.y;
      return grad((filter) => conv(x, filter).mul(dy).sum())(np.zeros([to, from, h, w]));
    },
  };
  const op = jit(ops[task.op]);
  return loop(() => op(a.ref, b.ref), "y", task.op === "conv2dFilterGrad" ? "y.filter" : "y");
}

function sample(task, tensors) {
  const p = parametersOf(task.generator, tensors);
  const z = array(tensors.get("z"));
  const generate = jit((parameters, latents) => {
    const images = forward(task.generator, parameters, latents, false);
    tree.dispose(parameters);
    return images;
  });
  return loop(() => generate(tree.ref(p), z.ref), "images", "images");
}

/** Kingma & Ba 2015, algorithm 1, with the bias corrections in `rates`. @returns [p, m, v], the arguments used up */
function adam({ beta1, beta2, epsilon }, p, g, m, v, [stepSize, scale]) {
  const names = Object.keys(p);
  const next = [{}, {}, {}];
  for (const name of names) {
    const newM = m[name].mul(beta1).add(g[name].ref.mul(1 - beta1));
    const newV = v[name].mul(beta2).add(np.square(g[name]).mul(1 - beta2));
    next[1][name] = newM.ref;
    next[2][name] = newV.ref;
    next[0][name] = p[name].sub(stepSize.ref.mul(newM).div(np.sqrt(newV).mul(scale.ref).add(epsilon)));
  }
  return next;
}

function train(task, tensors) {
  if (task.spectralNorm) throw new Error("no spectral normalisation here");
  const { generator, discriminator, adam: optimizer } = task;
  const meanSoftplus = (scores) => np.mean(nn.softplus(scores));
  /** The score of `images` (used up) by `p` (left as it is). */
  const score = (p, images) => forward(discriminator, p, images);

  function penalty(p, fake, real, mix) {
    const points = fake.ref.add(mix.reshape([task.batch, ...task.image.map(() => 1)]).mul(real.sub(fake)));
    const slope = grad((x) => score(p, x).sum())(points).reshape([task.batch, -1]);
    const norms = np.sqrt(np.square(slope).sum(1));
    return np.mean(np.square(norms.sub(1))).mul(task.penalty);
  }
  function discriminatorLoss(p, fake, real, mix) {
    const loss =
      task.objective === "non-saturating"
        ? meanSoftplus(score(p, real).neg()).add(meanSoftplus(score(p, fake)))
        : np
            .mean(score(p, fake.ref))
            .sub(np.mean(score(p, real.ref)))
            .add(penalty(p, fake, real, mix));
    tree.dispose(p);
    return loss;
  }

  const step = jit((g, gm, gv, d, dm, dv, z, real, mix, rates) => {
    const [fake, backward] = vjp(
      (p, latents) => {
        const images = forward(generator, p, latents);
        tree.dispose(p);
        return images;
      },
      [tree.ref(g), z],
    );
    const [dLoss, dGrad] = valueAndGrad(discriminatorLoss)(tree.ref(d), fake.ref, real, mix);
    const [d1, dm1, dv1] = adam(optimizer, d, dGrad, dm, dv, rates);
    const [gLoss, dFake] = valueAndGrad((images, p) => {
      const loss = meanSoftplus(score(p, images).neg());
      tree.dispose(p);
      return loss;
    })(fake, tree.ref(d1));
    const [gGrad, dz] = backward(dFake);
    dz.dispose();
    backward.dispose();
    const [g1, gm1, gv1] = adam(optimizer, g, gGrad, gm, gv, rates);
    for (const rate of rates) rate.dispose();
    return { g: g1, gm: gm1, gv: gv1, d: d1, dm: dm1, dv: dv1, discriminatorLoss: dLoss, generatorLoss: gLoss };
  });

  const criticStep = jit((g, d, dm, dv, z, real, mix, rates) => {
    const fake = forward(generator, g, z);
    tree.dispose(g);
    const [dLoss, dGrad] = valueAndGrad(discriminatorLoss)(tree.ref(d), fake, real, mix);
    const [d1, dm1, dv1] = adam(optimizer, d, dGrad, dm, dv, rates);
    for (const rate of rates) rate.dispose();
    return { d: d1, dm: dm1, dv: dv1, discriminatorLoss: dLoss };
  });

  const z = array(tensors.get("z"));
  const real = toJax("real", tensors.get("real"));
  const mix = tensors.has("mix") ? array(tensors.get("mix")) : np.zeros([1]);
  let s;
  let t;
  return {
    reset() {
      if (s) tree.dispose(s);
      const [g, d] = [generator, discriminator].map((layers) => parametersOf(layers, tensors));
      s = { g, d, dm: zerosLike(tree.ref(d)), dv: zerosLike(tree.ref(d)) };
      if (task.kind === "train") Object.assign(s, { gm: zerosLike(tree.ref(g)), gv: zerosLike(tree.ref(g)) });
      t = 0;
    },
    async run(steps) {
      for (let i = 0; i < steps; i++) {
        t++;
        const rates = [optimizer.learningRate / (1 - optimizer.beta1 ** t), 1 / Math.sqrt(1 - optimizer.beta2 ** t)].map((r) => np.array(r));
        s.discriminatorLoss?.dispose();
        s.generatorLoss?.dispose();
        s =
          task.kind === "train"
            ? step(s.g, s.gm, s.gv, s.d, s.dm, s.dv, z.ref, real.ref, mix.ref, rates)
            : { g: s.g, ...criticStep(tree.ref(s.g), s.d, s.dm, s.dv, z.ref, real.ref, mix.ref, rates) };
        await blockUntilReady(s);
      }
    },
    outputs() {
      const trained = Object.entries({ ...(task.kind === "train" && s.g), ...s.d });
      const losses = ["discriminatorLoss", "generatorLoss"].filter((name) => s[name]).map((name) => [name, s[name].ref.dataSync()]);
      return Object.fromEntries([...losses, ...trained.map(([name, x]) => [name, fromJax(name, x)])]);
    },
  };
}

await serve(async ({ task, tensors }) => {
  const devices = await init("wasm");
  if (!devices.includes("wasm")) throw new Error("no wasm device");
  const contender = { kernel, sample, train, critic: train }[task.kind](task, tensors);
  const { version } = JSON.parse(readFileSync(new URL("../node_modules/@jax-js/jax/package.json", import.meta.url), "utf8"));
  return { ...contender, info: { version, threads: 1 } };
});
