/** Typed arrays and buffers of any realm: those of an iframe, a `vm` context or a test runner's page are no instances of the classes here. */

const nameOf = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;
const lengthOf = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;

/** The name of the class that a typed array is of, or derives from; undefined for anything else. */
export function typedArrayName(value: unknown): string | undefined {
  return nameOf.call(value);
}

export function isFloat32Array(value: unknown): value is Float32Array {
  return typedArrayName(value) === "Float32Array";
}

/** Whether it is an `ArrayBuffer`; one that is shared is not. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    lengthOf.call(value);
    return true;
  } catch {
    return false;
  }
}

/** The bytes of a Uint8Array or an ArrayBuffer, not copied; null for anything else. */
export function bytesOf(value: unknown): Uint8Array | null {
  const isArray = typedArrayName(value) === "Uint8Array";
  if (!isArray && !isArrayBuffer(value)) return null;
  // A buffer that was transferred is as long as an empty one, and neither it nor its arrays can be looked into.
  if ((value as Uint8Array | ArrayBuffer).byteLength === 0) return new Uint8Array();
  return isArray ? (value as Uint8Array) : new Uint8Array(value as ArrayBuffer);
}
