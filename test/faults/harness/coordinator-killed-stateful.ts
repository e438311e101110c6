/**
 * SIGKILL of the coordinator while it stores what a round leaves beside its model: the state of a server's optimiser, or the
 * control variates of SCAFFOLD, and updates that it has unpacked; and while it deletes what it needs no more.
 */
import { withCarried } from './agent-killed.ts'
import { caseOf } from './case-of.ts'
import type { Fault, PlannedCase } from './fault.ts'
import {
  describePoint,
  distinctPoints,
  dyingAt,
  listing,
  pointsOf,
  type KillPoint,
} from './kill-points.ts'
import { playStudy } from './play-study.ts'
import type { Stage } from './stage.ts'
import { optionsOf } from './studies.ts'

const STUDIES = { adam: 'FedAdam', carrying: 'SCAFFOLD, int8 updates' } as const

type Stateful = keyof typeof STUDIES

/** A blob appears, or goes, or the journal says what a round was made of. */
const STEP = /^(rename|rm) [0-9a-f]{2}\/DIGEST$|^journal round-(closed|folded|committed)/

const COMMIT = /^journal .*round-committed/

export const coordinatorKilledStateful: Fault = {
  name: 'coordinator-killed-stateful',
  title: 'SIGKILL of the coordinator as it stores what a rule carries on (FedAdam; SCAFFOLD)',
  async cases(stage) {
    const studies = Object.keys(STUDIES) as Stateful[]
    return (await Promise.all(studies.map((study) => casesOf(stage, study)))).flat()
  },
}

async function casesOf(stage: Stage, study: Stateful): Promise<readonly PlannedCase[]> {
  const { surroundings, operations } = listing('consilium', stage.newFolder())
  const undisturbed = { surroundings: () => surroundings }
  const { end, problems } = await playStudy(stage, { ...optionsOf(study), ...undisturbed })
  if (problems.length > 0) throw new Error(`The undisturbed study failed: ${problems.join('; ')}`)
  const points = ofSecondRound(pointsOf(operations())).filter(({ name }) => STEP.test(name))
  return distinctPoints(points, () => 0).map((point) => ({
    where: `${STUDIES[study]}: ${describePoint(point)}`,
    run: (own, what) => caseOf(what, end, () => playDying(own, study, point)),
  }))
}

/** It carries something from the round before, and leaves something. */
function ofSecondRound(points: readonly KillPoint[]): readonly KillPoint[] {
  const commits = points.filter(({ name, how }) => COMMIT.test(name) && how === 'after')
  const [first, second] = commits.map((commit) => points.indexOf(commit) + 1)
  return points.slice(first, second)
}

function playDying(stage: Stage, study: Stateful, point: KillPoint) {
  const { surroundings, struck } = dyingAt('consilium', [point], stage.newFolder)
  return withCarried(stage, study, async (stateFolder) => {
    const played = await playStudy(stage, { ...optionsOf(study, { stateFolder }), surroundings })
    return { ...played, struck: struck() }
  })
}
