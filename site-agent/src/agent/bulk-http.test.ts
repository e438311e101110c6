import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { requestJson } from './bulk-http.ts'

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function answering(head: string): Promise<string> {
  server = createServer((request) => request.socket.end(head)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const { signal } = new AbortController()

test.each(['GET', 'PUT'] as const)('COORDINATOR_OFFLINE: %s answered with 101', async (method) => {
  const url = await answering(
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  )
  const body = method === 'PUT' ? { body: new Uint8Array(1000) } : {}
  await expect(requestJson({ url, method, signal, ...body })).rejects.toMatchObject({
    code: 'COORDINATOR_OFFLINE',
  })
})

test('COORDINATOR_OFFLINE: nothing moves for as long as it may', async () => {
  server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await expect(requestJson({ url, idleTimeoutMs: 20, signal })).rejects.toMatchObject({
    code: 'COORDINATOR_OFFLINE',
  })
})

test('COORDINATOR_OFFLINE: an answer that is cut off', async () => {
  const url = await answering('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"a"')
  await expect(requestJson({ url, signal })).rejects.toMatchObject({ code: 'COORDINATOR_OFFLINE' })
})
