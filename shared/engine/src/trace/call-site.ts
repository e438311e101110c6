/**
 * Where in a program something happened: read off the stack of an error, so it costs nothing until there is one.
 */
import { fileURLToPath } from 'node:url'

/** Frames an error keeps while a program is recorded; TensorFlow.js alone puts a dozen between an op and its backend. */
const FRAMES = 100

/** Frames that are not the program's: TensorFlow.js (and where its source maps lead), the recording itself, Node. */
const FOREIGN = [
  /[\\/]@tensorflow[\\/]|[\\/]tfjs-core[\\/]src[\\/]|[\\/]tslib[\\/]/,
  /[\\/]trace[\\/](?:recording-backend|trace-program)\.[jt]s:/,
  /^node:/,
]

/** Runs `body` with stacks deep enough to reach from TensorFlow.js's kernels back to the program. */
export function withDeepStacks<T>(body: () => T): T {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = FRAMES
  try {
    return body()
  } finally {
    Error.stackTraceLimit = before
  }
}

/** `file:line:column` of the innermost frame that belongs to the program. */
export function callSiteOf({ stack = '' }: Error): string {
  const site = stack
    .split('\n')
    .map(locationOf)
    .find((location) => location !== undefined && !FOREIGN.some((path) => path.test(location)))
  return site ?? 'an unknown line'
}

/** From `    at name (file:line:column)` or `    at file:line:column`. */
function locationOf(frame: string): string | undefined {
  const location = /^ *at (?:.*\()?(.+:\d+:\d+)\)?$/.exec(frame)?.[1]
  return location?.startsWith('file:') === true ? pathOf(location) : location
}

function pathOf(location: string): string {
  const [, url, position] = /^(.+)(:\d+:\d+)$/.exec(location)!
  return `${fileURLToPath(url!)}${position!}`
}
