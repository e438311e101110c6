import fc from 'fast-check'
import { tf } from '../index.ts'
import { arranged, expectParity, RUNS, shape4 } from '../testing/parity.ts'

test.each(['cumsum', 'cumprod'] as const)(
  '%s along any axis, either way, with or without its own place',
  async (scan) => {
    const options = fc.record({
      axis: fc.integer({ min: 0, max: 3 }),
      exclusive: fc.boolean(),
      reverse: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(
        shape4.chain(arranged),
        options,
        ({ x, perm }, { axis, exclusive, reverse }) =>
          expectParity(
            (inputs) => ({
              y: tf[scan](tf.transpose(inputs['x']!, perm), axis, exclusive, reverse),
            }),
            { x },
          ),
      ),
      { numRuns: 2 * RUNS },
    )
  },
)
