/** Wall clocks that jump while a study runs: libfaketime, loaded under the program, reads the offset from a file. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessEvent, Surroundings } from '../../e2e/support/processes.ts'
import { caseOf } from './case-of.ts'
import { SKIPPED } from './fault-case.ts'
import type { Fault, PlannedCase } from './fault.ts'
import { playStudy, type Playing } from './play-study.ts'
import type { Stage } from './stage.ts'
import { optionsOf, REAL, undisturbed } from './studies.ts'

/** Where Debian's package libfaketime puts it. */
const LIBRARIES = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
)

const HOUR_SECONDS = 3600

export const clockJumps: Fault = {
  name: 'clock-jumps',
  title: 'the wall clock jumps by an hour in the middle of a round',
  async cases(stage) {
    const library = LIBRARIES.find((file) => existsSync(file))
    if (library === undefined) return [skipped]
    const { end } = await undisturbed(stage, 'carrying')
    return (['coordinator', REAL, 'both'] as const).flatMap((who) =>
      [1, -1].map((hours) => ({
        where: `${hours > 0 ? '+' : ''}${hours} h of ${who === 'both' ? `the coordinator and ${REAL}` : who} (libfaketime)`,
        run: (own, what) => caseOf(what, end, () => jump(own, { library, who, hours })),
      })),
    )
  },
}

const skipped: PlannedCase = {
  where: '±1 h',
  run: (_, what) => {
    const outcome = `${SKIPPED}: Debian's package libfaketime is not installed`
    return Promise.resolve({ ...what, outcome, identical: false })
  },
}

interface Jump {
  readonly library: string
  readonly who: 'coordinator' | 'both' | typeof REAL
  readonly hours: number
}

/** Forth while the agent trains, back when its update is in: the coordinator meets both directions. */
async function jump(stage: Stage, { library, who, hours }: Jump) {
  const offset = join(stage.newFolder(), 'offset')
  const set = (seconds: number): void => {
    writeFileSync(offset, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }
  set(0)
  const faked: Surroundings = {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      // Clocks that only go forward do so on every machine; durations are measured with them.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
  }
  const own = (affected: boolean) => (affected ? { surroundings: () => faked } : {})
  return playStudy(stage, {
    ...optionsOf('carrying', own(who !== 'coordinator')),
    ...own(who !== REAL),
    async disturb({ coordinator, agents }: Playing) {
      await agents.get(REAL)!.current().event('round')
      set(hours * HOUR_SECONDS)
      const ofRound = (round: number) => (event: ProcessEvent) => event['round'] === round
      await coordinator.current().event('round-committed', ofRound(1))
      set(-hours * HOUR_SECONDS)
      await coordinator.current().event('round-committed', ofRound(2))
    },
  })
}
