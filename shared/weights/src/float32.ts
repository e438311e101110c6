/** The only place where bytes become numbers. Little endian, as safetensors and every supported machine are. */

/** A Float32Array over a copy of `bytes`: buffers from sockets and files are rarely 4-byte aligned. */
export function floatsFromBytes(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint8Array.prototype.slice.call(bytes).buffer)
}

/** The bytes under `floats`, without copying. */
export function bytesOfFloats(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
}

/** A Uint16Array over a copy of `bytes`. */
export function wordsFromBytes(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(Uint8Array.prototype.slice.call(bytes).buffer)
}
