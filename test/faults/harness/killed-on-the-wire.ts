/** SIGKILL of a site's agent, or of the coordinator, while an update is on its way: in the middle of a chunk, and before its site hears. */
import type { RunningProcess } from '../../e2e/support/processes.ts'
import { openOn } from './bad-networks.ts'
import { withCarried } from './agent-killed.ts'
import { caseOf, type Outcome } from './case-of.ts'
import { haltingUpload, withholding, type Withholding } from './conducts.ts'
import type { Fault } from './fault.ts'
import { playStudy, type Playing } from './play-study.ts'
import type { Stage } from './stage.ts'
import { optionsOf, REAL, undisturbed, type Disturbed } from './studies.ts'
import type { Conduct } from './tcp-proxy.ts'

/** In this round it carries something from the round before, and leaves something. */
const ROUND = 2

/** Requests with update bytes that an agent makes in a round. */
const uploads = { carrying: 1, topK: 1, largeInt8: 2, large: 4 } as const satisfies Partial<
  Record<Disturbed, number>
>

type Sent = keyof typeof uploads

const PACKED = ['carrying', 'topK', 'largeInt8'] as const satisfies readonly Sent[]

export const agentKilledOnTheWire: Fault = {
  name: 'agent-killed-on-the-wire',
  title: "SIGKILL of a site's agent (updates packed) while its update is on its way",
  async cases(stage) {
    const cases = PACKED.map(async (study) => {
      const { end } = await undisturbed(stage, study)
      return [
        {
          where: `${study}: in the middle of a chunk`,
          run: (own, what) => caseOf(what, end, () => killInChunk(own, study, AGENT)),
        },
        {
          where: `${study}: before it hears that the update was taken`,
          run: (own, what) => caseOf(what, end, () => killBeforeAck(own, study)),
        },
      ] satisfies Awaited<ReturnType<Fault['cases']>>
    })
    return (await Promise.all(cases)).flat()
  },
}

export const coordinatorKilledOnTheWire: Fault = {
  name: 'coordinator-killed-on-the-wire',
  title: 'SIGKILL of the coordinator in the middle of a chunk of an update, others on their way',
  cases(stage) {
    const cases = (['large', 'largeInt8'] as const).map(async (study) => {
      const { end } = await undisturbed(stage, study)
      return {
        where: study,
        run: (own, what) => caseOf(what, end, () => killInChunk(own, study, COORDINATOR)),
      } satisfies Awaited<ReturnType<Fault['cases']>>[number]
    })
    return Promise.all(cases)
  },
}

type Victim = (playing: Playing) => RunningProcess

const AGENT: Victim = ({ agents }) => agents.get(REAL)!.current()
const COORDINATOR: Victim = ({ coordinator }) => coordinator.current()

const lastUploadOf = (study: Sent): number => ROUND * uploads[study]

function killInChunk(stage: Stage, study: Sent, victim: Victim): Promise<Outcome> {
  let kill = (): void => undefined
  let struck = false
  const conduct = haltingUpload(lastUploadOf(study), () => {
    struck = true
    kill()
  })
  return playThrough(stage, study, { conduct, struck: () => struck }, (playing) => {
    kill = () => {
      victim(playing).kill()
    }
    return Promise.resolve()
  })
}

function killBeforeAck(stage: Stage, study: Sent): Promise<Outcome> {
  const { conduct, lose }: Withholding = withholding(lastUploadOf(study))
  let struck = false
  return playThrough(stage, study, { conduct, struck: () => struck }, async (playing) => {
    const { coordinator, agents } = playing
    await coordinator
      .current()
      .event('update-spooled', ({ site, round }) => site === REAL && round === ROUND)
    const agent = agents.get(REAL)!
    struck = !agent.acknowledged().some(({ round }) => round === ROUND)
    agent.current().kill()
    lose()
  })
}

function playThrough(
  stage: Stage,
  study: Sent,
  { conduct, struck }: { conduct: Conduct; struck: () => boolean },
  disturb: (playing: Playing) => Promise<void>,
): Promise<Outcome> {
  return withCarried(stage, study, async (stateFolder) => {
    const played = await playStudy(stage, {
      ...optionsOf(study, { stateFolder }),
      urlFor: (site, { url }) =>
        site === REAL ? openOn(stage, url, conduct) : Promise.resolve(url),
      disturb,
    })
    return { ...played, struck: struck() }
  })
}
