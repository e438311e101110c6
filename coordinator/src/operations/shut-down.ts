/**
 * The end of a coordinator in order: nothing new comes in, what is running may finish, sites are told by the end of
 * their connection and come back by themselves, then the parts stop. What takes too long is cut off: every request may
 * be repeated, and a transfer goes on where it stopped.
 */
import type { FastifyInstance } from 'fastify'
import type { Server } from 'socket.io'
import type { UpdateChecker } from '../admission/check-update.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { Store } from '../store/store.ts'
import type { Performer } from '../study/perform-effect.ts'
import type { Gate } from './gate.ts'
import type { Instruments } from './instruments.ts'

/** For requests and frames that are running when the coordinator is told to stop. */
export const SHUTDOWN_GRACE_MS = 10_000

export interface ShutDownDeps {
  readonly app: FastifyInstance
  readonly io: Server
  readonly gate: Gate
  readonly driver: Pick<StudyDriver, 'stop'>
  readonly performer: Pick<Performer, 'idle'>
  readonly checker: Pick<UpdateChecker, 'close'>
  readonly instruments: Pick<Instruments, 'stop'>
  readonly store: Pick<Store, 'close'>
}

export async function shutDown({ app, io, gate, ...parts }: ShutDownDeps): Promise<void> {
  const patience = AbortSignal.timeout(SHUTDOWN_GRACE_MS)
  const httpEnded = app.close()
  await unlessAborted(gate.close(), patience)
  for (const name of ['/site', '/observe']) io.of(name).disconnectSockets(true)
  const socketsEnded = io.close()
  await unlessAborted(httpEnded, patience)
  app.server.closeAllConnections()
  await Promise.all([httpEnded, socketsEnded])
  await parts.driver.stop()
  await parts.performer.idle()
  await parts.checker.close()
  parts.instruments.stop()
  await parts.store.close()
}

const unlessAborted = (work: Promise<unknown>, signal: AbortSignal): Promise<unknown> =>
  Promise.race([
    work,
    new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true })
    }),
  ])
