import { TestEnvironment } from 'jest-environment-node'

/** Native addons make typed arrays of Node's own realm; in a test, `instanceof Float32Array` must hold for them. */
const SHARED = [
  'Float32Array',
  'Float64Array',
  'Int32Array',
  'Uint8Array',
  'Uint16Array',
  'Int16Array',
  'BigInt64Array',
]

export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context)
    for (const name of SHARED) this.global[name] = globalThis[name]
  }
}
