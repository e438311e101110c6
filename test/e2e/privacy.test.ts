/** What a site sends, byte for byte: nothing that names a patient, a file, a class or a machine. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { decodeFrame } from '@consilium/proto'
import { createStream } from '@consilium/random'
import { sha256 } from '@consilium/weights'
import { makeDicom, type DicomText } from './support/dicom.ts'
import { JOIN_TOKEN, useFederations } from './support/federation.ts'
import { makeImage, writeFile } from './support/images.ts'
import { attachmentsOf, readRecording } from './support/read-recording.ts'
import { useRecordingProxies } from './support/recording-proxy.ts'
import { tinyPlan } from './support/tiny-plan.ts'
import { holds } from './support/traces-of.ts'

const { newFolder, newFederation } = useFederations()
const record = useRecordingProxies()

const SITE = 'harbour-clinic'
const secrets = {
  patientName: 'KOWALSKI',
  patientId: 'MRN-77120943',
  birthDate: '19570312',
  studyUid: '1.2.826.0.1.3680043.77.4711',
  institution: 'Saint Brendan Infirmary',
  fileName: 'kowalski-lateral-view',
  folderName: 'thorax-outpatients',
  dataFolder: 'radiology-archive',
  className: 'tuberculosis',
  otherClass: 'unremarkable',
  csvPatient: 'csv-patient-0042',
  badFileName: 'nowak-broken-scan',
  account: 'dr-zhivago-account',
}

const dicomTexts = (i: number): readonly DicomText[] => [
  [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.1.1'],
  [0x00080018, 'UI', `${secrets.studyUid}.${i}`],
  [0x00080080, 'LO', secrets.institution],
  [0x00100010, 'PN', `${secrets.patientName}^ANNA`],
  [0x00100020, 'LO', secrets.patientId],
  [0x00100030, 'DA', secrets.birthDate],
  [0x0020000d, 'UI', secrets.studyUid],
]

/** DICOM and PNG, labels and patients in a table, and a file that cannot be read. */
async function writePrivateImages(): Promise<string> {
  const data = join(newFolder(), secrets.dataFolder)
  const rows = ['file,label,patient']
  for (let i = 0; i < 20; i += 1) {
    const stream = createStream(7, 'film', i)
    const pixels = Uint16Array.from({ length: 24 * 24 }, () => stream.integer(4096))
    const isDicom = i % 2 === 0
    const name = `${secrets.folderName}/${secrets.fileName}-${i}.${isDicom ? 'dcm' : 'png'}`
    writeFile(join(data, name), isDicom ? makeDicom(pixels, 24, dicomTexts(i)) : await makeImage(i))
    const label = i % 4 < 2 ? secrets.className : secrets.otherClass
    rows.push(`${name},${label},${secrets.csvPatient}-${i}`)
  }
  writeFile(join(data, `${secrets.badFileName}.png`), secrets.patientName)
  writeFile(join(data, 'labels.csv'), rows.join('\n'))
  return data
}

/** A machine called `vm` is found in any noise. */
const isDistinct = (name: string): boolean => name.length >= 6
const forbidden = [...Object.values(secrets), ...[hostname()].filter(isDistinct)]

/** A round with private images, behind a proxy that records. */
async function takePart() {
  const federation = newFederation()
  const coordinator = await federation.serve(tinyPlan({ rounds: 2 }))
  const proxy = await record(coordinator.url)
  const data = await writePrivateImages()
  const env = { USER: secrets.account, LOGNAME: secrets.account }
  const end = await federation.site(SITE, { data, url: proxy.url, env }).ended
  expect([end.code, end.last]).toMatchObject([0, { event: 'release' }])
  const logged = readFileSync(join(federation.stateFolderOf(SITE), 'left.jsonl'), 'utf8')
  return { coordinator, end, sent: proxy.sent(), left: parseLines(logged) }
}

test('nothing that leaves a site, and nothing a coordinator keeps, names a patient, a file, a class or a machine', async () => {
  const { coordinator, end, sent } = await takePart()
  // The site itself has seen all of it.
  expect(end.events.find(({ event }) => event === 'preflight')).toMatchObject({
    images: 20,
    formats: { 'DICOM, grey, 16-bit': 10, 'PNG, grey, 8-bit': 10 },
    classes: [{ name: secrets.className }, { name: secrets.otherClass }],
  })
  expect(end.stderr).toContain(`${secrets.badFileName}.png`)

  const unmasked = sent.map(readRecording).flatMap(({ messages }) => messages)
  const all = Buffer.concat([...sent, ...unmasked.map(({ content }) => content)])
  const kept = Buffer.concat(contentsBelow(coordinator.stateFolder))
  // What may be there is found, so what must not be there would be.
  expect([SITE, JOIN_TOKEN, 'backbone/root/kernel'].filter((text) => !holds(all, text))).toEqual([])
  expect(holds(kept, SITE)).toBe(true)
  expect(forbidden.filter((secret) => holds(all, secret))).toEqual([])
  expect(forbidden.filter((secret) => holds(kept, secret))).toEqual([])
})

test('a site sends frames of the protocol and updates, nothing else, and has a record of each', async () => {
  const { sent, left } = await takePart()
  const recordings = sent.map(readRecording)
  const bodies = recordings.flatMap((recording) => recording.bodies)
  const updates = bodies.filter(({ to }) => to.startsWith('PUT /v1/updates/'))
  const frames = recordings.flatMap(attachmentsOf)
  const texts = recordings.flatMap(({ messages }) => messages).filter(({ binary }) => !binary)

  const others = bodies.filter(({ to, content }) => content.length > 0 && !/^(PUT|POST) /.test(to))
  expect(others).toEqual([])
  for (const { content } of texts) expect(content.toString()).toMatch(AROUND_FRAMES)
  expect(new Set(frames.map((bytes) => decodeFrame(bytes).kind))).toEqual(
    new Set(left.map(({ kind }) => kind).filter((kind) => kind !== 'update bytes')),
  )
  const recorded = [...frames, ...updates.map(({ content }) => content)].map(sha256)
  const unaccounted = left.reduce<readonly string[]>(
    (rest, line) => without(rest, line.sha256),
    recorded,
  )
  expect(unaccounted).toEqual([])
  expect(updates).toHaveLength(2)
})

/** Text of socket.io and engine.io: probe, upgrade, pong, and the envelopes of connect, events, answers and disconnect. */
const AROUND_FRAMES =
  /^(2probe|5|3|4[01]\/site,|4[56]1-\/site,\d+\[("frame",)?\{"_placeholder":true,"num":0\}\])$/

interface Departure {
  readonly kind: string
  readonly sha256: string
}

const parseLines = (text: string): readonly Departure[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Departure)

/** Takes one away. */
const without = (texts: readonly string[], text: string): readonly string[] => {
  const at = texts.indexOf(text)
  return at < 0 ? texts : texts.toSpliced(at, 1)
}

const contentsBelow = (folder: string): readonly Buffer[] =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path))
