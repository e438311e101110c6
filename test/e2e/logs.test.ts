/** What both sides log in a whole study, at the level that says most: no secret, nothing of a patient, no path of data. */
import { join } from 'node:path'
import { makeDicom } from './support/dicom.ts'
import { JOIN_TOKEN, useFederations } from './support/federation.ts'
import { makeImage, writeFile } from './support/images.ts'
import { tinyPlan } from './support/tiny-plan.ts'

const { newFolder, newFederation } = useFederations()

const secrets = {
  token: JOIN_TOKEN,
  patientName: 'KOWALSKI',
  patientId: 'MRN-77120943',
  fileName: 'kowalski-lateral-view',
  dataFolder: 'radiology-archive',
  className: 'tuberculosis',
  badFileName: 'nowak-broken-scan',
}

async function writePrivateImages(): Promise<string> {
  const data = join(newFolder(), secrets.dataFolder)
  const film = makeDicom(
    new Uint16Array(24 * 24).map((_, i) => (i * 37) % 4096),
    24,
    [
      [0x00100010, 'PN', `${secrets.patientName}^ANNA`],
      [0x00100020, 'LO', secrets.patientId],
    ],
  )
  writeFile(join(data, secrets.className, `${secrets.fileName}.dcm`), film)
  writeFile(join(data, `${secrets.badFileName}.png`), secrets.patientName)
  for (let i = 0; i < 19; i += 1) {
    const name = `${secrets.fileName}-${i}.png`
    writeFile(join(data, i % 2 === 0 ? secrets.className : 'clear', name), await makeImage(i))
  }
  return data
}

type Line = Readonly<Record<string, unknown>>

/** Throws unless every line is one JSON object. */
const parseLog = (text: string): readonly Line[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

test('logs of a whole study are JSON with stable fields, and hold no token, no patient and no path of data', async () => {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ rounds: 2 }), {
    args: ['--log-json', '--verbose'],
  })
  const data = await writePrivateImages()
  const site = federation.site('oslo', { data, args: ['--log-json'] })
  const atSite = await site.ended
  expect(atSite.last).toMatchObject({ event: 'release' })
  const { planSha256 } = await coordinator.view()
  coordinator.interrupt()
  const atCoordinator = await coordinator.ended

  const [siteLog, coordinatorLog] = [atSite, atCoordinator].map(({ stderr }) => parseLog(stderr))
  for (const line of [...siteLog!, ...coordinatorLog!]) {
    expect(line).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      level: expect.stringMatching(/^(debug|info|warn|error)$/) as unknown,
      service: expect.stringMatching(/^consilium(-site)?$/) as unknown,
      version: expect.any(String) as unknown,
    })
  }
  expect(siteLog!.map(({ event }) => event)).toEqual(
    expect.arrayContaining(['preflight', 'joined', 'round', 'uploaded', 'release']),
  )
  expect(coordinatorLog).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ event: 'listening' }),
      expect.objectContaining({ event: 'update-spooled', round: 2, site: 'oslo' }),
      expect.objectContaining({
        msg: 'frame',
        frame: 'updateCommit',
        connection: expect.any(String) as unknown,
      }),
      expect.objectContaining({
        msg: 'request',
        method: 'GET',
        route: '/v1/blobs/:sha256',
        request: expect.any(String) as unknown,
      }),
    ]),
  )
  const text = atSite.stderr + atCoordinator.stderr
  /** Session tokens look like digests; digests of plan, models and updates are public. */
  const known = atCoordinator.stdout + planSha256
  const unknown = text.match(/\b[0-9a-f]{64}\b/g)?.filter((digest) => !known.includes(digest))
  expect(Object.values(secrets).filter((secret) => text.includes(secret))).toEqual([])
  expect(text).not.toContain(data)
  expect(unknown).toEqual([])
})
