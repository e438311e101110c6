/** The HTTP side of a coordinator: site transfers, JSON for reading, the dashboard. */
import { randomUUID } from 'node:crypto'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { RouteUnknownError } from '../errors.ts'
import { addBlobRoutes, type BlobRoutesDeps } from './blob-routes.ts'
import { addControlRoutes, type ControlRoutesDeps } from './control-routes.ts'
import { addDashboardRoutes } from './dashboard-routes.ts'
import { createErrorReply } from './error-reply.ts'
import type { Certificate } from '../operations/tls-files.ts'
import { addHealthRoutes, type HealthRoutesDeps } from './health-routes.ts'
import { addReadRoutes, type ReadRoutesDeps } from './read-routes.ts'
import { addUpdateRoutes, type UpdateRoutesDeps } from './update-routes.ts'

/** The page may load nothing but its own files and talk to nobody but this coordinator. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const

export interface AppDeps
  extends BlobRoutesDeps, UpdateRoutesDeps, ReadRoutesDeps, HealthRoutesDeps, ControlRoutesDeps {
  /** For HTTPS. */
  readonly certificate?: Certificate | undefined
  /** Aborted once the coordinator is told to stop. */
  readonly stopping: AbortSignal
  /** Told the code of every refusal. */
  readonly onRefused: (code: string) => void
  readonly log: FastifyBaseLogger
}

export function createApp(deps: AppDeps): FastifyInstance {
  const replyWithError = createErrorReply(deps.onRefused)
  const app: FastifyInstance = Fastify({
    ...(deps.certificate === undefined ? {} : { https: deps.certificate.pair() }),
    loggerInstance: deps.log,
    genReqId: () => randomUUID(),
    logController: new LogController({ requestIdLogLabel: 'request', disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => {
      void replyWithError(error, request, reply)
    },
  })
  app.setErrorHandler(replyWithError)
  app.setNotFoundHandler((request) => {
    throw new RouteUnknownError(`${request.method} ${request.url}`)
  })
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id })
    done()
  })
  app.addHook('onSend', (_, reply, __, done) => {
    // Else a connection that is kept alive would keep the coordinator from ending.
    if (deps.stopping.aborted) reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, { statusCode, elapsedTime }, done) => {
    const { method, routeOptions, log } = request
    const ms = Math.round(elapsedTime)
    log.debug({ method, route: routeOptions.url, status: statusCode, ms }, 'request')
    done()
  })
  addDashboardRoutes(app)
  addBlobRoutes(app, deps)
  addUpdateRoutes(app, deps)
  addReadRoutes(app, deps)
  addHealthRoutes(app, deps)
  addControlRoutes(app, deps)
  return app
}
