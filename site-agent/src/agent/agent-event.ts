/** What an agent tells its own site while it runs: plain data, one line of JSON each under --json. Holds no file name. */
import type { preflightCounts } from '../data/preflight.ts'
import type { TrainProgress } from '../training/trainer.ts'

export type AgentEvent =
  | ({ readonly event: 'preflight'; readonly fresh: boolean } & ReturnType<typeof preflightCounts>)
  | {
      readonly event: 'joined'
      readonly study: string
      readonly planSha256: string
      readonly rounds: number
    }
  | { readonly event: 'waiting'; readonly reason: string }
  | { readonly event: 'round'; readonly round: number; readonly rounds: number }
  /** Training goes on from a local checkpoint: so many of the round's steps had been done. */
  | {
      readonly event: 'resumed'
      readonly round: number
      readonly step: number
      readonly steps: number
    }
  /** The agent is stopped: what is kept of the round in progress, or that a finished update waits to be delivered. */
  | {
      readonly event: 'saved'
      readonly what: 'training'
      readonly round: number
      readonly step: number
      readonly steps: number
    }
  | { readonly event: 'saved'; readonly what: 'update'; readonly round: number }
  /** Something the people at the site should know; work goes on. */
  | { readonly event: 'notice'; readonly code: string; readonly message: string }
  | ({
      readonly event: 'progress'
      readonly round: number
      readonly rounds: number
    } & TrainProgress)
  | {
      readonly event: 'uploaded'
      readonly round: number
      readonly bytes: number
      readonly sha256: string
    }
  /** The coordinator did not want this round's update any more, or this site could not make one. */
  | { readonly event: 'missed'; readonly round: number; readonly code: string }
  | {
      readonly event: 'result'
      readonly round: number
      readonly rounds: number
      readonly contributors: number
      readonly missing: number
      readonly meanLoss: number
    }
  | { readonly event: 'release'; readonly sha256: string; readonly bytes: number }
