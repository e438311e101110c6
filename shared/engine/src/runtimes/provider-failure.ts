/** What went wrong when an execution provider was tried, in a reader's words. */

export interface ProbeFailure {
  /** ONNX Runtime's message, the name of the signal that ended the process, or `timeout`. */
  readonly error: string
  /** What native libraries wrote. */
  readonly stderr: string
}

/** Half a sentence: it stands after "because" or a colon. */
export function failureReason({ error, stderr }: ProbeFailure): string {
  if (error === 'timeout') return 'it did not answer within a minute'
  if (/^SIG[A-Z]+$/.test(error)) return `the process that tried it was ended by ${error}`
  // The loader names the library twice, as asked for and as missing: the last one is missing.
  const library = /([\w.+-]+): cannot open shared object file/.exec(stderr)?.[1]
  if (library !== undefined) {
    return `the library ${library} is not installed (docs/engine.md, "Execution providers")`
  }
  if (error.includes('Failed to get a WebGPU adapter')) {
    return 'there is no graphics adapter, or none whose driver is good enough for WebGPU'
  }
  return `ONNX Runtime says "${error.trim().split('\n')[0]!}"`
}
