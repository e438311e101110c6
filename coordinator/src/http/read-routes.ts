/** Everything the dashboard shows, as JSON. Read only, and nothing in it is secret to a participant. */
import type { FastifyInstance } from 'fastify'
import { BadRequestError, ModelUnknownError } from '../errors.ts'
import { JOURNAL_PAGE, type Journal } from '../journal/journal.ts'
import { listManifests } from '../registry/manifest.ts'
import type { StudyDriver } from '../rounds/study-driver.ts'
import type { LiveSites } from '../sockets/live-sites.ts'
import type { Connections } from '../store/connections.ts'
import { studyView } from '../study/study-view.ts'

export interface ReadRoutesDeps {
  readonly driver: StudyDriver
  readonly journal: Journal
  readonly live: LiveSites
  readonly connections: Connections
  readonly deadlineInMs: () => number
}

export function addReadRoutes(app: FastifyInstance, deps: ReadRoutesDeps): void {
  const { driver, journal, deadlineInMs } = deps
  app.get('/v1/study', () => studyView(driver.state(), { ...deps, deadlineInMs: deadlineInMs() }))
  app.get<{ Querystring: { after?: string } }>('/v1/events', async ({ query }) => ({
    events: await journal.after(parseAfter(query.after ?? '0'), JOURNAL_PAGE),
  }))
  app.get('/v1/models', () => ({ models: listManifests(driver.state()) }))
  app.get<{ Params: { sha256: string } }>('/v1/models/:sha256/manifest', ({ params }) => {
    const manifest = listManifests(driver.state()).find(({ sha256 }) => sha256 === params.sha256)
    if (manifest === undefined) throw new ModelUnknownError(params.sha256)
    return manifest
  })
}

function parseAfter(text: string): number {
  const after = Number(text)
  if (Number.isSafeInteger(after) && after >= 0) return after
  throw new BadRequestError("'after' is the sequence number of an event, 0 for all")
}
