/** The live page: the files of coordinator/dashboard; the socket.io client comes from socket.io itself. */
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { sendFile } from './send-file.ts'

const root = fileURLToPath(new URL('../../dashboard', import.meta.url))

const FILES = ['dashboard.js', 'chart.js', 'element.js', 'dashboard.css']

export function addDashboardRoutes(app: FastifyInstance): void {
  app.get('/', (request, reply) => sendFile(request, reply, { root, path: 'index.html' }))
  for (const path of FILES) {
    app.get(`/${path}`, (request, reply) => sendFile(request, reply, { root, path }))
  }
}
