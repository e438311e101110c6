/**
 * The learning rate over a whole study: linear warm-up from 0, then half a cosine to 0 (Loshchilov & Hutter 2017).
 * `progress` is the finished part of the study, 0..1: sites with different numbers of steps follow the same curve.
 */
export function learningRateAt(progress: number, peak: number, warmup: number): number {
  if (progress < warmup) return (peak * progress) / warmup
  return (peak * (1 + Math.cos((Math.PI * (progress - warmup)) / (1 - warmup)))) / 2
}
