/** Networks between the sites and the coordinator that cut, delay, throttle, reorder, and lose an acknowledgement. */
import { createStream } from '@consilium/random'
import { caseOf } from './case-of.ts'
import { cutting, delaying, reordering, throttling, withholding } from './conducts.ts'
import type { Fault, PlannedCase } from './fault.ts'
import { playStudy, SITES, type PlayOptions } from './play-study.ts'
import type { Stage } from './stage.ts'
import { openProxy, type Conduct } from './tcp-proxy.ts'
import { REAL, undisturbed } from './undisturbed.ts'

/** Reaches the coordinator through one proxy, which all sites share. */
function through(stage: Stage, conduct: Conduct): Pick<PlayOptions, 'urlFor'> {
  let shared: Promise<string> | undefined
  return {
    urlFor: (_, coordinator) => (shared ??= openOn(stage, coordinator.url, conduct)),
  }
}

async function openOn(stage: Stage, target: string, conduct: Conduct): Promise<string> {
  const proxy = await openProxy(target, conduct)
  stage.onClear(() => {
    proxy.close()
  })
  return proxy.url
}

const withAgent: PlayOptions = { agents: { [REAL]: {} } }

/** One case for each number, with sites that speak by hand and with a real agent among them. */
function network(
  {
    name,
    title,
    counts,
  }: { name: string; title: string; counts: readonly [byHand: number, real: number] },
  conductOf: (seed: number) => { conduct: Conduct; words: string },
): Fault {
  return {
    name,
    title,
    async cases(stage) {
      const { released } = await undisturbed(stage, 'coordinator')
      const real = await undisturbed(stage, 'agent')
      const planned = (seed: number, model: string, options: PlayOptions): PlannedCase => {
        const { conduct, words } = conductOf(seed)
        return {
          where: `${words}${options.agents === undefined ? '' : ', with a real agent'}`,
          run: (own, what) =>
            caseOf(what, model, () => playStudy(own, { ...options, ...through(own, conduct) })),
        }
      }
      const [byHand, agents] = counts
      return [
        ...Array.from({ length: byHand }, (_, i) => planned(stage.seed + i, released, {})),
        ...Array.from({ length: agents }, (_, i) =>
          planned(stage.seed + i, real.released, withAgent),
        ),
      ]
    },
  }
}

export const networkCuts = network(
  { name: 'network-cuts', title: 'connections cut after random numbers of bytes', counts: [6, 2] },
  (seed) => ({
    conduct: cutting(createStream(seed, 'cuts'), { times: 6 + 4 * seed, bytes: 30_000 }),
    words: `${6 + 4 * seed} cuts within the first 30,000 bytes`,
  }),
)

export const networkDelays = network(
  { name: 'network-delays', title: 'everything delayed by random times', counts: [3, 1] },
  (seed) => ({
    conduct: delaying(createStream(seed, 'delays'), 30 * seed),
    words: `up to ${30 * seed} ms`,
  }),
)

export const networkThrottled = network(
  { name: 'network-throttled', title: 'a line that is slow', counts: [2, 1] },
  (seed) => ({
    conduct: throttling(48_000 / seed),
    words: `${Math.round(48_000 / seed)} bytes/s in each connection and direction`,
  }),
)

export const networkReorders = network(
  {
    name: 'network-reorders',
    title: "connections' bytes delivered in another order than sent (within one, TCP keeps it)",
    counts: [4, 1],
  },
  (seed) => ({
    conduct: reordering(createStream(seed, 'order'), 20 * seed),
    words: `gathered for ${20 * seed} ms and shuffled`,
  }),
)

/** The coordinator has an update for good, and the site never hears of it. */
export const acknowledgementLost: Fault = {
  name: 'acknowledgement-lost',
  title: 'the acknowledgement of an update that is in the journal is lost',
  async cases(stage) {
    const real = await undisturbed(stage, 'agent')
    return SITES.map((site) => ({
      where: site === REAL ? `of ${site}, a real agent` : `of ${site}`,
      run: (own, what) => caseOf(what, real.released, () => loseAcknowledgement(own, site)),
    }))
  },
}

async function loseAcknowledgement(stage: Stage, victim: string) {
  const { conduct, lose } = withholding()
  const played = await playStudy(stage, {
    ...withAgent,
    urlFor: (site, { url }) =>
      site === victim ? openOn(stage, url, conduct) : Promise.resolve(url),
    async disturb({ coordinator }) {
      await coordinator.current().event('update-spooled', ({ site }) => site === victim)
      lose()
    },
  })
  return played
}
