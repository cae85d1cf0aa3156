/** Tiles of images to their components, or back, as an instruction. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import { TRANSFORM_BYTES } from "../../../../assembly/format/scratch.ts";
import { TransformKind, TransformWord } from "../../../../assembly/format/transform.ts";
import type { Shape } from "../../../core/shape.ts";
import { at, type Buffer, type Instruction, type Partition, type Word } from "./instruction.ts";

/** Part of an axis. */
export interface Piece {
  readonly first: number;
  readonly size: number;
}

/** One axis of tiles: `grid` of them; pixel i of tile t in phase p lies at origin + t stride + p phase + i step. */
export interface TileAxis {
  readonly grid: number;
  readonly origin: number;
  readonly stride: number;
  readonly phase: number;
  readonly step: number;
}

export interface Transformation {
  /** Tiles of a piece of the images [., H, W, C] and of their channels, in `phases` of both axes. */
  readonly tiles: {
    readonly buffer: Buffer;
    readonly shape: Shape;
    readonly images: Piece;
    readonly channels: Piece;
    readonly y: TileAxis;
    readonly x: TileAxis;
    readonly phases: 1 | 2;
  };
  /** Where their components lie, in elements: the first, and strides from a component, a phase, a tile, eight channels to the next. */
  readonly components: {
    readonly buffer: Buffer;
    readonly offset?: number;
    readonly componentStride: number;
    readonly phaseStride: number;
    readonly rowStride: number;
    readonly panelStride: number;
  };
  /** What threads share out: channels or tiles. */
  readonly byChannels: boolean;
  readonly partition?: Partition | undefined;
}

export function transform(kind: TransformKind, { tiles, components, byChannels, partition }: Transformation): Instruction {
  const { buffer, shape, images, channels, y, x, phases } = tiles;
  const [, H, W, C] = shape as [number, number, number, number];
  const words = new Array<Word>(TransformWord.Length).fill(0);
  words[TransformWord.Kind] = kind;
  words[TransformWord.Image] = at(buffer, (images.first * H * W * C + channels.first) * 4);
  words[TransformWord.H] = H;
  words[TransformWord.W] = W;
  words[TransformWord.C] = C;
  words[TransformWord.Channels] = channels.size;
  words[TransformWord.GridH] = y.grid;
  words[TransformWord.GridW] = x.grid;
  words[TransformWord.Tiles] = images.size * y.grid * x.grid;
  words[TransformWord.Phases] = phases;
  words[TransformWord.OriginY] = y.origin;
  words[TransformWord.OriginX] = x.origin;
  words[TransformWord.StrideY] = y.stride;
  words[TransformWord.StrideX] = x.stride;
  words[TransformWord.PhaseY] = y.phase;
  words[TransformWord.PhaseX] = x.phase;
  words[TransformWord.StepY] = y.step;
  words[TransformWord.StepX] = x.step;
  words[TransformWord.Components] = at(components.buffer, (components.offset ?? 0) * 4);
  words[TransformWord.ComponentStride] = components.componentStride;
  words[TransformWord.PhaseStride] = components.phaseStride;
  words[TransformWord.RowStride] = components.rowStride;
  words[TransformWord.PanelStride] = components.panelStride;
  words[TransformWord.Outside] = "zeros";
  words[TransformWord.ByChannels] = byChannels ? 1 : 0;
  words[TransformWord.Scratch] = "scratch";
  words[TransformWord.ScratchStride] = "scratchStride";
  const joins = kind === TransformKind.Outputs2 || kind === TransformKind.Outputs4;
  const [reads, writes] = joins ? [[components.buffer], [buffer]] : [[buffer], [components.buffer]];
  return { opcode: Opcode.Transform, words, reads, writes, scratch: TRANSFORM_BYTES, zeros: joins ? 0 : C * 4, ...(partition && { partition }) };
}
