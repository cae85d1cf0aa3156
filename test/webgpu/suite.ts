/** The WebGPU checks, to be run wherever there may be an adapter. */
import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { BackendError } from "../../src/core/errors.ts";
import type { Executor } from "../../src/exec/executor.ts";
import { requestDevice } from "../../src/exec/tfjs/device.ts";
import { createTfjsExecutor } from "../../src/exec/tfjs/executor.ts";
import { assert, CheckError } from "../cases/compare.ts";
import { EXECUTOR_CASES } from "../cases/executor.ts";
import { checkChoice, checkFault, checkGAN, checkRescue } from "./gan.ts";
import { checkGradients, checkLarge, checkOps, checkSmallDevice, checkSpecialValues } from "./ops.ts";
import { checkConditions, checkDCGAN, checkHealth, checkLeaks, checkLoss, checkPipelining, checkWaysToLearn, checkWGANGP } from "./steps.ts";

export type Outcome = "passed" | "failed" | "no adapter";

/** Runs every check, one after another, and logs a line for each. */
export async function runSuite(log: (line: string) => void): Promise<Outcome> {
  let executor: Executor;
  try {
    executor = await createTfjsExecutor();
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    log(`no adapter: ${error.message}`);
    return "no adapter";
  }
  log(`on ${executor.backend.reason.replace("asked for: ", "")}`);
  let outcome: Outcome = "passed";
  const check = async (name: string, work: () => Promise<string>) => {
    const start = performance.now();
    let line: string;
    try {
      line = `ok    ${name}: ${await work()}`;
    } catch (error) {
      outcome = "failed";
      line = `FAIL  ${name}: ${error instanceof Error ? (error.name === "Error" ? error.message : error.stack) : String(error)}`;
    }
    log(`${line} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  };
  await check("host", () => checkHost(executor));
  await check("one copy", checkOneCopy);
  await check("ops", () => checkOps(executor));
  await check("large", () => checkLarge(executor));
  await check("special values", () => checkSpecialValues(executor));
  await check("gradients", () => checkGradients(executor));
  await check("contract", () => checkContract(executor));
  await check("DCGAN step", () => checkDCGAN(executor));
  await check("steps by class", () => checkConditions(executor));
  await check("WGAN-GP step", () => checkWGANGP(executor));
  await check("ways to learn", () => checkWaysToLearn(executor));
  await check("health", () => checkHealth(executor));
  await check("steps in flight", () => checkPipelining(executor));
  executor.dispose();
  await check("GAN", () => checkGAN(log));
  await check("GAN whose step goes wrong", checkFault);

  await check("choice", async () => {
    const { device, software } = await requestDevice();
    const result = await checkChoice(device, software);
    device.destroy();
    return result;
  });

  await check("leaks", async () => {
    const { device } = await requestDevice();
    const alive = countBuffers(device);
    const own = await createTfjsExecutor({ device });
    return checkLeaks(own, () => ({ buffers: alive(), tensors: core.memory().numTensors }));
  });
  await check("small device", async () => {
    const { device } = await requestDevice();
    const { maxBufferSize, maxComputeWorkgroupSizeX, maxComputeWorkgroupsPerDimension } = device.limits;
    const others = { maxBufferSize, maxComputeWorkgroupSizeX, maxComputeWorkgroupsPerDimension };
    Object.defineProperty(device, "limits", { value: { ...others, maxStorageBufferBindingSize: 8192, maxStorageBuffersPerShaderStage: 4 } });
    return checkSmallDevice(await createTfjsExecutor({ device }), 8192);
  });
  await check("device lost", async () => {
    const { device } = await requestDevice();
    return checkLoss(await createTfjsExecutor({ device }), () => device.destroy());
  });
  await check("GAN whose device is lost", () => checkRescue(async () => (await requestDevice()).device));
  return outcome;
}

/** An application that uses TensorFlow.js in the same process finds its backend, tensors and flags as they were. */
async function checkHost(executor: Executor): Promise<string> {
  await core.ready();
  assert(core.getBackend() === "cpu", `TensorFlow.js chose ${core.getBackend()}, which our import brought in`);
  const flag = "WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE";
  core.env().set(flag, 3);
  const flags = { ...core.env().getFlags() };
  const mine = core.tensor1d([1, 2, 3]);
  const { numTensors, numBytes } = core.memory();
  await core.tidy(() => core.square(mine)).data();
  await checkDCGAN(executor);
  assert(core.getBackend() === "cpu", `the backend became ${core.getBackend()}`);
  for (const [name, value] of Object.entries(flags)) assert(core.env().get(name) === value, `the flag ${name} became ${core.env().get(name)}`);
  assert(
    core.memory().numTensors === numTensors + 1 && core.memory().numBytes === numBytes + 12,
    "tensors were made or lost in the application's engine",
  );
  assert((await core.add(mine, 1).data()).join() === "2,3,4", "the application's tensor was changed");
  return "its backend, tensors and flags are untouched by three steps of ours";
}

/** The cases that every executor goes through. */
async function checkContract(executor: Executor): Promise<string> {
  for (const { name, run } of EXECUTOR_CASES) {
    await run(executor).catch((cause: unknown) => {
      throw new CheckError(`${name}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
  }
  return `${EXECUTOR_CASES.length} cases`;
}

async function checkOneCopy(): Promise<string> {
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  assert(WebGPUBackend.prototype instanceof core.KernelBackend, "the WebGPU backend was made with another copy of tfjs-core");
  return "the WebGPU backend and we share one tfjs-core";
}

/** Counts the buffers of a device that are not destroyed. */
function countBuffers(device: GPUDevice): () => number {
  let alive = 0;
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    alive++;
    buffer.destroy = () => {
      alive--;
      destroy();
    };
    return buffer;
  };
  return () => alive;
}
