/**
 * Writes a row's first weights and views for PyTorch, as safetensors: arguments are the row as JSON and the file. A
 * process of its own, so that what it holds counts in nobody's peak memory.
 */
import { writeFile } from 'node:fs/promises'
import { encodeSafetensors } from '@consilium/weights'
import { answerLines } from '../answer-lines.ts'
import { firstViews, firstWeights } from './first-tensors.ts'
import type { StepShape } from './row.ts'

const [rowText, file] = process.argv.slice(2) as [string, string]
const row = JSON.parse(rowText) as StepShape
const { size, views, model } = row
const shape = [views, size, size, model.channels]
const tensors = new Map([...firstWeights(row), ['views', { shape, data: firstViews(row) }]])
await writeFile(file, encodeSafetensors(tensors))
await answerLines({ written: true }, () => Promise.resolve({}))
