/** Tasks as ONNX models. Pictures are NCHW inside, as ONNX has it; what goes in and comes out of a generator is NHWC but for the last op. */
import { permute, toNCHW } from "./layout.js";

/**
 * The makers of models, by the packages that write them: a page may have been built without.
 *
 * @param protobuf the package `@bufbuild/protobuf`
 * @param onnx the package `onnx-buf`
 */
export function onnxModels({ create, toBinary }, { AttributeProto_AttributeType: Attribute, ModelProtoSchema, TensorProto_DataType }) {
  const FLOAT = TensorProto_DataType.FLOAT;

  function attribute(name, value) {
    if (Array.isArray(value)) return { name, type: Attribute.INTS, ints: value.map(BigInt) };
    if (typeof value === "string") return { name, type: Attribute.STRING, s: new TextEncoder().encode(value) };
    return { name, type: Attribute.INT, i: BigInt(value) };
  }

  const node = (opType, input, output, attributes = {}) => ({
    opType,
    input,
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });

  const floats = (name, shape, data) => ({
    name,
    dims: shape.map(BigInt),
    dataType: FLOAT,
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  });

  const integers = (name, values) => ({ name, dims: [BigInt(values.length)], dataType: TensorProto_DataType.INT64, int64Data: values.map(BigInt) });

  const value = (name, shape) => ({
    name,
    type: {
      value: {
        case: "tensorType",
        value: { elemType: FLOAT, shape: { dim: shape.map((d) => ({ value: { case: "dimValue", value: BigInt(d) } })) } },
      },
    },
  });

  function model(nodes, initializers, [inputName, inputShape], [outputName, outputShape]) {
    const graph = {
      name: "task",
      node: nodes,
      initializer: initializers,
      input: [value(inputName, inputShape)],
      output: [value(outputName, outputShape)],
    };
    return toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ domain: "", version: 17n }], graph }));
  }

  /** [kh, kw, in, out] -> [out, in, kh, kw], which is a transposed convolution's [in, out, kh, kw] as well. */
  const filterToOnnx = (filter) => permute(filter, [3, 2, 0, 1]);
  const geometry = ({ stride, pad }, kernel) => ({ kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] });

  /** The second operand is a weight, so that the runtime may pack it beforehand. */
  function kernelModel(task, tensors) {
    const opType = { matmul: "MatMul", conv2d: "Conv", conv2dInputGrad: "ConvTranspose" }[task.op];
    if (!opType) throw new Error(`ONNX has no operator for ${task.op}`);
    const b = task.op === "matmul" ? tensors.get("b") : filterToOnnx(tensors.get("b"));
    const attributes = task.op === "matmul" ? {} : geometry(task, task.b[0]);
    const y = task.op === "matmul" ? task.y : [task.y[0], task.y[3], task.y[1], task.y[2]];
    const a = toNCHW(tensors.get("a"));
    return {
      input: a,
      output: y,
      bytes: model([node(opType, ["a", "b"], "y", attributes)], [floats("b", b.shape, b.data)], ["a", a.shape], ["y", y]),
    };
  }

  function generatorModel(task, tensors) {
    const nodes = [];
    const initializers = [];
    const apply = (opType, inputs, attributes) => {
      const output = `t${nodes.length}`;
      nodes.push(node(opType, inputs, output, attributes));
      return output;
    };
    const weight = (name, tensor = tensors.get(name)) => {
      initializers.push(floats(name, tensor.shape, tensor.data));
      return name;
    };
    const constant = (name, value, length) => weight(name, { shape: [length], data: new Float32Array(length).fill(value) });

    function forward(layers, x) {
      for (const layer of layers) {
        const filter = (tensor) => [x, weight(layer.filter, tensor), ...(layer.bias ? [weight(layer.bias)] : [])];
        switch (layer.type) {
          case "dense":
            x = apply("Gemm", filter(tensors.get(layer.filter)));
            break;
          case "reshape": {
            const shape = `${x}.shape`;
            initializers.push(integers(shape, [task.batch, ...layer.output]));
            x = apply("Transpose", [apply("Reshape", [x, shape])], { perm: [0, 3, 1, 2] });
            break;
          }
          case "conv2d":
          case "conv2dTranspose": {
            const opType = layer.type === "conv2d" ? "Conv" : "ConvTranspose";
            x = apply(opType, filter(filterToOnnx(tensors.get(layer.filter))), geometry(layer, layer.kernel));
            break;
          }
          case "batchNorm": {
            const [channels] = layer.output.slice(-1);
            const statistics = [constant(`${layer.gamma}.mean`, 0, channels), constant(`${layer.gamma}.variance`, 1, channels)];
            x = apply("BatchNormalization", [x, weight(layer.gamma), weight(layer.beta), ...statistics]);
            break;
          }
          case "activation":
            x = apply({ relu: "Relu", tanh: "Tanh" }[layer.name], [x]);
            break;
          case "upsample": {
            const scales = `${x}.scales`;
            initializers.push(floats(scales, [4], Float32Array.of(1, 1, layer.factor, layer.factor)));
            x = apply("Resize", [x, "", scales], { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" });
            break;
          }
          case "residual":
            x = apply("Add", [forward(layer.layers, x), forward(layer.shortcut, x)]);
            break;
          default:
            throw new Error(`no ONNX form of the layer ${layer.type}`);
        }
      }
      return x;
    }

    const images = forward(task.generator, "z");
    const [h, w, c] = task.generator.at(-1).output;
    const z = tensors.get("z");
    const output = [task.batch, c, h, w];
    return { input: z, output, bytes: model(nodes, initializers, ["z", z.shape], [images, output]) };
  }

  return { kernelModel, generatorModel };
}
