/** Which of ONNX Runtime's execution providers computes. Only the CPU's is measured and tuned; the others are experimental. */
import { probeProvider } from './probe-provider.ts'

export const providerNames = ['cpu', 'cuda', 'webgpu', 'coreml', 'dml'] as const

export type ProviderName = (typeof providerNames)[number]

/** Takes one sentence for people: what is done in another way than asked, and why. */
export type OnNotice = (message: string) => void

/** The provider asked for, or the CPU's where that one cannot be used; `onNotice` hears why. */
export async function usableProvider(
  asked: ProviderName,
  onNotice: OnNotice = writeToStderr,
): Promise<ProviderName> {
  if (asked === 'cpu') return asked
  const state = await probeProvider(asked)
  if (state.usable) return asked
  onNotice(
    `ONNX Runtime's execution provider '${asked}' cannot be used here: ${state.reason}. The CPU computes instead.`,
  )
  return 'cpu'
}

const writeToStderr: OnNotice = (message) => {
  process.stderr.write(`${message}\n`)
}
