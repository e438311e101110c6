/** Download of models and control variates: ranges, length, and one journal entry per body that went out whole. */
import { basename, dirname } from 'node:path'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { BlobStore } from '../blobs/blob-store.ts'
import { BlobNotServedError } from '../errors.ts'
import type { ModelRecord } from '../journal/journal-event.ts'
import { controlVariate } from '../rounds/control-variate.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { StudyState } from '../rounds/study-state.ts'
import type { Sessions } from '../store/sessions.ts'
import { siteOfRequest } from './bearer.ts'
import { sendFile } from './send-file.ts'

export interface BlobRoutesDeps {
  readonly driver: StudyDriver
  readonly blobs: BlobStore
  readonly sessions: Sessions
}

export function addBlobRoutes(app: FastifyInstance, deps: BlobRoutesDeps): void {
  app.get<{ Params: { sha256: string } }>('/v1/blobs/:sha256', async (request, reply) => {
    const site = await siteOfRequest(request, deps.sessions)
    const model = await servedModel(deps.driver, request.params.sha256)
    if (request.method === 'GET') countWhenSent(deps.driver, reply, { site, model })
    const file = await deps.blobs.file(model.sha256)
    return sendFile(request, reply, { root: dirname(file), path: basename(file) })
  })
}

/** Another coordinator may have invited the site to a round that this one has not read of. Throws BLOB_NOT_SERVED. */
async function servedModel(driver: StudyDriver, digest: string): Promise<ModelRecord> {
  const known = findServed(driver.state(), digest)
  if (known !== undefined) return known
  await driver.catchUp()
  const found = findServed(driver.state(), digest)
  if (found === undefined) throw new BlobNotServedError(digest)
  return found
}

/** The current and the previous global model, those that stragglers start from, the control variate, and the release. */
function findServed(state: StudyState, digest: string): ModelRecord | undefined {
  const globals = [state.initial, ...state.rounds.map((round) => round.model)]
  const { phase, stragglers } = state
  const release = phase.kind === 'finished' ? [phase.release] : []
  const bases = [...stragglers.values()].map((round) => globals[round - 1]!)
  const variate = controlVariate(state)
  const control = variate === undefined ? [] : [{ ...variate, parameters: state.model.parameters }]
  const served = [...globals.slice(-2), ...bases, ...control, ...release]
  return served.find(({ sha256 }) => sha256 === digest)
}

/** A body that was cut short is not counted; a range counts its share of the parameters. */
function countWhenSent(
  driver: StudyDriver,
  reply: FastifyReply,
  { site, model }: { site: string; model: ModelRecord },
): void {
  reply.raw.once('finish', () => {
    if (reply.statusCode !== 200 && reply.statusCode !== 206) return
    const bytes = Number(reply.getHeader('content-length'))
    const parameters = Math.round((model.parameters * bytes) / model.bytes)
    driver
      .submit(() => [{ kind: 'model-downloaded', site, sha256: model.sha256, bytes, parameters }])
      // Refused when the coordinator stops; a journal that fails ends the process through the driver.
      .catch(() => undefined)
  })
}
