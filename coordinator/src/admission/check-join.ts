/** Whether a site may take part. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Frames } from '@consilium/proto'
import { sha256 } from '@consilium/weights'
import { JoinRefusedError } from '../errors.ts'
import type { JournalEvent } from '../journal/journal-event.ts'
import type { StudyState } from '../rounds/study-state.ts'
import { isSiteName } from './site-name.ts'

/** Sites of one study: a RoundResult names them all in one frame, with up to 66 bytes each. */
export const MAX_SITES = 2000

/** An instance id, and an agent's version, have at most this many characters. */
export const MAX_ID_LENGTH = 64

export interface JoinRequest {
  readonly join: Frames['join']
  readonly agentVersion: string
}

/** Checks what does not depend on the study. Throws JoinRefusedError. */
export function checkJoin({ join }: JoinRequest, joinToken: string): void {
  if (!sameSecret(join.joinToken, joinToken)) {
    throw new JoinRefusedError({
      code: 'JOIN_TOKEN_WRONG',
      message:
        'The join token is wrong. Ask the study lead for the token the coordinator printed when it started.',
    })
  }
  if (!isSiteName(join.site)) {
    throw new JoinRefusedError({
      code: 'SITE_NAME_INVALID',
      message:
        'The site name is not valid: use lower-case letters, digits and dashes, at most 63 characters. Choose another --site.',
    })
  }
  const { instance, imagesBucket } = join
  if (!/^[\w-]+$/.test(instance) || instance.length > MAX_ID_LENGTH || !isBucket(imagesBucket)) {
    throw new JoinRefusedError({
      code: 'JOIN_MALFORMED',
      message: `The join request needs an instance id of 1 to ${MAX_ID_LENGTH} letters, digits or dashes and an image count rounded down to a power of two. Check that the site runs a released version of Consilium.`,
    })
  }
}

/** The fact a join adds to the study, if any: a member that comes back adds none. Throws JoinRefusedError. */
export function decideJoin(
  state: StudyState,
  { join, agentVersion }: JoinRequest,
): readonly JournalEvent[] {
  const { site, instance, imagesBucket } = join
  const instanceSha256 = sha256(instance)
  const known = state.members.get(site)
  if (known?.joined === true) {
    if (known.instanceSha256 === instanceSha256) return []
    throw new JoinRefusedError({
      code: 'SITE_NAME_TAKEN',
      message: `Site '${site}' has joined from another machine. Choose another --site, or let that machine leave first.`,
    })
  }
  if (known === undefined && state.members.size >= MAX_SITES) {
    throw new JoinRefusedError({
      code: 'STUDY_FULL',
      message: `The study has ${MAX_SITES} sites, which is the limit.`,
    })
  }
  return [{ kind: 'site-joined', site, instanceSha256, imagesBucket, agentVersion }]
}

/** 0 or a power of two: the exact count stays at the site. */
const isBucket = (count: number): boolean => (count & (count - 1)) === 0

function sameSecret(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
