/** SIGSTOP: a machine that sleeps, swaps or is suspended, with its connections open. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JournalEntry } from '@consilium/coordinator'
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import { withCarried } from './agent-killed.ts'
import { openOn } from './bad-networks.ts'
import { caseOf, type Outcome } from './case-of.ts'
import { holdingUploads } from './conducts.ts'
import { EXPLAINED_REFUSAL, type FaultCase } from './fault-case.ts'
import type { Fault, PlannedCase } from './fault.ts'
import { playStudy, SITES } from './play-study.ts'
import type { Stage } from './stage.ts'
import type { StandingAgent } from './standing-agent.ts'
import { optionsOf, REAL, undisturbed } from './studies.ts'

export const agentStopped: Fault = {
  name: 'agent-stopped',
  title: 'SIGSTOP of a site in training, and of one whose update is on its way, SIGCONT in time',
  async cases(stage) {
    const long = await undisturbed(stage, 'long')
    const carrying = await undisturbed(stage, 'carrying')
    const inTraining = [500, 3000].map((forMs): PlannedCase => ({
      where: `in training, for ${forMs} ms`,
      run: (own, what) =>
        caseOf(what, long.end, () =>
          playStudy(own, {
            ...optionsOf('long'),
            disturb: ({ agents }) => stop(agents.get(REAL)!, () => sleep(forMs)),
          }),
        ),
    }))
    const delivering: PlannedCase = {
      where: 'while its update is on its way, for 3000 ms',
      run: (own, what) => caseOf(what, carrying.end, () => stopOnTheWire(own, 3000)),
    }
    return [...inTraining, delivering]
  },
}

/** How often it is asked whether the update is on its way. */
const LOOK_MS = 10

/** The coordinator gets the update and answers while nobody listens. */
function stopOnTheWire(stage: Stage, forMs: number): Promise<Outcome> {
  const { conduct, isHolding, release } = holdingUploads()
  return withCarried(stage, 'carrying', (stateFolder) =>
    playStudy(stage, {
      ...optionsOf('carrying', { stateFolder }),
      urlFor: (site, { url }) =>
        site === REAL ? openOn(stage, url, conduct) : Promise.resolve(url),
      async disturb({ agents, signal }) {
        while (!isHolding()) await sleep(LOOK_MS, undefined, { signal })
        const process = agents.get(REAL)!.current()
        process.signalAll('SIGSTOP')
        release()
        await sleep(forMs)
        process.signalAll('SIGCONT')
      },
    }),
  )
}

/** The first round closes without the site, which comes back and takes part in the next. */
export const agentStoppedTooLong: Fault = {
  name: 'agent-stopped-too-long',
  title: 'SIGSTOP of a site in training beyond the deadline of the round',
  cases: () =>
    Promise.resolve([
      {
        where: 'until the round has closed without it',
        run: (own, what) => missDeadline(own, what),
      },
    ]),
}

const shortDeadline = tinyPlan({
  ...{ sites: SITES.length, quorum: 2, rounds: 2 },
  ...{ localEpochs: 150, deadlineSeconds: 10 },
})

async function missDeadline(
  stage: Stage,
  what: Pick<FaultCase, 'fault' | 'where'>,
): Promise<FaultCase> {
  try {
    const { journal, problems } = await playStudy(stage, {
      plan: shortDeadline,
      agents: { [REAL]: {} },
      contributors: undefined,
      async disturb({ coordinator, agents }) {
        const agent = agents.get(REAL)!
        await stop(agent, () => coordinator.current().event('round-closed'))
        await agent.current().event('result', ({ round, missing }) => round === 1 && missing === 1)
      },
    })
    const wrong = [...problems, ...notMissedOnce(journal)]
    if (wrong.length > 0) return { ...what, outcome: wrong.join('; '), identical: false }
    const outcome = `${EXPLAINED_REFUSAL}: the round closed at its deadline without the site, which was told so and is in the next one`
    return { ...what, outcome, identical: false }
  } catch (error) {
    return {
      ...what,
      outcome: error instanceof Error ? error.message : String(error),
      identical: false,
    }
  }
}

function notMissedOnce(journal: readonly JournalEntry[]): readonly string[] {
  const closed = journal.filter((entry) => entry.kind === 'round-closed')
  const seen = closed.map(({ reason, missing }) => `${reason}, missing ${missing.join()}`)
  const expected = [`deadline, missing ${REAL}`, 'all-reported, missing ']
  return seen.join(' | ') === expected.join(' | ')
    ? []
    : [`the rounds closed thus: ${seen.join(' | ')}`]
}

async function stop(agent: StandingAgent, meanwhile: () => Promise<unknown>): Promise<void> {
  const process = agent.current()
  await process.event('progress')
  process.signalAll('SIGSTOP')
  await meanwhile()
  process.signalAll('SIGCONT')
}
