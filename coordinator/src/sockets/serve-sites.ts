/** The namespace of the site agents: decodes, asks for the answer, encodes. Nothing a site sends ends the process. */
import { randomUUID } from 'node:crypto'
import { ConsiliumError } from '@consilium/errors'
import {
  decodeFrame,
  encodeFrame,
  MalformedFrameError,
  PROTOCOL_MIN,
  type Frame,
} from '@consilium/proto'
import type { Logger } from 'pino'
import { DiskFullError, explainSystemError } from '../explain-system-error.ts'
import type { Gate } from '../operations/gate.ts'
import { answerFrame, type AnswerDeps, type Session } from './answer-frame.ts'
import type { SiteNamespace } from './socket-events.ts'
import type { PresenceRecorder } from './presence-recorder.ts'
import type { WaitingTeller } from './waiting-teller.ts'
import { errorReply, greeting } from './site-messages.ts'

export interface ServeSitesDeps extends AnswerDeps {
  /** Milliseconds until the deadline of the open round. */
  readonly deadlineInMs: () => number
  readonly waiting: WaitingTeller
  readonly presence: PresenceRecorder
  readonly log: Logger
  /** Every frame is served inside it. */
  readonly gate: Gate
  /** Told the code of every frame that is refused. */
  readonly onRefused: (code: string) => void
}

export function serveSites(namespace: SiteNamespace, deps: ServeSitesDeps): void {
  deps.sessions.onOpened((site, epoch) => {
    deps.live.expire(site, epoch)
  })
  namespace.on('connection', (socket) => {
    const session: Session = { socket }
    const log = deps.log.child({ connection: randomUUID() })
    let previous: Promise<void> = Promise.resolve()
    socket.on('frame', (bytes, reply) => {
      previous = previous
        .then(async () => {
          const answer = await answerOrError({ ...deps, log }, session, bytes)
          if (isReply(reply)) reply(encodeFrame(answer))
          if (answer.kind === 'joined') greetSite(deps, session)
        })
        .catch((error: unknown) => {
          log.error({ site: session.site, err: error }, 'no answer')
          socket.disconnect(true)
        })
    })
    socket.on('disconnect', () => {
      deps.waiting.remove(socket)
      if (session.site === undefined) return
      deps.live.detach(session.site, socket)
      deps.presence.look(session.site)
    })
  })
}

async function answerOrError(
  deps: ServeSitesDeps,
  session: Session,
  bytes: unknown,
): Promise<Frame> {
  try {
    if (!(bytes instanceof Uint8Array)) throw new MalformedFrameError('it is not binary')
    const frame = decodeFrame(bytes)
    const answer = await deps.gate.pass(() => answerFrame(deps, session, frame))
    if (session.site !== undefined) deps.live.seen(session.site)
    deps.log.debug({ site: session.site, frame: frame.kind, answer: answer.kind }, 'frame')
    return answer
  } catch (error) {
    const reported = toReport(error, deps.log, session.site)
    deps.onRefused(reported.code)
    return errorReply(reported)
  }
}

/** What a site is told of an error: its own words if it is one of ours, else only that there was one. */
function toReport(thrown: unknown, log: Logger, site: string | undefined): ConsiliumError {
  const error = explainSystemError(thrown)
  if (error instanceof ConsiliumError) {
    log[error instanceof DiskFullError ? 'error' : 'info']({ site, code: error.code }, 'refused')
    return error
  }
  log.error({ site, err: error }, 'internal error')
  return new ConsiliumError({
    code: 'INTERNAL',
    message: 'The coordinator could not carry out the request: internal error. See its log.',
    retryable: true,
    cause: error,
  })
}

function greetSite(deps: ServeSitesDeps, { site, socket, protocol }: Session): void {
  if (site === undefined) return
  deps.presence.look(site)
  const frame = greeting(deps.driver.state(), site, deps.deadlineInMs())
  if (frame !== undefined) deps.live.send([site], frame)
  deps.waiting.add(socket, site, protocol ?? PROTOCOL_MIN)
}

const isReply = (reply: unknown): reply is (bytes: Uint8Array) => void =>
  typeof reply === 'function'
