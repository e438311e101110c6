import type { Dataset } from '@consilium/learning'
import type { PreflightReport } from './preflight.ts'
import type { WorkingShape } from './to-working-image.ts'

export interface LoadProgress {
  readonly done: number
  readonly total: number
}

export interface LoadOptions {
  readonly shape: WorkingShape
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LoadedData {
  readonly dataset: Dataset
  readonly report: PreflightReport
}
