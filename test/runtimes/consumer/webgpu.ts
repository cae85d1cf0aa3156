/** What compiles where WebGPU is declared, by `@webgpu/types` or by TypeScript's own DOM. */
import { createGAN, type GPUDeviceLike } from "ganvas";

export const made = (device: GPUDevice) => createGAN({ shape: [2], device });
export const alike = (device: GPUDevice): GPUDeviceLike => device;
// @ts-expect-error an adapter is no device
export const mistaken = (device: GPUAdapter) => createGAN({ shape: [2], device });
