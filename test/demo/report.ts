/** The document `report.json`: what `npm run demo -- --json` prints. AUCs are macro AUCs on held-out images. */
import type { Interval } from '@consilium/learning'

export interface ByBackbone<T> {
  readonly untrained: T
  /** Trained by this site alone, for as many steps; missing where that was left out. */
  readonly local?: T
  readonly federated: T
}

export interface Estimate {
  readonly value: number
  /** 95 % bootstrap interval over held-out images. */
  readonly ci: Interval
}

export interface SiteReport {
  readonly name: string
  /** Training images. */
  readonly images: number
  readonly heldOut: number
  readonly classes: readonly string[]
  /** Linear probe with all labels. */
  readonly probeAuc: ByBackbone<number>
  readonly probeAucCi: ByBackbone<Interval>
  /** Linear probe by share of labels: '0.01', '0.1', '1'. */
  readonly probe: Readonly<Record<string, ByBackbone<Estimate>>>
  readonly knnAccuracy: ByBackbone<number>
  /** Whole network fine-tuned, by share of labels. */
  readonly fineTuneAuc: Readonly<
    Record<string, { readonly scratch: number; readonly federated: number }>
  >
}

/** Means over the sites of the federation; differences are paired, on the same resampled images. */
export interface FederationReport {
  readonly probe: ByBackbone<Estimate>
  readonly federatedMinusUntrained: Estimate
  readonly federatedMinusLocal?: Estimate
  readonly fineTune: { readonly scratch: number; readonly federated: number }
}

export interface RoundReport {
  readonly round: number
  readonly model: string
  readonly meanLoss: number
  /** Seconds after the first round was opened. */
  readonly openedAt: number
  readonly committedAt: number
  readonly updates: readonly {
    readonly site: string
    readonly arrivedAt: number
    readonly weight: number
    readonly updateSha256: string
  }[]
}

export interface LossPoint {
  /** Rounds behind it: 1.5 is the middle of the second round. */
  readonly round: number
  /** Mean since that round began. */
  readonly loss: number
}

export interface DemoReport {
  readonly schema: 1
  readonly seconds: number
  readonly rounds: number
  readonly seed: number
  readonly planSha256: string
  readonly sites: readonly SiteReport[]
  /** The hospital outside the federation. */
  readonly holdout?: SiteReport
  /** By share of labels. */
  readonly federation: Readonly<Record<string, FederationReport>>
  readonly backbone: { readonly sha256: string; readonly parameters: number }
  readonly wire: { readonly bytesPerParameterUp: number; readonly bytesPerParameterDown: number }
  /** Augmented views of all sites together per second of training, with transfers and averaging in it. */
  readonly viewsPerSecond: number
  readonly losses: Readonly<Record<string, readonly LossPoint[]>>
  readonly timeline: readonly RoundReport[]
  /** Where the backbone comes from: digests of the models it was made from, oldest first. */
  readonly lineage: readonly {
    readonly kind: string
    readonly sha256: string
    readonly parent?: string
  }[]
}
