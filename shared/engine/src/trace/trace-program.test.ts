/** What a program must not do, and how it hears of it: the kernel or output, and the line it was written on. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { tf, type Program, type TensorFlow } from '../index.ts'
import { traceProgram } from './trace-program.ts'

const file = fileURLToPath(import.meta.url)
/** This file's lines, strings blanked out. */
const lines = readFileSync(file, 'utf8')
  .replaceAll(/'[^'\n]*'|`[^`\n]*`/g, (text) => ' '.repeat(text.length))
  .split('\n')

/** `file:line:column` of the first place in this file's code where `call` stands. */
function siteOf(call: string): string {
  const line = lines.findIndex((text) => text.includes(call))
  return `${file}:${line + 1}:${lines[line]!.indexOf(call) + 1}`
}

const trace = (program: unknown) => () => traceProgram(program as Program, { x: [2, 3] })

const outside = tf.tensor2d([[1, 2, 3]])

test('a kernel that cannot be recorded is named with its line', () => {
  const program: Program = ({ x }) => ({ y: tf.mul(tf.acosh(x!), 2) })
  expect(trace(program)).toThrow(
    expect.objectContaining({
      code: 'ENGINE_KERNEL_MISSING',
      message: expect.stringContaining(`kernel 'Acosh' at ${siteOf('acosh(x!)')}, which`),
    }),
  )
})

test('a kernel in a function whose gradient is asked for is named with its own line', () => {
  const gradient = (x: TensorFlow.Tensor): TensorFlow.Tensor => tf.grad((v) => tf.atan(v))(x)
  expect(trace(({ x }: { x: TensorFlow.Tensor }) => ({ y: gradient(x) }))).toThrow(
    expect.objectContaining({
      code: 'ENGINE_KERNEL_MISSING',
      message: expect.stringContaining(`'Atan' at ${siteOf('atan(v)')}`),
    }),
  )
})

test.each<[string, Program, string]>([
  ['dataSync', ({ x }) => ({ y: tf.mul(x!, tf.sum(x!).dataSync()[0]!) }), 'dataSync()[0]'],
  ['print', ({ x }) => (tf.sum(x!).print(), { x: x! }), 'print(), { x'],
  ['data', ({ x }) => (void tf.sum(x!).data(), { x: x! }), 'data(), { x'],
])(
  'reading values with %s is an error that names their kernel and the line',
  (_, program, code) => {
    expect(trace(program)).toThrow(
      expect.objectContaining({
        code: 'ENGINE_TRACED_READ',
        message: expect.stringContaining(`the result of kernel 'Sum' at ${siteOf(code)} (`),
      }),
    )
  },
)

test('reading an input names the input', () => {
  expect(trace(({ x }: { x: TensorFlow.Tensor }) => ({ y: tf.mul(x, x.dataSync()[1]!) }))).toThrow(
    `the values of input 'x' at ${siteOf('dataSync()[1]')} (`,
  )
})

test('a read whose error the program swallows is still an error', () => {
  const program: Program = ({ x }) => {
    try {
      x!.dataSync()
    } catch {
      // as a program might that looks for a faster way
    }
    return { y: x! }
  }
  expect(trace(program)).toThrow(expect.objectContaining({ code: 'ENGINE_TRACED_READ' }))
})

test.each<[string, (x: TensorFlow.Tensor) => unknown, string]>([
  ['Unique', (x) => tf.unique(x, 1).values, 'unique(x, 1)'],
  ['NonMaxSuppressionV3', (x) => suppress(tf.tile(x, [1, 4])), 'nonMaxSuppression(six'],
  ['whereAsync', (x) => tf.whereAsync(tf.greater(x, 0)), 'whereAsync(tf'],
  ['booleanMaskAsync', (x) => tf.booleanMaskAsync(x, tf.greater(x, 0)), 'booleanMaskAsync(x'],
  ['setdiff1dAsync', (x) => tf.setdiff1dAsync(tf.sum(x, 0), [1]), 'setdiff1dAsync(tf'],
])('%s has a shape that depends on values', (operation, use, code) => {
  expect(trace(({ x }: { x: TensorFlow.Tensor }) => ({ y: use(x) }))).toThrow(
    expect.objectContaining({
      code: 'ENGINE_DYNAMIC_SHAPE',
      message: expect.stringContaining(`'${operation}' at ${siteOf(code)}, whose`),
    }),
  )
})

