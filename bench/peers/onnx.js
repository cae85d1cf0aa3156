/** Tasks as ONNX models, with the packages as they are installed. */
import * as protobuf from "@bufbuild/protobuf";
import * as onnx from "onnx-buf";
import { onnxModels } from "./onnxModels.js";

export const { kernelModel, generatorModel } = onnxModels(protobuf, onnx);
