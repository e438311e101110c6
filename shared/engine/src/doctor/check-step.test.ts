import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sizeOf } from '@consilium/weights'
import { compileStep } from '../step/compile-step.ts'
import { checkStep, checkWeights, invented, VIEW_SHAPE } from './check-step.ts'

test('the step of the check learns to tell views apart', async () => {
  const cache = await mkdtemp(path.join(tmpdir(), 'consilium-check-'))
  const views = 4
  const size = sizeOf(VIEW_SHAPE)
  const compiled = await compileStep(checkStep, {
    weights: checkWeights(),
    samples: [views, ...VIEW_SHAPE],
    inputs: { learningRate: [] },
    cache,
  })
  const samples = invented(views * size)
  const run = () =>
    compiled.run((start, count) => samples.subarray(start * size, (start + count) * size), {
      learningRate: new Float32Array([0.01]),
    })
  const losses = [await run(), await run(), await run(), await run(), await run()]
  expect(losses.at(-1)!).toBeLessThan(losses[0]!)
  await compiled.dispose()
  await rm(cache, { recursive: true })
})
