/** What a service manager, a load balancer and Prometheus ask. Holds nothing that /v1/study does not show. */
import type { FastifyInstance } from 'fastify'
import type { Instruments } from '../operations/instruments.ts'
import { PROMETHEUS_TYPE } from '../operations/prometheus-text.ts'

export interface HealthRoutesDeps {
  readonly instruments: Pick<Instruments, 'readiness' | 'metrics'>
}

export function addHealthRoutes(app: FastifyInstance, { instruments }: HealthRoutesDeps): void {
  app.get('/livez', () => ({ status: 'ok' }))
  app.get('/readyz', async (_, reply) => {
    const { ready, checks } = await instruments.readiness()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', checks })
  })
  app.get('/metrics', async (_, reply) =>
    reply.type(PROMETHEUS_TYPE).send(await instruments.metrics()),
  )
}
