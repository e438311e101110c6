/**
 * How fast one thread of ONNX Runtime multiplies matrices and moves memory here. Answers {measure} with {perSecond}:
 * multiply-accumulates counted as two operations, or bytes read and written.
 */
import { compile, tf, type Program } from '@consilium/engine'
import { createStream } from '@consilium/random'
import type { NamedArrays } from '@consilium/weights'
import { answerLines } from '../answer-lines.ts'

const SIZE = 1024
/** More than the caches of a core. */
const ARRAY_BYTES = 64 * 1024 * 1024
/** The addition reads and writes, the sum reads. */
const ARRAY_PASSES = 3
const MEASURE_SECONDS = 0.7

const stream = createStream(1, 'bench', 'machine')
const floats = (length: number): Float32Array =>
  Float32Array.from({ length }, () => stream.uniform())

/** They return one number: ONNX Runtime copies whatever a program returns. */
const programs = {
  matMul: {
    program: ({ a, b }) => ({ total: tf.sum(tf.matMul(a!, b!)) }),
    state: new Map([
      ['a', { shape: [SIZE, SIZE], data: floats(SIZE * SIZE) }],
      ['b', { shape: [SIZE, SIZE], data: floats(SIZE * SIZE) }],
    ]),
    work: 2 * SIZE ** 3,
  },
  memory: {
    program: ({ x }) => ({ total: tf.sum(tf.add(x!, 1)) }),
    state: new Map([['x', { shape: [ARRAY_BYTES / 4], data: new Float32Array(ARRAY_BYTES / 4) }]]),
    work: ARRAY_PASSES * ARRAY_BYTES,
  },
} satisfies Record<string, { program: Program; state: NamedArrays; work: number }>

const matMul = await compile(programs.matMul.program, {}, { state: programs.matMul.state })
const memory = await compile(programs.memory.program, {}, { state: programs.memory.state })
const executables = { matMul, memory }
for (const executable of [matMul, matMul, memory, memory]) await executable.run({})

await answerLines({ ready: true }, async (request) => {
  const { measure } = request as { measure: keyof typeof programs }
  const startedAt = performance.now()
  let seconds = 0
  let runs = 0
  while (seconds < MEASURE_SECONDS) {
    await executables[measure].run({})
    runs += 1
    seconds = (performance.now() - startedAt) / 1000
  }
  return { perSecond: (runs * programs[measure].work) / seconds }
})
await Promise.all([matMul.dispose(), memory.dispose()])
