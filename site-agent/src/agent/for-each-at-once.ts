export interface AtOnceOptions {
  readonly atOnce: number
  readonly signal: AbortSignal
}

/**
 * Works on the items in their order, `atOnce` of them at a time. The first failure ends what else is running, through the
 * signal that `work` is given, and is thrown when all of it has ended.
 */
export async function forEachAtOnce<T>(
  items: readonly T[],
  { atOnce, signal }: AtOnceOptions,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController()
  const stop = AbortSignal.any([signal, failure.signal])
  const left = items.values()
  const run = async (): Promise<void> => {
    for (const item of left) {
      if (stop.aborted) return
      await work(item, stop)
    }
  }
  const runs = Array.from({ length: Math.min(atOnce, items.length) }, () =>
    run().catch((error: unknown) => {
      failure.abort(error)
    }),
  )
  await Promise.all(runs)
  stop.throwIfAborted()
}
