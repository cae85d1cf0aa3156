/** @param protobuf the package `@bufbuild/protobuf` @param onnx the package `onnx-buf` */
export function onnxModels(protobuf: object, onnx: object): object;
