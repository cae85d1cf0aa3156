import { sizeOf } from "../../core/shape.ts";
import type { LayerSpec } from "../layers/table.ts";

import { architecture } from "./architecture.ts";

const HIDDEN_LAYERS = 3;

/** Three hidden layers of `width` units a network: for points, small vectors and small images. */
export const mlp = architecture<object>({
  fields: {},
  expected: () => null,
  defaultWidth: 128,
  initialization: "fan",
  layers({ shape, fromImages, width }) {
    const hidden = (activation: LayerSpec): LayerSpec[] =>
      Array.from({ length: HIDDEN_LAYERS }, (): LayerSpec[] => [{ type: "dense", units: width }, activation]).flat();
    const isImage = shape.length === 3;
    const toVector = (image: boolean): LayerSpec[] => (image ? [{ type: "flatten" }] : []);
    const toImage: LayerSpec[] = [
      { type: "reshape", shape },
      { type: "activation", name: "tanh" },
    ];
    return {
      generator: [
        ...toVector(fromImages),
        ...hidden({ type: "activation", name: "relu" }),
        { type: "dense", units: sizeOf(shape) },
        ...(isImage ? toImage : []),
      ],
      discriminator: [...toVector(isImage), ...hidden({ type: "activation", name: "leakyRelu" }), { type: "dense", units: 1 }],
    };
  },
});
