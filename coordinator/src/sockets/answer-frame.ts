/** One frame of a site in, the answering frame out. Throws what the site is to be told as an ErrorReply. */
import {
  negotiateVersion,
  PROTOCOL_MAX,
  PROTOCOL_MIN,
  type Frame,
  type FrameKind,
  type Frames,
} from '@consilium/proto'
import { canonicalJson } from '@consilium/study'
import { isSha256 } from '@consilium/weights'
import { checkJoin, decideJoin, MAX_ID_LENGTH } from '../admission/check-join.ts'
import type { Holding } from '../admission/upload.ts'
import type { Uploads } from '../admission/uploads.ts'
import { InvalidFieldError, StudyAbortedError, UnexpectedFrameError } from '../errors.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import {
  currentRound,
  openRound,
  outstandingSites,
  type StudyState,
} from '../rounds/study-state.ts'
import type { Sessions } from '../store/sessions.ts'
import { VERSION } from '../version.ts'
import type { LiveSites } from './live-sites.ts'
import type { SiteSocket } from './socket-events.ts'

/** A connection, as far as it has come. */
export interface Session {
  readonly socket: SiteSocket
  /** Set by hello. */
  agentVersion?: string
  protocol?: number
  /** Set by join. */
  site?: string
}

export interface AnswerDeps {
  readonly driver: StudyDriver
  readonly uploads: Uploads
  readonly live: LiveSites
  readonly sessions: Sessions
  readonly joinToken: string
}

const DONE: Frame = { kind: 'done' }

export async function answerFrame(
  deps: AnswerDeps,
  session: Session,
  frame: Frame,
): Promise<Frame> {
  if (frame.kind === 'hello') return greet(session, frame)
  if (frame.kind === 'join') return join(deps, session, frame)
  const site = joinedSite(deps, session, frame.kind)
  if (isMemberFrame(frame)) return answerMember(deps, { session, site }, frame)
  throw new UnexpectedFrameError({ got: frame.kind, expected: 'a message of a site' })
}

const MEMBER_KINDS = [
  'leave',
  'roundAccepted',
  'progress',
  'roundFailed',
  'updateOffer',
  'updateCommit',
] as const satisfies readonly FrameKind[]

/** What a site may send once it has joined. */
type MemberFrame = Frames[(typeof MEMBER_KINDS)[number]]

const isMemberFrame = (frame: Frame): frame is MemberFrame =>
  MEMBER_KINDS.some((kind) => kind === frame.kind)

async function answerMember(
  deps: AnswerDeps,
  { session, site }: { session: Session; site: string },
  frame: MemberFrame,
): Promise<Frame> {
  const { driver, live, uploads } = deps
  switch (frame.kind) {
    case 'leave':
      await driver.submit((state) => leaving(state, site))
      live.detach(site, session.socket)
      delete session.site
      return DONE
    case 'roundAccepted':
      await driver.submit((state) => accepting(state, site, frame.round))
      return DONE
    case 'progress':
      await reportProgress(deps, site, frame)
      return DONE
    case 'roundFailed':
      await driver.submit((state) => failing(state, site, frame))
      return DONE
    case 'updateOffer':
      return decision(await uploads.offer(site, frame))
    case 'updateCommit':
      if (!isSha256(frame.updateSha256)) {
        throw new InvalidFieldError({ field: 'update_sha256', expected: 'a SHA-256' })
      }
      await uploads.commit(site, frame)
      return { kind: 'updateAck', round: frame.round, updateSha256: frame.updateSha256 }
  }
}

const decision = ({ offset, missing }: Holding): Frame => ({
  kind: 'updateDecision',
  offset,
  missingChunks: missing,
})

function greet(session: Session, hello: Frames['hello']): Frame {
  const protocol = negotiateVersion(
    { min: PROTOCOL_MIN, max: PROTOCOL_MAX },
    { min: hello.protocolMin, max: hello.protocolMax },
  )
  if (!/^[\w.+-]+$/.test(hello.agentVersion) || hello.agentVersion.length > MAX_ID_LENGTH) {
    throw new InvalidFieldError({ field: 'agent_version', expected: 'a version number' })
  }
  session.agentVersion = hello.agentVersion
  session.protocol = protocol
  return { kind: 'welcome', protocol, coordinatorVersion: VERSION }
}

async function join(deps: AnswerDeps, session: Session, frame: Frames['join']): Promise<Frame> {
  const { driver, live, sessions, joinToken } = deps
  if (session.agentVersion === undefined) {
    throw new UnexpectedFrameError({ got: 'join', expected: "'hello'" })
  }
  if (session.site !== undefined && session.site !== frame.site) {
    throw new UnexpectedFrameError({ got: 'join', expected: `a message of '${session.site}'` })
  }
  const request = { join: frame, agentVersion: session.agentVersion }
  checkJoin(request, joinToken)
  const { phase, plan, planSha256 } = driver.state()
  if (phase.kind === 'aborted') throw new StudyAbortedError(phase)
  await driver.submit((state) => decideJoin(state, request))
  const { token, epoch } = await sessions.open(frame.site)
  session.site = frame.site
  live.attach(frame.site, { socket: session.socket, epoch })
  return {
    kind: 'joined',
    sessionToken: token,
    study: plan.name,
    planJson: canonicalJson(plan),
    planSha256,
  }
}

/** A connection that another one of the same site has replaced speaks for it no more. */
function joinedSite({ live }: AnswerDeps, session: Session, got: string): string {
  const { site, socket } = session
  if (site === undefined || !live.isAttached(site, socket)) {
    throw new UnexpectedFrameError({ got, expected: "'join'" })
  }
  return site
}

const leaving = (state: StudyState, site: string): readonly JournalEvent[] =>
  state.members.get(site)?.joined === true ? [{ kind: 'site-left', site }] : []

/** A failure of a round that is over, or that the site has reported, changes nothing. */
function failing(
  state: StudyState,
  site: string,
  { round, code }: Frames['roundFailed'],
): readonly JournalEvent[] {
  if (!/^[A-Z][A-Z0-9_]{2,63}$/.test(code)) {
    throw new InvalidFieldError({ field: 'code', expected: 'an error code' })
  }
  const open = openRound(state)
  const isDue = open?.round === round && outstandingSites(open).includes(site)
  if (!isDue && state.stragglers.get(site) !== round) return []
  return [{ kind: 'site-failed', round, site, code }]
}

/** Once per site and round. The site's word of it may be lost: then its progress tells. */
const accepting = (state: StudyState, site: string, round: number): readonly JournalEvent[] =>
  isAccepting(state, site, round) ? [{ kind: 'round-accepted', round, site }] : []

function isAccepting(state: StudyState, site: string, round: number): boolean {
  const open = openRound(state)
  if (open?.round !== round || open.accepted.includes(site)) return false
  return outstandingSites(open).includes(site)
}

async function reportProgress(
  { driver, live }: AnswerDeps,
  site: string,
  frame: Frames['progress'],
): Promise<void> {
  const { round, step, steps, loss, imagesPerSecond } = frame
  if (!Number.isFinite(loss) || !Number.isFinite(imagesPerSecond) || imagesPerSecond < 0) {
    throw new InvalidFieldError({ field: 'loss, images_per_second', expected: 'finite' })
  }
  const state = driver.state()
  if (currentRound(state)?.round !== round && state.stragglers.get(site) !== round) return
  live.report({ site, round, step, steps, loss, imagesPerSecond })
  if (isAccepting(driver.state(), site, round))
    await driver.submit((state) => accepting(state, site, round))
}
