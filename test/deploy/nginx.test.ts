/** The nginx configuration we hand out, in a real nginx. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findPostgres, startPostgres } from '@consilium/coordinator/testing/postgres-server'
import { parsePlan, type StudyPlan } from '@consilium/study'
import {
  useFederations,
  type Federation,
  type RunningCoordinator,
} from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'
import { describeWith } from './support/describe-with.ts'
import { makeCertificate } from './support/make-certificate.ts'
import { freePort, usePrograms } from './support/programs.ts'

const DEPLOY = fileURLToPath(new URL('../../deploy/nginx', import.meta.url))
const { newFolder, newFederation } = useFederations()
const startProgram = usePrograms()

/** Updates of more than the 1 MiB that nginx takes unless it is told otherwise. */
function planOfLargeUpdates(): StudyPlan {
  const plan = tinyPlan({ sites: 2 })
  const projector = { hidden: 2048, output: 128 }
  return parsePlan({ ...plan, objective: { ...plan.objective, projector } })
}

type Changes = readonly (readonly [string, string])[]

const replaced = (text: string, changes: Changes): string =>
  changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`the configuration has no '${from}'`)
    return changed.replace(from, to)
  }, text)

/** nginx as Debian starts it, with all paths in one folder. */
const mainConfiguration = (folder: string): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  include ${folder}/conf.d/*.conf;
}`

/** Of one coordinator, or of the two of compose.yaml. */
const upstreamOf = ([first, second]: readonly string[]): [file: string, changes: Changes] =>
  second === undefined
    ? ['consilium-upstream.conf', [['127.0.0.1:8470', `127.0.0.1:${first}`]]]
    : [
        'compose-upstream.conf',
        [
          ['coordinator-1:8470', `127.0.0.1:${first}`],
          ['coordinator-2:8470', `127.0.0.1:${second}`],
        ],
      ]

const needs = [
  { program: 'nginx', package: 'nginx' },
  { program: 'openssl', package: 'openssl' },
]

describeWith(needs, 'nginx in front of a coordinator', (find) => {
  const twoSitesBy = (
    federation: Federation,
    { url, cert }: { readonly url: string; readonly cert: string },
  ) =>
    Promise.all(
      ['bern', 'oslo'].map(async (name, seed) =>
        federation.site(name, {
          data: await writeImages(newFolder(), 16, { seed }),
          url,
          env: { NODE_EXTRA_CA_CERTS: cert },
        }),
      ),
    )

  async function nginxBefore(...coordinatorPorts: readonly string[]) {
    const folder = newFolder()
    const port = await freePort()
    const { cert, key } = makeCertificate(folder, 'IP:127.0.0.1')
    mkdirSync(join(folder, 'conf.d'))
    const write = (name: string, changes: Changes): void => {
      const text = readFileSync(join(DEPLOY, name), 'utf8')
      writeFileSync(join(folder, 'conf.d', name), replaced(text, changes))
    }
    write(...upstreamOf(coordinatorPorts))
    write('consilium.conf', [
      ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
      ['/etc/nginx/tls/consilium.pem', cert],
      ['/etc/nginx/tls/consilium.key', key],
    ])
    writeFileSync(join(folder, 'nginx.conf'), mainConfiguration(folder))
    await startProgram({
      path: find('nginx'),
      args: ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
      ready: 'start worker process',
    })
    return {
      url: `https://127.0.0.1:${port}`,
      cert,
      requests: () => readFileSync(join(folder, 'access.log'), 'utf8').trim().split('\n'),
    }
  }

  test('a study runs through it: WebSockets, large bodies in both directions', async () => {
    const federation = newFederation()
    const coordinator = await federation.serve(planOfLargeUpdates())
    const nginx = await nginxBefore(coordinator.port)
    const sites = await twoSitesBy(federation, nginx)
    const { sha256 } = await coordinator.event('finished')
    const ends = await Promise.all(sites.map(({ ended }) => ended))
    expect(ends.map(({ code, last }) => [code, last?.['sha256']])).toEqual([
      [0, sha256],
      [0, sha256],
    ])
    const requests = nginx.requests()
    expect(requests.filter((line) => / 101 /.test(line)).length).toBeGreaterThanOrEqual(2)
    const uploads = requests.filter((line) => line.includes('"PUT /v1/updates/'))
    expect(uploads.length).toBeGreaterThanOrEqual(4)
    expect(uploads.filter((line) => !/ 200 /.test(line))).toEqual([])
    const uploaded = ends[0]!.events.find(({ event }) => event === 'uploaded')
    expect(uploaded?.['bytes']).toBeGreaterThan(1024 * 1024)
  })

  test('it shows the live page to people, and keeps the numbers to the machine', async () => {
    const federation = newFederation()
    const coordinator = await federation.serve(tinyPlan())
    const { url, cert } = await nginxBefore(coordinator.port)
    const statusOf = async (path: string): Promise<number | undefined> => {
      const sent = request(`${url}${path}`, { ca: readFileSync(cert), agent: false }).end()
      const [answer] = (await once(sent, 'response')) as [
        { statusCode?: number; resume(): unknown },
      ]
      answer.resume()
      return answer.statusCode
    }
    const paths = ['/', '/v1/study', '/metrics', '/readyz']
    expect(await Promise.all(paths.map(statusOf))).toEqual([200, 200, 404, 404])
  })

  const binaries = findPostgres()
  if (binaries === undefined) {
    test.skip('two coordinators: skipped, PostgreSQL is not installed (Debian: apt install postgresql)', () =>
      undefined)
    return
  }

  test('of the two coordinators of compose.yaml, the other one takes over when that of the sites dies', async () => {
    const postgres = await startPostgres(binaries)
    try {
      const federation = newFederation()
      const replica = (name: string): Promise<RunningCoordinator> =>
        federation.serve(tinyPlan({ sites: 2, rounds: 3 }), {
          stateFolder: federation.stateFolderOf(name),
          args: ['--blobs', join(federation.folder, 'shared-blobs')],
          env: { CONSILIUM_STORE: postgres.url('compose') },
        })
      const both = await Promise.all([replica('coordinator-1'), replica('coordinator-2')])
      const nginx = await nginxBefore(...both.map(({ port }) => port))
      const sites = await twoSitesBy(federation, nginx)
      await both[0].event('update-spooled')
      const [of, other] = (await hasSites(both[0])) ? both : [both[1], both[0]]
      of.kill()
      const { sha256 } = await other.event('finished')
      const ends = await Promise.all(sites.map(({ ended }) => ended))
      expect(ends.map(({ code, last }) => [code, last?.['sha256']])).toEqual([
        [0, sha256],
        [0, sha256],
      ])
      expect(other.events.filter(({ event }) => event === 'round-committed')).toHaveLength(3)
    } finally {
      await postgres.stop()
    }
  })
})

/** nginx sends all of this machine to one. */
async function hasSites({ url }: RunningCoordinator): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return /^consilium_sites_connected [1-9]/m.test(metrics)
}
