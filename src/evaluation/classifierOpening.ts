/** A classifier from its file. */
import { checkOptions } from "../core/check.ts";
import { Classifier } from "./classifier.ts";
import { decodeClassifier } from "./classifierFile.ts";
import { COMPUTE, type ComputeOptions, type OpenExecutor } from "./options.ts";

/** @throws CheckpointError, SpecError, BackendError */
export async function openClassifier(file: Uint8Array, options: ComputeOptions, open: OpenExecutor): Promise<Classifier> {
  const request = checkOptions(COMPUTE, options);
  const state = decodeClassifier(file);
  const executor = await open(request);
  try {
    return await Classifier.open(executor, state);
  } catch (error) {
    executor.dispose();
    throw error;
  }
}
