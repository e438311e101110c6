/**
 * SIGKILL of a site's agent whose update comes a round late and weighs less: its uploads are held on the way until the next
 * round is open. What such an update leaves unsaid must go into the next one too, as the late one counts.
 */
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import { DELIVERY } from './agent-killed.ts'
import { openOn } from './bad-networks.ts'
import { caseOf } from './case-of.ts'
import { holdingUploads } from './conducts.ts'
import type { Fault } from './fault.ts'
import {
  describePoint,
  distinctPoints,
  dyingAt,
  listing,
  pointsOf,
  type Dying,
} from './kill-points.ts'
import { playStudy, SITES, type Played } from './play-study.ts'
import { has, stragglersWeigh } from './scripts.ts'
import type { Stage } from './stage.ts'
import { carriedIn, OFTEN, type Carried } from './studies.ts'
import { inSequence, untilJournal } from './turns.ts'

/** Its update for the first round goes into the second. */
const LATE = 'rome'
const isTakenLate = has('update-spooled', { site: LATE, round: 2, staleness: 1 })

const plan = tinyPlan({
  ...{ sites: SITES.length, quorum: 2, rounds: 3, cohort: stragglersWeigh },
  transfer: { formats: [{ format: 'top-k', fraction: 0.1 }, { format: 'float32' }] },
})

export const lateAgentKilled: Fault = {
  name: 'agent-killed-late',
  title:
    "SIGKILL of a site's agent (top-k updates, one of them a round late) at each operation by which it delivers",
  async cases(stage) {
    const { surroundings, operations } = listing('consilium-site', stage.newFolder())
    const undisturbed = await play(stage, () => surroundings)
    if (undisturbed.problems.length > 0 || !isTakenLate(undisturbed.journal))
      throw new Error(`The undisturbed study failed: ${undisturbed.problems.join('; ')}`)
    const points = pointsOf(operations()).filter(({ name }) => DELIVERY.test(name))
    return distinctPoints(points, () => 0).map((point) => ({
      where: describePoint(point),
      run: (own, what) =>
        caseOf(what, undisturbed.end, async () => {
          const dying = dyingAt('consilium-site', [point], own.newFolder)
          const played = await play(own, dying.surroundings)
          const problems = differences(played, undisturbed)
          return { ...played, problems: [...played.problems, ...problems], struck: dying.struck() }
        }),
    }))
  },
}

interface PlayedLate extends Played {
  readonly carried: Carried
}

async function play(stage: Stage, surroundings: Dying['surroundings']): Promise<PlayedLate> {
  const { conduct, isHolding, release } = holdingUploads()
  const stateFolder = stage.newFolder()
  const played = await playStudy(stage, {
    ...{ plan, contributors: undefined },
    agents: { [LATE]: { surroundings, stateFolder, args: OFTEN } },
    urlFor: (site, { url }) => (site === LATE ? openOn(stage, url, conduct) : Promise.resolve(url)),
    turns: ({ journal }) =>
      inSequence(
        [
          { site: 'bern', round: 1, once: isHolding },
          { site: 'oslo', round: 1 },
          { site: 'bern', round: 2, once: isTakenLate },
          { site: 'oslo', round: 2, once: has('round-opened', { round: 3 }) },
        ],
        journal,
      ),
    async disturb({ coordinator, signal }) {
      await untilJournal(coordinator.journal, has('round-opened', { round: 2 }), signal)
      release()
    },
  })
  return { ...played, carried: carriedIn(stateFolder) }
}

function differences(played: PlayedLate, undisturbed: PlayedLate): readonly string[] {
  return [
    ...(isTakenLate(played.journal) ? [] : ['the late update was not taken']),
    ...(played.carried.residual === undisturbed.carried.residual
      ? []
      : [`${LATE} has kept another residual`]),
  ]
}
