/** Results that are handed over in the order they were begun in; one may be asked for before it is begun, or after. */
import { createDeferred, type Deferred } from './deferred.ts'

export interface ResultQueue<T> {
  /** The next result, when it is there; undefined after the last. */
  next(): Promise<T | undefined>
  /** The place of one more result. */
  begin(): Deferred<T | undefined>
  /** Nothing comes after what is begun: `next` then gives undefined, or throws `error` where there is one. */
  finish(error?: unknown): void
  /** Throws `error` at everyone who waits for what is not begun, and who asks from now on. */
  abort(error: unknown): void
}

export function createResultQueue<T>(): ResultQueue<T> {
  const begun: Deferred<T | undefined>[] = []
  const asked: Deferred<T | undefined>[] = []
  let end: Promise<undefined> | undefined

  const addTo = (places: Deferred<T | undefined>[]): Deferred<T | undefined> => {
    const place = createDeferred<T | undefined>()
    places.push(place)
    return place
  }
  const finish = (error?: unknown): void => {
    const last = createDeferred<undefined>()
    end = last.promise
    for (const place of [last, ...asked.splice(0)]) {
      if (error === undefined) place.resolve(undefined)
      else place.reject(error)
    }
  }
  return {
    next: () => begun.shift()?.promise ?? end ?? addTo(asked).promise,
    begin: () => asked.shift() ?? addTo(begun),
    finish,
    abort(error) {
      begun.length = 0
      finish(error)
    },
  }
}
