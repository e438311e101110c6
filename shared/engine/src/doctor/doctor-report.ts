/** What `engine doctor` finds out; with --json it is printed as it is. */
import type { RuntimeName } from '../compile.ts'
import type { ProviderName } from '../runtimes/execution-provider.ts'
import type { Throughput } from './measure-throughput.ts'

export interface RuntimeFinding {
  readonly name: RuntimeName
  readonly loaded: boolean
  /** What it is, or why it is not loaded. */
  readonly detail: string
}

export interface ProviderFinding {
  readonly name: ProviderName
  readonly usable: boolean
  /** Why not. */
  readonly reason?: string
}

export interface Machine {
  readonly node: string
  /** E.g. linux-x64. */
  readonly platform: string
  readonly processor: string
  /** That this process may use. */
  readonly cores: number
  /** That this process may use. */
  readonly memoryBytes: number
  readonly freeMemoryBytes: number
}

export interface DoctorReport extends Machine {
  /** That computes; null if none does. */
  readonly runtime: RuntimeName | null
  readonly runtimes: readonly RuntimeFinding[]
  readonly providers: readonly ProviderFinding[]
  readonly threads: number
  /** Channels in a block of the blocked convolutions; 0 where this processor has none, null where ONNX Runtime is not loaded. */
  readonly blockSize: number | null
  /** Where what was measured on this machine is kept. */
  readonly cache: { readonly folder: string; readonly choices: number }
  /** Null if nothing computes. */
  readonly throughput: Throughput | null
  /** Sentences. */
  readonly problems: readonly string[]
}
