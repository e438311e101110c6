/** SIGKILL of a site's agent, of the process it trains in, and of both, at their operations on the disk and at random instants. */
import { createStream } from '@consilium/random'
import { caseOf, type Outcome } from './case-of.ts'
import { playUntil, within } from './coordinator-killed.ts'
import type { Fault } from './fault.ts'
import { describePoint, distinctPoints, dyingAt, pointsOf, type KillPoint } from './kill-points.ts'
import { playStudy } from './play-study.ts'
import type { Stage } from './stage.ts'
import { carriedIn, optionsOf, REAL, undisturbed, type Disturbed } from './studies.ts'

/**
 * Its updates are packed: what each leaves unsaid must go into the next one once, and only if the coordinator has it. So must
 * what its control variate learns from it.
 */
export const agentKilledAtOperations: Fault = {
  name: 'agent-killed',
  title:
    "SIGKILL of a site's agent (int8 updates, SCAFFOLD) at each kind of its operations on the disk",
  cases: (stage) =>
    // In the round in the middle: it carries something from the round before, and leaves something.
    killedAt(stage, 'carrying', (points) => distinctPoints(points, (n) => Math.floor(n / 2))),
}

/** From the last training step to the coordinator's word that the update counts. */
export const DELIVERY =
  /(update|residual|residual-next)\.safetensors|(round|settled)\.json|left\.jsonl update/

export const agentKilledWhileDelivering: Fault = {
  name: 'agent-killed-delivering',
  title: "SIGKILL of a site's agent (top-k updates) at each operation by which it delivers",
  cases: (stage) =>
    killedAt(stage, 'topK', (points) =>
      distinctPoints(
        points.filter(({ name }) => DELIVERY.test(name)),
        () => 0,
      ),
    ),
}

async function killedAt(
  stage: Stage,
  study: Disturbed,
  choose: (points: readonly KillPoint[]) => readonly KillPoint[],
) {
  const { end, operations } = await undisturbed(stage, study)
  return choose(pointsOf(operations)).map((point): Awaited<ReturnType<Fault['cases']>>[number] => ({
    where: describePoint(point),
    run: (own, what) =>
      caseOf(what, end, () => playDying(own, study, { program: 'consilium-site', point })),
  }))
}

export const trainerKilledAtOperations: Fault = {
  name: 'trainer-killed',
  title: 'SIGKILL of the process that trains at each kind of its operations on the disk',
  async cases(stage) {
    const { end, operations } = await undisturbed(stage, 'long')
    // The first of each kind: how many checkpoints there will be depends on the machine.
    const points = distinctPoints(pointsOf(operations), () => 0)
    return points.map((point) => ({
      where: describePoint(point),
      run: (own, what) =>
        caseOf(what, end, () => playDying(own, 'long', { program: 'trainer', point })),
    }))
  },
}

export const agentKilledAtRandom: Fault = {
  name: 'agent-killed-at-random',
  title: "SIGKILL of a site's agent at random instants",
  async cases(stage) {
    const { end, seconds } = await undisturbed(stage, 'long')
    const stream = createStream(stage.seed, 'agent killed at random')
    return Array.from({ length: 8 }, () => {
      const afterMs = Math.round(stream.uniform(0.1, 1) * seconds * 1000)
      return {
        where: `${afterMs} ms after its start`,
        run: (own, what) =>
          caseOf(what, end, () =>
            playUntil(own, optionsOf('long'), (playing) =>
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
  study: Disturbed,
  { program, point }: { program: 'consilium-site' | 'trainer'; point: KillPoint },
): Promise<Outcome> {
  const { surroundings, struck } = dyingAt(program, [point], stage.newFolder)
  return withCarried(stage, study, async (stateFolder) => {
    const played = await playStudy(stage, optionsOf(study, { surroundings, stateFolder }))
    return { ...played, struck: struck() }
  })
}

/** Plays with a state folder for the real site, and looks at what is left in it. */
export async function withCarried(
  stage: Stage,
  study: Disturbed,
  play: (stateFolder: string) => Promise<Outcome>,
): Promise<Outcome> {
  const { carried } = await undisturbed(stage, study)
  const stateFolder = stage.newFolder()
  const outcome = await play(stateFolder)
  const found = carriedIn(stateFolder)
  const problems = (['residual', 'control'] as const)
    .filter((what) => found[what] !== carried[what])
    .map((what) => `${REAL} has kept another ${what}`)
  return { ...outcome, problems: [...outcome.problems, ...problems] }
}
