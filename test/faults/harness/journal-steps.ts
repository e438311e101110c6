/** SIGKILL of the coordinator before and after it records each entry of its journal, whatever a journal can hold. */
import { caseOf } from './case-of.ts'
import type { End } from './enduring-site.ts'
import type { Fault, PlannedCase } from './fault.ts'
import {
  describePoint,
  distinctPoints,
  dyingAt,
  kindsIn,
  listing,
  pointsOf,
  type KillPoint,
} from './kill-points.ts'
import { playScript, scripts, SWEPT, type ScriptName } from './scripts.ts'
import type { Stage } from './stage.ts'

/** The plain study is swept operation by operation (coordinator-killed.ts). */
type Scripted = Exclude<ScriptName, 'plain'>

const TITLES: Readonly<Record<Scripted, string>> = {
  orders: 'held, started, paused, resumed and extended by its operator',
  stopped: 'stopped by its operator in a round',
  aborted: 'aborted for want of a quorum',
  late: 'updates come a round late and weigh less',
  asynchronous: 'asynchronous, the order of deliveries given',
  away: 'a site loses its connection for a while',
  substitute: 'a site leaves and another is invited in its place',
}

export const killedAtJournalSteps: readonly Fault[] = (Object.keys(TITLES) as Scripted[]).map(
  (name) => ({
    name: `journal-steps-${name}`,
    title: `SIGKILL of the coordinator at each step of its journal: ${TITLES[name]}`,
    cases: (stage) => stepsOf(stage, name),
  }),
)

async function stepsOf(stage: Stage, name: Scripted): Promise<readonly PlannedCase[]> {
  const { end, points } = await rehearse(stage, name)
  return points.map((point) => ({
    where: describePoint(point),
    run: (own, what) => caseOf(what, end, () => playDying(own, name, point)),
  }))
}

/** Plays a script undisturbed. Answers with its end, and where in its journal the coordinator is to die. */
export async function rehearse(
  stage: Stage,
  name: ScriptName,
): Promise<{ readonly end: End; readonly points: readonly KillPoint[] }> {
  const { surroundings, operations } = listing('consilium', stage.newFolder())
  const undisturbed = await playScript(stage, scripts[name], { surroundings: () => surroundings })
  const { end, problems } = undisturbed
  if (problems.length > 0) throw new Error(`The undisturbed study failed: ${problems.join('; ')}`)
  const steps = operations().filter((operation) => kindsIn(operation).length > 0)
  assertShown(name, steps)
  return { end, points: chosenPoints(name, steps) }
}

/** One of each kind; and where the order of updates matters most, all that are about updates. */
function chosenPoints(name: ScriptName, steps: readonly string[]): readonly KillPoint[] {
  const points = pointsOf(steps)
  const one = distinctPoints(points, (count) => count - 1)
  if (name !== 'late' && name !== 'asynchronous') return one
  return points.filter(
    (point) => one.includes(point) || /update|round-(?!accepted)/.test(point.name),
  )
}

async function playDying(stage: Stage, name: Scripted, point: KillPoint) {
  const { surroundings, struck } = dyingAt('consilium', [point], stage.newFolder)
  const played = await playScript(stage, scripts[name], { surroundings })
  return { ...played, struck: struck() }
}

/** What this script is there for must have happened in it. */
function assertShown(name: ScriptName, steps: readonly string[]): void {
  const seen = new Set(steps.flatMap(kindsIn))
  const missing = Object.entries(SWEPT).filter(([kind, in_]) => in_ === name && !seen.has(kind))
  if (missing.length > 0)
    throw new Error(`No ${missing.map(([kind]) => kind).join(', ')} in the script '${name}'.`)
}
