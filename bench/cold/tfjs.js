/** TensorFlow.js by its core and one backend, and the model as calls of its ops: it reads no description of layers. */
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";

export async function firstPicture({ file, read, latents, wasmFolder }) {
  setWasmPaths(wasmFolder("@tensorflow/tfjs-backend-wasm"));
  await tf.setBackend("wasm");
  await tf.ready();
  const { buffer, byteOffset } = await read(file);
  const { layers, tensors } = JSON.parse(new TextDecoder().decode(await read(file.replace(/bin$/, "json"))));
  const weight = (name) => {
    const { shape, offset } = tensors[name];
    return tf.tensor(new Float32Array(buffer, byteOffset + offset, tf.util.sizeFromShape(shape)), shape);
  };
  let x = tf.tensor(latents, [1, latents.length]);
  for (const layer of layers) {
    if (layer.type === "dense") x = tf.add(tf.matMul(x, weight(layer.filter)), weight(layer.bias));
    else if (layer.type === "reshape") x = tf.reshape(x, [1, ...layer.output]);
    else if (layer.type === "activation") x = layer.name === "tanh" ? tf.tanh(x) : tf.relu(x);
    else x = tf.add(tf.conv2dTranspose(x, weight(layer.filter), [1, ...layer.output], layer.stride, layer.pad), weight(layer.bias));
  }
  return x.data();
}
