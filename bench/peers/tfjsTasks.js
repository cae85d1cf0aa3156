/** The tasks in TensorFlow.js: eager ops, gradients by variableGrads, its own Adam. On whichever backend it has, in Node or on a page. */

/**
 * A task's contender.
 *
 * @param tf the library, with a backend that is ready
 * @param threads that the backend has
 */
export function tfjsContender(tf, task, tensors, threads = 1) {
  // By the gradient of tf.leakyRelu nothing can be differentiated again ("gradient function not found for Greater"); by that of relu it can.
  const twiceDifferentiable = (x, alpha) => tf.add(tf.mul(x, alpha), tf.mul(tf.relu(x), 1 - alpha));

  /** Nearest-neighbour enlargement. The gradient of tf.image.resizeNearestNeighbor is wrong on the backend "cpu". */
  function repeat(x, factor) {
    const [batch, h, w, channels] = x.shape;
    const copies = (y) => Array(factor).fill(y);
    const wide = tf.reshape(tf.stack(copies(x), 3), [batch, h, w * factor, channels]);
    return tf.reshape(tf.stack(copies(wide), 2), [batch, h * factor, w * factor, channels]);
  }

  /** How training has it where nothing is differentiated twice. */
  const TRAINING = { leakyRelu: tf.leakyRelu, training: true };

  function forward(layers, parameters, x, how = TRAINING) {
    for (const layer of layers) {
      const p = (name) => parameters.get(name);
      const biased = (y) => (layer.bias ? tf.add(y, p(layer.bias)) : y);
      const batch = x.shape[0];
      switch (layer.type) {
        case "dense":
          x = biased(tf.matMul(x, p(layer.filter)));
          break;
        case "conv2d":
          x = biased(tf.conv2d(x, p(layer.filter), layer.stride, layer.pad));
          break;
        case "conv2dTranspose":
          x = biased(tf.conv2dTranspose(x, p(layer.filter), [batch, ...layer.output], layer.stride, layer.pad));
          break;
        case "batchNorm": {
          const axes = x.shape.map((_, i) => i).slice(0, -1);
          const channels = x.shape.at(-1);
          const { mean, variance } = how.training ? tf.moments(x, axes) : { mean: tf.zeros([channels]), variance: tf.ones([channels]) };
          x = tf.batchNorm(x, mean, variance, p(layer.beta), p(layer.gamma), 1e-5);
          break;
        }
        case "activation":
          x = layer.name === "tanh" ? tf.tanh(x) : layer.name === "relu" ? tf.relu(x) : how.leakyRelu(x, layer.alpha);
          break;
        case "upsample":
          x = how.training ? repeat(x, layer.factor) : tf.image.resizeNearestNeighbor(x, layer.output.slice(0, 2));
          break;
        case "avgPool":
          x = tf.avgPool(x, layer.factor, layer.factor, "valid");
          break;
        case "sumPool":
          x = tf.sum(x, [1, 2]);
          break;
        case "residual":
          x = tf.add(forward(layer.layers, parameters, x, how), forward(layer.shortcut, parameters, x, how));
          break;
        default:
          x = tf.reshape(x, [batch, ...layer.output]);
      }
    }
    return x;
  }

  const first = (tensors, names) => new Map(names.map((name) => [name, tf.variable(tf.tensor(tensors.get(name).data, tensors.get(name).shape))]));
  const parameterNames = (layers) =>
    layers.flatMap((l) =>
      l.type === "residual" ? parameterNames([...l.layers, ...l.shortcut]) : [l.filter, l.bias, l.gamma, l.beta].filter(Boolean),
    );

  function kernel(task, tensors) {
    const [a, b] = ["a", "b"].map((n) => tf.tensor(tensors.get(n).data, tensors.get(n).shape));
    const geometry = { strides: [task.stride, task.stride], pad: task.pad, dataFormat: "NHWC", dilations: [1, 1] };
    const runKernel = (name, inputs, attrs) => tf.engine().runKernel(name, inputs, { ...geometry, ...attrs });
    const ops = {
      matmul: () => tf.matMul(a, b),
      conv2d: () => tf.conv2d(a, b, task.stride, task.pad),
      conv2dInputGrad: () => runKernel("Conv2DBackpropInput", { dy: a, filter: b }, { inputShape: task.y }),
      conv2dFilterGrad: () => runKernel("Conv2DBackpropFilter", { x: a, dy: b }, { filterShape: task.y }),
    };
    let y;
    return {
      reset() {},
      run(steps) {
        for (let i = 0; i < steps; i++) {
          y?.dispose();
          y = ops[task.op]();
        }
      },
      outputs: () => ({ y: y.dataSync() }),
    };
  }

  function sample(task, tensors) {
    const parameters = first(tensors, parameterNames(task.generator));
    const z = tf.tensor(tensors.get("z").data, tensors.get("z").shape);
    let images;
    return {
      reset() {},
      run(steps) {
        for (let i = 0; i < steps; i++) {
          images?.dispose();
          images = tf.tidy(() => forward(task.generator, parameters, z, { ...TRAINING, training: false }));
        }
      },
      outputs: () => ({ images: images.dataSync() }),
    };
  }

  function train(task, tensors) {
    const names = { generator: parameterNames(task.generator), discriminator: parameterNames(task.discriminator) };
    const g = first(tensors, names.generator);
    const d = first(tensors, names.discriminator);
    const [z, real, mix] = ["z", "real", "mix"].map((n) => tensors.get(n) && tf.tensor(tensors.get(n).data, tensors.get(n).shape));
    const { learningRate, beta1, beta2, epsilon } = task.adam;
    const meanSoftplus = (scores, sign) => tf.mean(tf.softplus(tf.mul(scores, sign)));
    const meanHinge = (scores, sign) => tf.mean(tf.relu(tf.add(tf.mul(scores, sign), 1)));
    const score = (weights, x) =>
      forward(task.discriminator, weights, x, task.kind === "critic" ? { ...TRAINING, leakyRelu: twiceDifferentiable } : TRAINING);
    const spectral = task.spectralNorm ? names.discriminator.filter((name) => name.endsWith(".filter")) : [];
    const states = first(
      tensors,
      spectral.map((name) => `${name}/spectral.u`),
    );
    const direction = (x) => tf.div(x, tf.norm(x));

    /** The discriminator's, every filter divided by its largest singular value by one round of power iteration, and the vectors that are next. */
    function inUse() {
      const weights = new Map(d);
      const next = new Map();
      for (const name of spectral) {
        const u = states.get(`${name}/spectral.u`);
        const filter = d.get(name);
        const matrix = tf.reshape(filter, [-1, u.shape[0]]);
        const fixed = tf.reshape(tf.tensor(filter.dataSync(), filter.shape), matrix.shape);
        const v = direction(tf.matMul(fixed, u));
        const turned = direction(tf.matMul(fixed, v, true));
        weights.set(name, tf.div(filter, tf.sum(tf.mul(tf.matMul(matrix, turned), v))));
        next.set(u, turned);
      }
      return { weights, next };
    }
    const newOptimizer = () => tf.train.adam(learningRate, beta1, beta2, epsilon);
    let optimizers = [newOptimizer(), newOptimizer()];
    let losses = {};

    function penalty(fake) {
      const t = tf.reshape(mix, [task.batch, ...task.image.map(() => 1)]);
      const points = tf.add(fake, tf.mul(t, tf.sub(real, fake)));
      const slope = tf.grad((x) => tf.sum(score(d, x)))(points);
      const norms = tf.sqrt(tf.sum(tf.square(tf.reshape(slope, [task.batch, -1])), 1));
      return tf.mul(task.penalty, tf.mean(tf.square(tf.sub(norms, 1))));
    }
    const discriminatorLoss = {
      "non-saturating": (weights, fake) => tf.add(meanSoftplus(score(weights, real), -1), meanSoftplus(score(weights, fake), 1)),
      hinge: (weights, fake) => tf.add(meanHinge(score(weights, real), -1), meanHinge(score(weights, fake), 1)),
      "wasserstein-gp": (weights, fake) => tf.add(tf.sub(tf.mean(score(weights, fake)), tf.mean(score(weights, real))), penalty(fake)),
    }[task.objective];
    const generatorLoss = (scores) => (task.objective === "hinge" ? tf.neg(tf.mean(scores)) : meanSoftplus(scores, -1));

    function update(optimizer, loss, variables) {
      const { value, grads } = tf.variableGrads(loss, [...variables.values()]);
      optimizer.applyGradients(grads);
      return value;
    }

    /** G runs forward once: its graph is entered by variableGrads with D's update in the middle. */
    function step() {
      let discriminator;
      const generator = update(
        optimizers[1],
        () => {
          const fake = forward(task.generator, g, z);
          const constant = tf.clone(fake);
          let next;
          const loss = () => {
            const used = inUse();
            next = used.next;
            for (const state of next.values()) tf.keep(state);
            return discriminatorLoss(used.weights, constant);
          };
          discriminator = tf.keep(update(optimizers[0], loss, d));
          for (const [state, value] of next) {
            state.assign(value);
            value.dispose();
          }
          return generatorLoss(score(inUse().weights, fake));
        },
        g,
      );
      return { discriminator, generator };
    }

    function criticStep() {
      const fake = forward(task.generator, g, z);
      return { discriminator: update(optimizers[0], () => discriminatorLoss(d, fake), d) };
    }

    return {
      reset() {
        for (const [name, variable] of [...g, ...d, ...states])
          tf.tidy(() => variable.assign(tf.tensor(tensors.get(name).data, tensors.get(name).shape)));
        for (const optimizer of optimizers) optimizer.dispose();
        optimizers = [newOptimizer(), newOptimizer()];
      },
      async run(steps) {
        for (let i = 0; i < steps; i++) {
          const { discriminator, generator } = tf.tidy(task.kind === "train" ? step : criticStep);
          if ((i + 1) % task.reportEvery === 0 || i + 1 === steps) {
            losses = { discriminatorLoss: await discriminator.data(), ...(generator && { generatorLoss: await generator.data() }) };
          }
          discriminator.dispose();
          generator?.dispose();
        }
      },
      async outputs() {
        const results = { ...losses };
        for (const [name, variable] of [...(task.kind === "train" ? g : []), ...d]) results[name] = await variable.data();
        return results;
      },
    };
  }

  const open = { kernel, sample, train, critic: train }[task.kind];
  return { ...open(task, tensors), info: { version: tf.version_core, threads } };
}
