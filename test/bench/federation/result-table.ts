/** The result as text for a terminal, each figure beside its goal. Pure. */
import type { BenchResult } from './benchmark.ts'
import type { CodecResult } from './codec.ts'
import type { FoldRow } from './fold.ts'
import type { ManySitesResult } from './measure-many-sites.ts'
import type { RoundPhases } from './round-phases.ts'

const ROUND_GOAL_SECONDS = 2
const RECOVERY_GOAL_SECONDS = 2
const CODEC_GOAL_MS = 100
/** Of the in-memory loop and reading at the disk's rate together. */
const FOLD_GOAL_RATIO = 2
const FOLD_GOAL_GROWTH_MIB = 256

export function resultTable(result: BenchResult): readonly string[] {
  const { codec, rounds, roundOverheadSeconds, recoverySeconds, manySites, fold } = result
  return [
    ...(codec === undefined ? [] : codecLines(codec)),
    ...(rounds === undefined ? [] : roundLines(rounds)),
    ...(roundOverheadSeconds === undefined
      ? []
      : [judged('Overhead of a round', roundOverheadSeconds, ROUND_GOAL_SECONDS, 's')]),
    ...(recoverySeconds === undefined
      ? []
      : [judged('Ready again after a kill', recoverySeconds, RECOVERY_GOAL_SECONDS, 's'), '']),
    ...(manySites === undefined ? [] : manyLines(manySites)),
    ...(fold === undefined ? [] : foldLines(fold)),
  ]
}

const codecLines = ({ encodeMs, decodeMs, bytesPerParameter }: CodecResult): string[] => [
  'Codec, 23.5 M parameters',
  judged('Encode', encodeMs, CODEC_GOAL_MS, 'ms'),
  judged('Decode', decodeMs, CODEC_GOAL_MS, 'ms'),
  `Bytes per parameter: ${bytesPerParameter.toFixed(4)}`,
  '',
]

const roundLines = (rounds: readonly RoundPhases[]): string[] => [
  'A round of 4 sites x 23.5 M parameters, without training (seconds; the first is cold)',
  cells(['round', 'download', 'upload', 'fold', 'next', 'total']),
  ...rounds.map(({ round, download, upload, fold, next, total }) =>
    cells([String(round), ...[download, upload, fold, next, total].map((x) => x.toFixed(2))]),
  ),
]

const manyLines = (many: ManySitesResult): string[] => [
  `${many.sites} sites x ${(many.parameters / 1e6).toFixed(1)} M parameters in one round: ${many.seconds.toFixed(1)} s`,
  `Coordinator's peak memory: ${many.peakRssMiB.toFixed(0)} MiB`,
  `Missed heartbeats: ${many.missedHeartbeats}`,
  '',
]

const foldLines = (rows: readonly FoldRow[]): string[] => [
  `Fold of updates x 23.5 M parameters (goals: ratio ${FOLD_GOAL_RATIO}, growth ${FOLD_GOAL_GROWTH_MIB} MiB)`,
  cells(['updates', 'seconds', 'M/s', 'loop s', 'read s', 'ratio', 'peak MiB', 'growth']),
  ...rows.map((row) =>
    cells([
      String(row.updates),
      row.seconds.toFixed(2),
      (row.parametersPerSecond / 1e6).toFixed(0),
      row.inMemoryLoopSeconds.toFixed(2),
      row.readSeconds.toFixed(2),
      (row.seconds / (row.inMemoryLoopSeconds + row.readSeconds)).toFixed(2),
      row.peakRssMiB.toFixed(0),
      row.rssGrowthMiB.toFixed(0),
    ]),
  ),
]

const judged = (what: string, value: number, goal: number, unit: string): string =>
  `${what}: ${value.toFixed(2)} ${unit} (goal ${goal} ${unit}: ${value <= goal ? 'met' : 'missed'})`

const cells = (texts: readonly string[]): string => texts.map((text) => text.padStart(9)).join('')
