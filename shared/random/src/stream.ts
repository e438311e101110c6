/**
 * Named streams of random numbers. A stream is a function of a seed and a path of names
 * ("site-a", "round", 3, "augment", 17), so any draw can be made again without replaying the ones before it.
 *
 * Generator: xoshiro128** (Blackman & Vigna 2018, https://prng.di.unimi.it/xoshiro128starstar.c), its state
 * filled from a 128-bit MurmurHash3-style mix of the path. Not for secrets: keys come from node:crypto.
 */
export type Name = string | number

export interface Stream {
  /** 32 random bits, 0..2^32-1. */
  bits(): number
  /** Uniform in [low, high), 53-bit resolution; [0, 1) by default. */
  uniform(low?: number, high?: number): number
  /** Uniform integer in 0..n-1, without modulo bias. */
  integer(n: number): number
  /** Normal with the given mean and standard deviation (Box-Muller). */
  normal(mean?: number, stdDev?: number): number
  /** True with probability p. */
  chance(p: number): boolean
}

export function createStream(seed: number, ...path: readonly Name[]): Stream {
  const [a, b, c, d] = stateFrom(JSON.stringify([seed, ...path]))
  return streamFrom(new Uint32Array([a, b, c, d]))
}

function stateFrom(text: string): readonly [number, number, number, number] {
  return [
    hash(text, 0x9e3779b9),
    hash(text, 0x243f6a88),
    hash(text, 0xb7e15162),
    hash(text, 0x13198a2e) | 1,
  ]
}

/** MurmurHash3 x86_32 over the UTF-16 code units (Appleby 2011, public domain). */
function hash(text: string, seed: number): number {
  let h = seed
  for (let i = 0; i < text.length; i += 1) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51)
    k = Math.imul(rotate(k, 15), 0x1b873593)
    h = (Math.imul(rotate(h ^ k, 13), 5) + 0xe6546b64) | 0
  }
  h ^= text.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k))

function streamFrom(s: Uint32Array): Stream {
  let spare: number | undefined

  const bits = (): number => {
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const t = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= t
    s[3] = rotate(s[3]!, 11)
    return result
  }
  const unit = (): number => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992

  return {
    bits,
    uniform: (low = 0, high = 1) => low + (high - low) * unit(),
    integer(n) {
      const limit = 4294967296 - (4294967296 % n)
      let x = bits()
      while (x >= limit) x = bits()
      return x % n
    },
    normal(mean = 0, stdDev = 1) {
      if (spare !== undefined) {
        const z = spare
        spare = undefined
        return mean + stdDev * z
      }
      const radius = Math.sqrt(-2 * Math.log(1 - unit()))
      const angle = 2 * Math.PI * unit()
      spare = radius * Math.sin(angle)
      return mean + stdDev * radius * Math.cos(angle)
    },
    chance: (p) => unit() < p,
  }
}
