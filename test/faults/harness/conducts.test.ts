import { EventEmitter, once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { createStream } from '@consilium/random'
import {
  alteringTransfers,
  breakingUploads,
  cutting,
  delaying,
  losingAnswers,
  reordering,
  throttling,
} from './conducts.ts'
import { openProxy, type Conduct, type TcpProxy } from './tcp-proxy.ts'

let echo: Server
let proxy: TcpProxy | undefined

beforeEach(async () => {
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
})
afterEach(() => {
  proxy?.close()
  proxy = undefined
  echo.close()
})

const open = async (conduct: Conduct): Promise<TcpProxy> =>
  (proxy = await openProxy(`http://127.0.0.1:${(echo.address() as AddressInfo).port}`, conduct))

/** What comes back of `bytes`. */
async function send(through: TcpProxy, bytes: Buffer): Promise<Buffer> {
  const socket = connect({ port: Number(new URL(through.url).port), allowHalfOpen: true })
  socket.on('error', () => undefined)
  const back: Buffer[] = []
  socket.on('data', (chunk: Buffer) => back.push(chunk))
  socket.end(bytes)
  await once(socket, 'close')
  return Buffer.concat(back)
}

const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 251))
const stream = createStream(1, 'network')

test.each<[string, Conduct]>([
  ['delays', delaying(stream, 5)],
  ['throttles', throttling(1_000_000)],
  ['reorders', reordering(stream, 5)],
])('a network that %s keeps the bytes of a connection and their order', async (_, conduct) => {
  const through = await open(conduct)
  const back = await Promise.all([1, 2, 3].map(() => send(through, bytes)))
  expect(back.every((one) => one.equals(bytes))).toBe(true)
})

test('a network that cuts loses what is under way, so often as it was told to', async () => {
  const through = await open(cutting(stream, { times: 2, bytes: 10_000 }))
  const lengths: number[] = []
  for (let i = 0; i < 4; i += 1) lengths.push((await send(through, bytes)).length)
  expect(lengths.slice(0, 2).every((length) => length < bytes.length)).toBe(true)
  expect(lengths.slice(2)).toEqual([bytes.length, bytes.length])
})

const HEAD = 'PUT /v1/updates/0a HTTP/1.1\r\ncontent-length: 5\r\n\r\n'

test('a network that alters transfers changes one byte beyond the head of each, so often as it was told to', async () => {
  const { conduct, altered } = alteringTransfers(2)
  const through = await open(conduct)
  const sent = ['POST /v1/study HTTP/1.1\r\n\r\nhello', ...[1, 2, 3].map(() => `${HEAD}hello`)]
  const back: string[] = []
  for (const text of sent) back.push((await send(through, Buffer.from(text))).toString())
  expect(back).toEqual([sent[0], `${HEAD}helln`, `${HEAD}helln`, sent[3]])
  expect(altered()).toBe(2)
})

test('a network loses the answer to an upload with its connection, so often as it was told to', async () => {
  const { conduct, lost } = losingAnswers(1)
  const through = await open(conduct)
  const back: string[] = []
  for (let i = 0; i < 2; i += 1)
    back.push((await send(through, Buffer.from(`${HEAD}hello`))).toString())
  expect(back).toEqual(['', `${HEAD}hello`])
  expect(lost()).toBe(1)
})

test('a network breaks an upload only while another is on its way', async () => {
  const { conduct, broken } = breakingUploads(createStream(1, 'uploads'), 1)
  const halfway = new EventEmitter<{ reached: [] }>()
  const through = await open(async (passage, pass) => {
    if (passage.connection.number !== 1) return conduct(passage, pass)
    if (passage.direction === 'up') await conduct(passage, pass)
    else halfway.emit('reached')
  })
  await send(through, Buffer.from(`${HEAD}hello`))
  expect(broken()).toBe(0)
  const other = connect({ port: Number(new URL(through.url).port) })
  other.write(HEAD)
  await once(halfway, 'reached')
  const back = await send(through, Buffer.from(`${HEAD}hello`))
  other.destroy()
  expect(broken()).toBe(1)
  expect(back.length).toBeLessThan(HEAD.length)
})
