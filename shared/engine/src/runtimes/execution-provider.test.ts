import { compile, tf, type Program, type ProviderName } from '../index.ts'
import { providerNames } from './execution-provider.ts'
import { probeProvider } from './probe-provider.ts'

/** No build of ONNX Runtime has both. */
const foreign: ProviderName = process.platform === 'darwin' ? 'dml' : 'coreml'

const square: Program = ({ x }) => ({ y: tf.matMul(x!, x!) })

async function squareOn(provider: ProviderName) {
  const notices: string[] = []
  const executable = await compile(
    square,
    { x: [2, 2] },
    { provider, onNotice: (message) => notices.push(message) },
  )
  const { y } = await executable.run({ x: new Float32Array([1, 2, 3, 4]) })
  await executable.dispose()
  return { y: [...y!], notices }
}

test('the CPU computes without a word', async () => {
  expect(await squareOn('cpu')).toEqual({ y: [7, 10, 15, 22], notices: [] })
})

test('a provider that ONNX Runtime comes without falls back to the CPU and says why', async () => {
  const { y, notices } = await squareOn(foreign)
  expect(y).toEqual([7, 10, 15, 22])
  expect(notices).toEqual([
    `ONNX Runtime's execution provider '${foreign}' cannot be used here: onnxruntime-node comes without it for ${process.platform}-${process.arch}. The CPU computes instead.`,
  ])
})

test.each(providerNames.filter((name) => name !== 'cpu'))(
  '%s computes, or the CPU does and says why',
  async (provider) => {
    const { y, notices } = await squareOn(provider)
    expect(y).toEqual([7, 10, 15, 22])
    expect(notices).toHaveLength((await probeProvider(provider)).usable ? 0 : 1)
    for (const notice of notices) expect(notice).toMatch(/cannot be used here: \S.*\. The CPU/)
  },
)