const suppress = (x: TensorFlow.Tensor): TensorFlow.Tensor => {
  const six = tf.reshape<TensorFlow.Rank.R2>(x, [6, 4])
  return tf.image.nonMaxSuppression(six, tf.sum<TensorFlow.Tensor1D>(six, 1), 2)
}

test('using a tensor from outside the program is an error that names the kernel and the line', () => {
  expect(trace(({ x }: { x: TensorFlow.Tensor }) => ({ y: tf.sub(x, outside) }))).toThrow(
    expect.objectContaining({
      code: 'ENGINE_OUTSIDE_TENSOR',
      message: expect.stringContaining(`kernel 'Sub' at ${siteOf('sub(x, outside)')} is`),
    }),
  )
})

test('returning a tensor from outside the program is an error that names the output', () => {
  expect(trace(() => ({ y: outside }))).toThrow(
    expect.objectContaining({
      code: 'ENGINE_OUTSIDE_TENSOR',
      message: expect.stringContaining("Output 'y' is a tensor from outside"),
    }),
  )
  expect([...outside.dataSync()]).toEqual([1, 2, 3])
})

test('a tensor kept from another compilation is from outside', () => {
  const kept: TensorFlow.Tensor[] = []
  trace(({ x }: { x: TensorFlow.Tensor }) => ({ y: (kept.push(tf.keep(tf.neg(x))), x) }))()
  expect(trace(() => ({ y: kept[0] }))).toThrow(
    expect.objectContaining({ code: 'ENGINE_OUTSIDE_TENSOR' }),
  )
})

test.each<[string, unknown, string]>([
  ['a number', () => ({ y: 1 }), "Output 'y' is a number, expected a float32 tensor."],
  ['nothing', () => ({ y: undefined }), "Output 'y' is undefined, expected a float32 tensor."],
  [
    'an array of tensors',
    ({ x }: { x: TensorFlow.Tensor }) => ({ y: [x] }),
    "Output 'y' is an array, expected a float32 tensor.",
  ],
  [
    'booleans',
    ({ x }: { x: TensorFlow.Tensor }) => ({ y: tf.greater(x, 0) }),
    "Output 'y' is a tensor of type bool, expected float32: convert it with tf.cast(x, 'float32').",
  ],
  [
    'integers',
    ({ x }: { x: TensorFlow.Tensor }) => ({ y: tf.cast(x, 'int32') }),
    "Output 'y' is a tensor of type int32, expected float32: convert it with tf.cast(x, 'float32').",
  ],
])('%s cannot be an output', (_, program, message) => {
  expect(trace(program)).toThrow(
    expect.objectContaining({ code: 'ENGINE_INVALID_OUTPUT', message }),
  )
})

test.each<[string, unknown]>([
  ['undefined', () => undefined],
  ['a tensor', ({ x }: { x: TensorFlow.Tensor }) => x],
  ['an array', ({ x }: { x: TensorFlow.Tensor }) => [x]],
  ['an empty object', () => ({})],
  ['a promise', ({ x }: { x: TensorFlow.Tensor }) => Promise.resolve({ y: x })],
  ['a promise', () => Promise.reject(new Error('later'))],
])('a program cannot return %s', (came, program) => {
  expect(trace(program)).toThrow(
    expect.objectContaining({
      code: 'ENGINE_INVALID_OUTPUT',
      message: `The program's result is ${came}, expected an object of named tensors: a program is a synchronous function.`,
    }),
  )
})

test('stacks are as long as before once a program is recorded or has failed', () => {
  const before = Error.stackTraceLimit
  trace(({ x }: { x: TensorFlow.Tensor }) => ({ x }))()
  expect(trace(() => undefined)).toThrow()
  expect(Error.stackTraceLimit).toBe(before)
})
