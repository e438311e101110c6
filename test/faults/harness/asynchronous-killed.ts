/**
 * SIGKILL of the coordinator of an asynchronous study in which every site delivers when it likes. There the order in which
 * updates arrive decides what the model is, and that order is the journal's. So each study is played once more,
 * undisturbed, with the deliveries in the order of its journal, and must come to the same bytes.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { JournalEntry } from '@consilium/coordinator'
import { createStream } from '@consilium/random'
import { caseOf } from './case-of.ts'
import { trainedIn } from './check-journal.ts'
import { killCoordinator, playUntil } from './coordinator-killed.ts'
import type { End } from './enduring-site.ts'
import type { Fault, PlannedCase } from './fault.ts'
import { playStudy } from './play-study.ts'
import { scripts } from './scripts.ts'
import type { Stage } from './stage.ts'
import { inSequence, noTurns, type Delivery, type Turns } from './turns.ts'

const CASES = 8

/** A site may take so long for a round. */
const TRAINING_MS = 150

const { plan } = scripts.asynchronous

export const asynchronousKilledAtRandom: Fault = {
  name: 'asynchronous-killed-at-random',
  title:
    'SIGKILL of the coordinator of an asynchronous study at random instants, beside the same deliveries undisturbed',
  cases(stage) {
    const stream = createStream(stage.seed, 'asynchronous killed')
    return Promise.resolve(
      Array.from({ length: CASES }, (_, i): PlannedCase => {
        const afterMs = Math.round(stream.uniform(600, 2000))
        return {
          where: `${afterMs} ms after its start`,
          run: (own, what) => playTwice(own, what, { afterMs, seed: stage.seed + i }),
        }
      }),
    )
  },
}

async function playTwice(
  stage: Stage,
  what: { fault: string; where: string },
  { afterMs, seed }: { afterMs: number; seed: number },
) {
  let journal: readonly JournalEntry[] = []
  const again = (): Promise<End> => playInOrder(stage, journal)
  return caseOf(what, again, async () => {
    const options = { plan, contributors: undefined, turns: () => atRandom(seed) }
    const played = await playUntil(stage, options, killCoordinator(afterMs))
    journal = played.journal
    return played
  })
}

/** In which every site takes its time. */
function atRandom(seed: number): Turns {
  const stream = createStream(seed, 'asynchronous sites')
  return {
    ...noTurns,
    async toDeliver(_, __, signal) {
      await sleep(stream.uniform(0, TRAINING_MS), undefined, { signal })
    },
  }
}

async function playInOrder(stage: Stage, journal: readonly JournalEntry[]): Promise<End> {
  const { end, problems } = await playStudy(stage, {
    ...{ plan, contributors: undefined },
    turns: (coordinator) => inSequence(deliveriesIn(journal), coordinator.journal),
  })
  if (problems.length > 0) throw new Error(`The second study failed: ${problems.join('; ')}`)
  return end
}

const deliveriesIn = (journal: readonly JournalEntry[]): readonly Delivery[] =>
  journal
    .filter((entry) => entry.kind === 'update-spooled')
    .map((update) => ({ site: update.site, round: trainedIn(update) }))
