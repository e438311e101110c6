/** SIGKILL of a site's agent, of the process it trains in, and of both, at their operations on the disk and at random instants. */
import { createStream } from '@consilium/random'
import type { StudyPlan } from '@consilium/study'
import { caseOf, type Outcome } from './case-of.ts'
import { playUntil, within } from './coordinator-killed.ts'
import type { Fault } from './fault.ts'
import { describePoint, distinctPoints, dyingAt, pointsOf, type KillPoint } from './kill-points.ts'
import { playStudy, smallStudy } from './play-study.ts'
import type { Stage } from './stage.ts'
import { longTraining, OFTEN, REAL, undisturbed } from './undisturbed.ts'

export const agentKilledAtOperations: Fault = {
  name: 'agent-killed',
  title: "SIGKILL of a site's agent at each kind of its operations on the disk",
  async cases(stage) {
    const { released, operations } = await undisturbed(stage, 'agent')
    const stream = createStream(stage.seed, 'agent killed')
    const points = distinctPoints(pointsOf(operations), (n) => stream.integer(n))
    return points.map((point) => ({
      where: describePoint(point),
      run: (own, what) =>
        caseOf(what, released, () =>
          playDying(own, smallStudy, { program: 'consilium-site', point }),
        ),
    }))
  },
}

export const trainerKilledAtOperations: Fault = {
  name: 'trainer-killed',
  title: 'SIGKILL of the process that trains at each kind of its operations on the disk',
  async cases(stage) {
    const { released, operations } = await undisturbed(stage, 'trainer')
    // The first of each kind: how many checkpoints there will be depends on the machine.
    const points = distinctPoints(pointsOf(operations), () => 0)
    return points.map((point) => ({
      where: describePoint(point),
      run: (own, what) =>
        caseOf(what, released, () => playDying(own, longTraining, { program: 'trainer', point })),
    }))
  },
}

export const agentKilledAtRandom: Fault = {
  name: 'agent-killed-at-random',
  title: "SIGKILL of a site's agent at random instants",
  async cases(stage) {
    const { released, seconds } = await undisturbed(stage, 'trainer')
    const stream = createStream(stage.seed, 'agent killed at random')
    return Array.from({ length: 8 }, () => {
      const afterMs = Math.round(stream.uniform(0.1, 1) * seconds * 1000)
      return {
        where: `${afterMs} ms after its start`,
        run: (own, what) =>
          caseOf(what, released, () =>
            playUntil(own, { plan: longTraining, agents: { [REAL]: { args: OFTEN } } }, (playing) =>
              within(afterMs, playing.signal, () => {
                playing.agents.get(REAL)!.current().kill()
              }),
            ),
          ),
      }
    })
  },
}

async function playDying(
  stage: Stage,
  plan: StudyPlan,
  { program, point }: { program: 'consilium-site' | 'trainer'; point: KillPoint },
): Promise<Outcome> {
  const { surroundings, struck } = dyingAt(program, [point], stage.newFolder)
  const played = await playStudy(stage, { plan, agents: { [REAL]: { args: OFTEN, surroundings } } })
  return { ...played, struck: struck() }
}
