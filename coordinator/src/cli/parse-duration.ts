import { InvalidArgumentError } from 'commander'

const UNITS: Readonly<Record<string, number>> = { s: 1, min: 60, m: 60, h: 3600, d: 86_400 }

/** Milliseconds of "90s", "45min", "2h" or "3d". */
export function parseDuration(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(s|min|m|h|d)$/.exec(text) ?? []
  const ms = Math.round(Number(amount) * (UNITS[unit ?? ''] ?? NaN) * 1000)
  if (ms > 0) return ms
  throw new InvalidArgumentError('Expected a length of time such as 90s, 45min, 2h or 3d.')
}
