import type { Image } from './image.ts'

const BINS = 256

/** Histogram equalisation over 256 grey levels, channel by channel, in place (REMEDIS's code, radiology). A flat image stays as it is. */
export function equalise({ data, channels }: Image): void {
  const levelOf = (x: number): number => Math.min(BINS - 1, Math.floor(x * BINS))
  const pixels = data.length / channels
  for (let c = 0; c < channels; c += 1) {
    const cumulative = new Uint32Array(BINS)
    for (let i = c; i < data.length; i += channels) cumulative[levelOf(data[i]!)]! += 1
    for (let level = 1; level < BINS; level += 1) cumulative[level]! += cumulative[level - 1]!
    const first = cumulative.find((count) => count > 0)!
    if (first === pixels) continue
    for (let i = c; i < data.length; i += channels) {
      data[i] = (cumulative[levelOf(data[i]!)]! - first) / (pixels - first)
    }
  }
}
