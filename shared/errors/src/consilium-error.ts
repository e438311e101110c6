/**
 * The one error type that crosses a boundary of the product (process, socket, CLI, HTTP).
 * `code` is stable for ever and is what programs match on; `message` is for a person: what happened,
 * to which thing, what was expected, what to do next. It never holds keys, pixels, paths of patients or tokens.
 */
export interface ErrorDetails {
  /** `<AREA>_<PROBLEM>`, documented in docs/errors.md. */
  readonly code: string
  readonly message: string
  /** True when the same request may succeed later without anybody changing anything. */
  readonly retryable?: boolean
  readonly cause?: unknown
}

export class ConsiliumError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor({ code, message, retryable = false, cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ConsiliumError'
    this.code = code
    this.retryable = retryable
  }
}
