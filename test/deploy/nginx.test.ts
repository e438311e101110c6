/** The nginx configuration we hand out, in a real nginx. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parsePlan, type StudyPlan } from '@consilium/study'
import { useFederations } from '../e2e/support/federation.ts'
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

const replaced = (text: string, changes: readonly (readonly [string, string])[]): string =>
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

const needs = [
  { program: 'nginx', package: 'nginx' },
  { program: 'openssl', package: 'openssl' },
]

describeWith(needs, 'nginx in front of a coordinator', (find) => {
  async function nginxBefore(coordinatorPort: string) {
    const folder = newFolder()
    const port = await freePort()
    const { cert, key } = makeCertificate(folder, 'IP:127.0.0.1')
    mkdirSync(join(folder, 'conf.d'))
    const write = (name: string, changes: readonly (readonly [string, string])[]): void => {
      const text = readFileSync(join(DEPLOY, name), 'utf8')
      writeFileSync(join(folder, 'conf.d', name), replaced(text, changes))
    }
    write('consilium-upstream.conf', [['127.0.0.1:8470', `127.0.0.1:${coordinatorPort}`]])
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
    const sites = await Promise.all(
      ['bern', 'oslo'].map(async (name, seed) =>
        federation.site(name, {
          data: await writeImages(newFolder(), 16, { seed }),
          url: nginx.url,
          env: { NODE_EXTRA_CA_CERTS: nginx.cert },
        }),
      ),
    )
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
})
