/** SIGSTOP: a machine that sleeps, swaps or is suspended, with its connections open. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JournalEntry } from '@consilium/coordinator'
import { tinyPlan } from '../../e2e/support/tiny-plan.ts'
import { caseOf } from './case-of.ts'
import { EXPLAINED_REFUSAL, type FaultCase } from './fault-case.ts'
import type { Fault } from './fault.ts'
import { playStudy, SITES } from './play-study.ts'
import type { Stage } from './stage.ts'
import type { StandingAgent } from './standing-agent.ts'
import { optionsOf, REAL, undisturbed } from './studies.ts'

export const agentStopped: Fault = {
  name: 'agent-stopped',
  title: 'SIGSTOP of a site in training, SIGCONT in time',
  async cases(stage) {
    const { end } = await undisturbed(stage, 'long')
    return [500, 3000].map((forMs) => ({
      where: `for ${forMs} ms`,
      run: (own, what) =>
        caseOf(what, end, () =>
          playStudy(own, {
            ...optionsOf('long'),
            disturb: ({ agents }) => stop(agents.get(REAL)!, () => sleep(forMs)),
          }),
        ),
    }))
  },
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
