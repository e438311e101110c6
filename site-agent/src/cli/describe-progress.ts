const BAR_CELLS = 24

export interface Progress {
  readonly label: string
  readonly done: number
  readonly total: number
  /** Since the first step. */
  readonly elapsedMs: number
  /** Such as a rate or a loss. */
  readonly detail?: string
}

/** `label [####----] 3/10  detail  ETA 1:05` */
export function describeProgress({ label, done, total, elapsedMs, detail }: Progress): string {
  const filled = total === 0 ? 0 : Math.floor((BAR_CELLS * done) / total)
  const bar = '#'.repeat(filled) + '-'.repeat(BAR_CELLS - filled)
  const parts = [`${label} [${bar}] ${done}/${total}`, detail, describeEta(done, total, elapsedMs)]
  return parts.filter((part) => part !== undefined).join('  ')
}

function describeEta(done: number, total: number, elapsedMs: number): string | undefined {
  if (done === 0) return undefined
  const seconds = Math.ceil(((total - done) * elapsedMs) / done / 1000)
  return `ETA ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
