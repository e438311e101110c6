import { compile, tf, type Program } from './index.ts'
import { traceProgram } from './trace/trace-program.ts'

const counter: Program = ({ total, x }) => ({ total: tf.add(total!, x!), doubled: tf.mul(x!, 2) })

describe.each(['onnx', 'reference'] as const)('on the %s runtime', (runtime) => {
  test('state is carried from run to run and only the other outputs are returned', async () => {
    const state = new Map([['total', { shape: [2], data: new Float32Array([10, 20]) }]])
    const executable = await compile(counter, { x: [2] }, { runtime, state })
    expect(await executable.run({ x: new Float32Array([1, 2]) })).toEqual({
      doubled: new Float32Array([2, 4]),
    })
    await executable.run({ x: new Float32Array([1, 2]) })
    expect(executable.readState().get('total')!.data).toEqual(new Float32Array([12, 24]))
    executable.writeState(new Map([['total', { shape: [2], data: new Float32Array([0, 1]) }]]))
    await executable.run({ x: new Float32Array([1, 1]) })
    expect(executable.readState().get('total')!.data).toEqual(new Float32Array([1, 2]))
    await executable.dispose()
  })

  test('what readState returned does not change when the program runs on', async () => {
    const state = new Map([['total', { shape: [1], data: new Float32Array([0]) }]])
    const executable = await compile(counter, { x: [1] }, { runtime, state })
    await executable.run({ x: new Float32Array([1]) })
    const before = executable.readState().get('total')!.data
    await executable.run({ x: new Float32Array([1]) })
    await executable.run({ x: new Float32Array([1]) })
    expect([...before]).toEqual([1])
    await executable.dispose()
  })

  test('state that the program only reads stays, and can be replaced', async () => {
    const state = new Map([['w', { shape: [1], data: new Float32Array([2]) }]])
    const program: Program = ({ w, x }) => ({ x: tf.mul(w!, x!) })
    const executable = await compile(program, { x: [1] }, { runtime, state })
    for (const expected of [6, 6]) {
      expect(await executable.run({ x: new Float32Array([3]) })).toEqual({
        x: new Float32Array([expected]),
      })
    }
    executable.writeState(new Map([['w', { shape: [1], data: new Float32Array([5]) }]]))
    for (const expected of [15, 15]) {
      expect(await executable.run({ x: new Float32Array([3]) })).toEqual({
        x: new Float32Array([expected]),
      })
    }
    await executable.dispose()
  })

  test.each([
    ['a missing input', {}, /'x' is missing, expected 2 float32 values of shape \[2\]/],
    [
      'integers',
      { x: new Int32Array(2) as never },
      /'x' is an Int32Array, expected 2 float32 values of shape \[2\]/,
    ],
    ['doubles', { x: new Float64Array(2) as never }, /'x' is a Float64Array, expected 2 float32/],
    ['a wrong size', { x: new Float32Array(3) }, /'x' is 3 values, expected 2/],
    [
      'an unknown input',
      { x: new Float32Array(2), y: new Float32Array(1) },
      /'y' is given, expected only x/,
    ],
  ])('refuses %s before running', async (_, inputs, message) => {
    const executable = await compile(({ x }) => ({ y: tf.add(x!, 1) }), { x: [2] }, { runtime })
    expect(() => executable.run(inputs)).toThrow(
      expect.objectContaining({
        code: 'ENGINE_INVALID_INPUT',
        message: expect.stringMatching(message),
      }),
    )
    await executable.dispose()
  })
})

describe.each(['onnx', 'reference'] as const)('on the %s runtime, calls at once', (runtime) => {
  const state = new Map([['total', { shape: [1], data: new Float32Array([0]) }]])
  const running: Program = ({ total, x }) => {
    const sum = tf.add(total!, x!)
    return { total: sum, seen: tf.mul(sum, 1) }
  }

  test('runs follow each other, and dispose follows them', async () => {
    const executable = await compile(running, { x: [1] }, { runtime, state })
    const results = Promise.all([1, 2, 3].map((x) => executable.run({ x: new Float32Array([x]) })))
    await executable.dispose()
    expect((await results).map(({ seen }) => seen![0])).toEqual([1, 3, 6])
    expect([...executable.readState().get('total')!.data]).toEqual([6])
  })

  test('a second dispose does nothing, and a run after it is refused', async () => {
    const executable = await compile(running, { x: [1] }, { runtime, state })
    await Promise.all([executable.dispose(), executable.dispose()])
    await executable.dispose()
    expect(() => executable.run({ x: new Float32Array(1) })).toThrow(
      expect.objectContaining({ code: 'ENGINE_DISPOSED' }),
    )
  })
})

test('what ONNX Runtime refuses or cannot do is an error with a code', async () => {
  await expect(compile(({ '': x }) => ({ y: tf.exp(x!) }), { '': [1] })).rejects.toMatchObject({
    code: 'ENGINE_RUNTIME_FAILED',
  })
  const petabytes: Program = ({ x }) => ({ y: tf.sum(tf.matMul(x!, x!, true)) })
  const executable = await compile(petabytes, { x: [1, 2 ** 24] })
  await expect(executable.run({ x: new Float32Array(2 ** 24) })).rejects.toMatchObject({
    code: 'ENGINE_OUT_OF_MEMORY',
  })
  await executable.dispose()
})

test('a kernel without a lowering is an error that names it', async () => {
  const program: Program = ({ x }) => ({ y: tf.atan(x!) })
  await expect(compile(program, { x: [1] })).rejects.toMatchObject({
    code: 'ENGINE_KERNEL_MISSING',
    message: expect.stringContaining("'Atan'"),
  })
})

test('reading values while compiling is an error', async () => {
  const program: Program = ({ x }) => ({ y: tf.add(x!, x!.dataSync()[0]!) })
  await expect(compile(program, { x: [1] })).rejects.toMatchObject({ code: 'ENGINE_TRACED_READ' })
})

test('after a failed compilation tfjs computes as before', async () => {
  await expect(compile(({ x }) => ({ y: tf.atan(x!) }), { x: [1] })).rejects.toThrow()
  expect(tf.add(1, 1).dataSync()[0]).toBe(2)
})

test('recording leaves no tensor behind', () => {
  const before = tf.memory().numTensors
  traceProgram(({ x }) => ({ y: tf.relu(tf.mul(x!, 3)) }), { x: [4] })
  expect(tf.memory().numTensors).toBe(before)
})
