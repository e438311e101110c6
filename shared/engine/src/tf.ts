/**
 * The one import of TensorFlow.js in the code base: a second loaded copy would not share tensors or kernels.
 * tfjs-node (when its native library loads) registers its backend in this same copy.
 */
import { createRequire } from 'node:module'
import type * as TensorFlow from '@tensorflow/tfjs'

interface LegacyUtil {
  isNullOrUndefined?: (x: unknown) => boolean
  isArray?: (x: unknown) => boolean
}

const require = createRequire(import.meta.url)

// tfjs 4.22 calls two functions that Node 23 removed (tfjs #8425, fixed but never released).
const legacy = require('node:util') as LegacyUtil
legacy.isNullOrUndefined ??= (x) => x === null || x === undefined
legacy.isArray ??= (x) => Array.isArray(x)

export const tf = require('@tensorflow/tfjs') as typeof TensorFlow

// tfjs prints an advertisement for tfjs-node at its first use in Node.
tf.env().set('PROD', true)
export type { TensorFlow }
