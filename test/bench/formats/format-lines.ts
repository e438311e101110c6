import { differenceText } from '../learning/difference-text.ts'
import type { LearningResult } from '../learning/measure-learning.ts'
import type { CodecResult } from './measure-codec.ts'

export interface FormatResult extends CodecResult {
  readonly format: string
  readonly learning?: LearningResult
}

const HEADINGS = ['', 'bytes/parameter', 'encode ms', 'decode ms', 'probe AUC', 'to float32', 'kNN']

/** The result as text for a terminal. */
export const formatLines = (results: readonly FormatResult[]): readonly string[] =>
  [HEADINGS, ...results.map(cellsOf)].map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(17))).join(''),
  )

function cellsOf({ format, bytesPerParameter, encodeMs, decodeMs, learning }: FormatResult) {
  const codec = [format, bytesPerParameter.toFixed(2), encodeMs.toFixed(0), decodeMs.toFixed(0)]
  if (learning === undefined) return codec
  const { probeAuc, knnAccuracy, difference } = learning
  return [...codec, probeAuc.toFixed(3), differenceText(difference), knnAccuracy.toFixed(3)]
}
