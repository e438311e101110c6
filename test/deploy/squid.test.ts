/** A site whose network has no way out but a proxy that wants a password: Debian's squid. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { useFederations } from '../e2e/support/federation.ts'
import { writeImages } from '../e2e/support/images.ts'
import { tinyPlan } from '../e2e/support/tiny-plan.ts'
import { describeWith } from './support/describe-with.ts'
import { makeCertificate } from './support/make-certificate.ts'
import { freePort, usePrograms } from './support/programs.ts'

const { newFolder, newFederation } = useFederations()
const startProgram = usePrograms()

/** A name that only the proxy can look up. */
const HOST = 'coordinator.test'
const PASSWORD = 'p:ss w@rd'

const configuration = (folder: string, port: number): string => `
http_port 127.0.0.1:${port}
visible_hostname proxy.test
pid_filename none
cache deny all
cache_log ${folder}/cache.log
access_log stdio:${folder}/access.log
coredump_dir none
shutdown_lifetime 0 seconds
hosts_file ${folder}/hosts
auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/passwords
auth_param basic realm hospital
acl signed_in proxy_auth REQUIRED
acl CONNECT method CONNECT
http_access allow CONNECT signed_in
http_access deny all
`

const needs = [
  { program: 'squid', package: 'squid' },
  { program: 'openssl', package: 'openssl' },
]

describeWith(needs, 'an agent behind a corporate proxy', (find) => {
  async function startSquid() {
    const folder = newFolder()
    // Started by root, squid becomes another user.
    chmodSync(folder, 0o777)
    const port = await freePort()
    const hash = execFileSync('openssl', ['passwd', '-apr1', PASSWORD], { encoding: 'utf8' })
    writeFileSync(join(folder, 'passwords'), `hospital:${hash}`)
    writeFileSync(join(folder, 'hosts'), `127.0.0.1 ${HOST}\n`)
    writeFileSync(join(folder, 'squid.conf'), configuration(folder, port))
    await startProgram({
      path: find('squid'),
      args: ['-N', '-d', '1', '-f', join(folder, 'squid.conf')],
      ready: 'Accepting HTTP Socket connections',
    })
    const log = join(folder, 'access.log')
    const address = (password: string): string =>
      `http://hospital:${encodeURIComponent(password)}@127.0.0.1:${port}`
    return {
      address: address(PASSWORD),
      wrong: address('guess'),
      /** Written when a connection ends. */
      tunnels: () =>
        existsSync(log)
          ? readFileSync(log, 'utf8')
              .split('\n')
              .filter((line) => line !== '')
          : [],
    }
  }

  async function setUp(sites: number) {
    const federation = newFederation()
    const squid = await startSquid()
    const { cert, key } = makeCertificate(newFolder(), `DNS:${HOST}`)
    const args = ['--tls-cert', cert, '--tls-key', key]
    const coordinator = await federation.serve(tinyPlan({ sites }), { args })
    const site = async (name: string, choice: { env: Record<string, string> }) =>
      federation.site(name, {
        data: await writeImages(newFolder(), 16),
        url: `https://${HOST}:${coordinator.port}`,
        env: { NO_PROXY: '', NODE_EXTRA_CA_CERTS: cert, ...choice.env },
      })
    return { squid, site, target: `${HOST}:${coordinator.port}` }
  }

  test('a study runs by way of it, as the environment says', async () => {
    const { squid, site, target } = await setUp(3)
    const sites = await Promise.all([
      site('bern', { env: { HTTPS_PROXY: squid.address } }),
      site('oslo', { env: { https_proxy: squid.address, HTTPS_PROXY: 'http://127.0.0.1:1' } }),
      site('rome', { env: { CONSILIUM_PROXY: squid.address, NO_PROXY: '*' } }),
    ])
    const ends = await Promise.all(sites.map(({ ended }) => ended))
    expect(ends.map(({ code, last }) => [code, last?.event])).toEqual([
      [0, 'release'],
      [0, 'release'],
      [0, 'release'],
    ])
    const tunnels = squid.tunnels()
    expect(tunnels.length).toBeGreaterThanOrEqual(3)
    expect(tunnels.filter((line) => !line.includes(`CONNECT ${target} hospital`))).toEqual([])
    expect(ends.map(({ stdout, stderr }) => stdout + stderr).join()).not.toContain('hospital')
  })

  test('with a wrong password it says that the proxy refuses, and not what was tried', async () => {
    const { squid, site } = await setUp(1)
    const refused = await site('bern', { env: { CONSILIUM_PROXY: squid.wrong } })
    const { reason } = await refused.event('waiting')
    expect(reason).toMatch(/proxy .* 407/)
    refused.interrupt()
    const { stdout, stderr } = await refused.ended
    expect(stdout + stderr).not.toContain('guess')
  })

  test('NO_PROXY is kept to: the name is looked up at the site, where it is not known', async () => {
    const { squid, site } = await setUp(1)
    const env = { HTTPS_PROXY: squid.address, NO_PROXY: `example.org,${HOST}` }
    const direct = await site('bern', { env })
    expect((await direct.event('waiting'))['reason']).toContain('cannot be reached')
    expect(squid.tunnels()).toEqual([])
  })
})
