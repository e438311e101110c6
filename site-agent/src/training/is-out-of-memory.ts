import { types } from 'node:util'

/** How V8 says it of an array, and Node of a thread: an array's error has no code. */
const OUT_OF_MEMORY = /Array buffer allocation failed|heap out of memory/

/** Whether an error, or one that caused it, says that there was no memory for an array or for the heap of a thread. */
export function isOutOfMemory(error: unknown): boolean {
  if (!types.isNativeError(error)) return false
  return OUT_OF_MEMORY.test(error.message) || isOutOfMemory(error.cause)
}
