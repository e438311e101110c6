/** IEEE 754 binary16, as its 16 bits: 1 sign, 5 exponent, 10 fraction. */

const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

const LARGEST_HALF = 0x7bff
/** From here on rounding would give infinity: 65520. */
const OVERFLOW_BITS = 0x477ff000
/** 2^-14, the smallest normal number. */
const NORMAL_BITS = 0x38800000
/** Bits of 0.5: adding 0.5 leaves a subnormal half in the last 10 bits, rounded by the addition. */
const HALF_BITS = 0x3f000000

/** The nearest half, ties to even; beyond the largest, 65504, the largest. `x`: finite. */
export function halfOf(x: number): number {
  float[0] = x
  const sign = (bits[0]! >>> 16) & 0x8000
  const magnitude = bits[0]! & 0x7fffffff
  if (magnitude >= OVERFLOW_BITS) return sign | LARGEST_HALF
  if (magnitude < NORMAL_BITS) {
    float[0] = Math.abs(x) + 0.5
    return sign | (bits[0]! - HALF_BITS)
  }
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude - (112 << 23) + 0xfff + odd) >>> 13)
}

let table: Float32Array | undefined

/** The value of all 65,536 halves by their bits. */
export const halfValues = (): Float32Array =>
  (table ??= Float32Array.from({ length: 0x10000 }, (_, half) => valueOf(half)))

function valueOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25)
}
