/** The HTTP side of a coordinator: site transfers, JSON for reading, the dashboard. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify'
import { RouteUnknownError } from '../errors.ts'
import { addBlobRoutes, type BlobRoutesDeps } from './blob-routes.ts'
import { addDashboardRoutes } from './dashboard-routes.ts'
import { replyWithError } from './error-reply.ts'
import { addReadRoutes, type ReadRoutesDeps } from './read-routes.ts'
import { addUpdateRoutes, type UpdateRoutesDeps } from './update-routes.ts'

/** The page may load nothing but its own files and talk to nobody but this coordinator. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const

export interface AppDeps extends BlobRoutesDeps, UpdateRoutesDeps, ReadRoutesDeps {
  readonly log: FastifyBaseLogger
}

export function createApp(deps: AppDeps): FastifyInstance {
  const app = Fastify({
    loggerInstance: deps.log,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => {
      void replyWithError(error, request, reply)
    },
  })
  app.setErrorHandler(replyWithError)
  app.setNotFoundHandler((request) => {
    throw new RouteUnknownError(`${request.method} ${request.url}`)
  })
  app.addHook('onRequest', (_, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    done()
  })
  addDashboardRoutes(app)
  addBlobRoutes(app, deps)
  addUpdateRoutes(app, deps)
  addReadRoutes(app, deps)
  return app
}
