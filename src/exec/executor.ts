/** What every executor offers, and all that the layers above see of one. */
import type { Shape } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";

/** Where and how a GAN computes. */
export interface Backend {
  /** What computes: a GPU, the WebAssembly kernels, or plain JavaScript in float64. */
  readonly name: "webgpu" | "wasm" | "reference";
  /** Threads that compute: the calling one if it is the only one and not on a page, else workers. 1 unless `name` is "wasm". */
  readonly threads: number;
  /** Which vector instructions the WebAssembly kernels use; "none" on other backends. */
  readonly simd: "none" | "simd128" | "relaxed";
  /** Why this backend was chosen, in a sentence. */
  readonly reason: string;
}

/** Bytes that are held where a GAN computes, by purpose. Known before the first run. */
export interface MemoryReport {
  /** Everything named by a variable: weights, optimizer slots, statistics. */
  readonly variables: number;
  /** Intermediate values, shared by all programs of the session: the largest program's plan. */
  readonly activations: number;
  /** The most that is live at one instruction of that program: no plan can need less than this. */
  readonly live: number;
  /** Packed weights, packed panels and other space of the kernels themselves. */
  readonly scratch: number;
  /** All of the above together with instruction lists and constants. */
  readonly total: number;
}

export interface VariableSpec {
  readonly name: string;
  readonly shape: Shape;
}

export interface CompileOptions {
  /** Hold the program's results to the same bits on every machine, where the backend can: WebAssembly does, a GPU does not. Default false. */
  readonly reproducible?: boolean;
}

export interface OpenOptions extends CompileOptions {
  /** Bytes that the session may hold. Default: what the executor can have. */
  readonly maxMemory?: number | undefined;
}

export type Feeds = Readonly<Record<string, Float32Array | number>>;
export type Fetches = Record<string, Float32Array>;

/**
 * Runs graphs on one kind of hardware.
 *
 * A BackendError that is `lost` says that the session is gone with all it held, and on most hardware the executor too. Any other says that something cannot be had, and changes nothing.
 */
export interface Executor {
  readonly backend: Backend;
  /** Bytes that a session can have however they are split among tensors. What might need more is best measured before it is set up. */
  readonly capacity: number;
  /** What may be lost of a session while the caller goes on: nothing; variables that a run under way is to assign, when threads end; everything, with a device or a memory elsewhere. */
  readonly atRisk: "nothing" | "updates" | "everything";
  /** Sets up variables, all zero. @throws BackendError when they, or later a program, need more than `maxMemory` bytes. */
  open(variables: readonly VariableSpec[], options?: OpenOptions): Promise<Session>;
  /**
   * The bytes that a session of these variables holds once it has compiled these graphs, found without setting anything up.
   *
   * @throws BackendError when they are more than `maxMemory`, or than the executor can have
   */
  measure(variables: readonly VariableSpec[], graphs: readonly Graph[], options?: { maxMemory?: number | undefined }): Promise<MemoryReport>;
  /** Ends what the executor holds (threads, devices). Sessions must be disposed first. */
  dispose(): void;
}

/** Writes all values of a tensor. */
export type Fill = (into: Float32Array) => void;

/** Variables, and the programs that read and write them. What is asked is done in the order asked, without waiting for the caller to have seen the last result. */
export interface Session {
  readonly memory: MemoryReport;
  /** Compiles `graph`, whose variables must all be of this session. @throws BackendError before anything is changed. */
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** A copy of a variable's value. Once the session is lost, it is what the last whole run left, or the loss again. */
  read(name: string): Promise<Float32Array>;
  /** Sets a variable: to a value, or to what `value` writes, when it is called, into as many zeros or old numbers. What it throws is thrown, and the variable then holds anything. */
  write(name: string, value: Float32Array | Fill): Promise<void>;
  /** Ends it. What is under way ends with a StateError, or by itself. */
  dispose(): void;
}

/** A compiled graph: run many times, nothing allocated in between. */
export interface Program {
  /** Feeds every input, computes, applies the assignments, gives back copies of the fetches. The feeds must stay as they are until then. */
  run(feeds: Feeds): Promise<Fetches>;
  dispose(): void;
}
