import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createModelCache } from '../cache/model-cache.ts'
import { tf } from '../tf.ts'
import { openLane } from './lanes/lane.ts'
import { loadModel } from './load-model.ts'
import { programModel } from './program-model.ts'

test('a model in the cache that ONNX Runtime refuses is no obstacle', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'consilium-load-'))
  const models = createModelCache(folder, '')
  const model = await programModel(({ a }) => ({ b: tf.neg(a!) }), { a: [2, 3] })
  await models.remember(model.bytes, (file) => writeFile(file, 'no model at all'))
  const lane = openLane('cpu')
  const { shapes } = await loadModel(lane, { ...model, models })
  expect([...shapes.values()]).toEqual([[2, 3]])
  await lane.close()
  await rm(folder, { recursive: true })
})
