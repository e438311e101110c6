/** With certificates made by openssl, where there is one. */
import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { useProcesses } from '../testing/run-process.ts'
import { smallPlan } from '../testing/small-study.ts'
import { useStateFolder } from '../testing/state-folder.ts'

const folder = useStateFolder()
const consilium = useProcesses()

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
/** Skipped where there is none: the names of the tests say so. */
const testWithOpenssl = hasOpenssl ? test : test.skip

/** A certificate for 127.0.0.1 that vouches for itself. */
function makeCertificate(name: string): { cert: string; key: string } {
  const [cert, key] = [join(folder(), `${name}.pem`), join(folder(), `${name}.key`)]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`],
      ...['-addext', 'subjectAltName=IP:127.0.0.1'],
    ],
    { stdio: 'ignore' },
  )
  return { cert, key }
}

function serve(files: { cert: string; key: string }, ...args: readonly string[]) {
  const plan = join(folder(), 'plan.json')
  writeFileSync(plan, JSON.stringify(smallPlan()))
  const state = join(folder(), 'state')
  return consilium(
    ...['serve', '--state', state, '--plan', plan, '--port', '0', '--json'],
    ...['--tls-cert', files.cert, '--tls-key', files.key, ...args],
  )
}

/** The name in the certificate a new connection is shown. */
async function shownTo(url: string): Promise<unknown> {
  const socket = connect({
    host: '127.0.0.1',
    port: Number(new URL(url).port),
    rejectUnauthorized: false,
  })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return CN
}

async function statusOf(url: string, ca: string): Promise<number | undefined> {
  const sent = request(url, { ca, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [{ statusCode?: number; resume(): void }]
  response.resume()
  return response.statusCode
}

testWithOpenssl('with a certificate it speaks HTTPS, also to other machines', async () => {
  const files = makeCertificate('first')
  const running = serve(files, '--host', '0.0.0.0')
  const url = String((await running.event('listening'))['url']).replace('0.0.0.0', '127.0.0.1')
  expect(url).toMatch(/^https:/)
  expect(await statusOf(`${url}/livez`, readFileSync(files.cert, 'utf8'))).toBe(200)
})

testWithOpenssl(
  'SIGHUP takes a renewed certificate, and keeps the old one if the new is broken',
  async () => {
    const files = makeCertificate('first')
    const running = serve(files, '--log-json')
    const url = String((await running.event('listening'))['url'])
    expect(await shownTo(url)).toBe('first')
    writeFileSync(files.key, 'no key')
    running.child.kill('SIGHUP')
    expect(await running.event('error')).toMatchObject({ code: 'INPUT_FILE' })
    expect(await shownTo(url)).toBe('first')
    const second = makeCertificate('second')
    cpSync(second.cert, files.cert)
    cpSync(second.key, files.key)
    running.child.kill('SIGHUP')
    await once(running.child.stderr!, 'data')
    expect(await shownTo(url)).toBe('second')
  },
)

testWithOpenssl(
  'a key of another certificate is refused before the state folder is touched',
  async () => {
    const files = { cert: makeCertificate('first').cert, key: makeCertificate('second').key }
    const { code, stdout } = await serve(files).ended
    expect([code, stdout]).toMatchObject([100, [{ code: 'INPUT_FILE' }]])
  },
)

test('a certificate without a key is refused in words', async () => {
  const { code, stdout } = await consilium(
    'serve',
    '--state',
    folder(),
    '--tls-cert',
    'x',
    '--json',
  ).ended
  expect([code, stdout]).toMatchObject([100, [{ code: 'TLS_OPTIONS' }]])
})
