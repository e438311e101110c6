/**
 * The live page of a coordinator. It keeps no state of its own: every journal event makes it read /v1/study again; only
 * progress within a round is drawn as it comes.
 */
import { io } from '/socket.io/socket.io.esm.min.js'
import { drawLegend, drawLosses } from '/chart.js'
import { element, fill } from '/element.js'

/** Also the pace of the countdown to a deadline. */
const REFRESH_MS = 2000

/** Progress within the round, as far as this page saw it: site -> [{x, loss}], x in rounds. */
const live = new Map()
let study
let reading = false
let again = false

/** A snapshot first, then what happened after it. */
const socket = io('/observe', {
  autoConnect: false,
  transports: ['websocket', 'polling'],
  tryAllTransports: true,
  auth: (give) => give({ after: study?.seq ?? 0 }),
})
socket.on('connect', refresh)
socket.on('event', refresh)
socket.on('progress', showProgress)
socket.on('disconnect', showOffline)
socket.on('connect_error', showOffline)
window.setInterval(refresh, REFRESH_MS)
window.addEventListener('resize', drawChart)
refresh().then(() => socket.connect())

/** One request at a time; what happens meanwhile asks for one more. */
async function refresh() {
  again = reading
  if (reading) return
  reading = true
  try {
    const [view, registry] = await Promise.all(['/v1/study', '/v1/models'].map(readJson))
    study = view
    show(registry.models)
  } catch {
    showOffline()
  } finally {
    reading = false
  }
  if (again) refresh()
}

const readJson = async (path) => (await window.fetch(path)).json()

function show(models) {
  document.title = `${study.study} · Consilium`
  fill('study', study.study)
  document.getElementById('state').className = `pill ${study.state}`
  fill('state', study.state)
  fill('wait', study.wait)
  fill('rounds', ...roundMarks())
  fill('sites', ...study.sites.map(siteCard))
  fill('model', ...modelFacts(models))
  fill('wire', ...wireFacts(study.wire))
  drawChart()
}

function showOffline() {
  document.getElementById('state').className = 'pill offline'
  fill('state', 'not reachable')
  fill('wait', 'The coordinator is not reachable. This page goes on by itself when it is back.')
}

function showProgress(progress) {
  if (study === undefined) return
  const { site, round, step, steps, loss } = progress
  const points = live.get(site) ?? []
  const ofThisRound = points.filter(({ x }) => x > round - 1)
  live.set(site, [...ofThisRound, { x: round - 1 + step / Math.max(1, steps), loss }])
  study.sites = study.sites.map((known) =>
    known.site === site ? { ...known, connected: true, secondsSinceSeen: 0, progress } : known,
  )
  fill('sites', ...study.sites.map(siteCard))
  drawChart()
}

function drawChart() {
  if (study === undefined) return
  drawLosses(document.getElementById('chart'), study, live)
  drawLegend(document.getElementById('legend'), study)
  fill('losses', ...lossRows())
}

function roundMarks() {
  const known = new Map(study.rounds.map((round) => [round.round, round]))
  return Array.from({ length: study.roundsPlanned }, (_, i) => {
    const round = known.get(i + 1)
    const text = `round ${i + 1}: ${describeRound(round)}`
    return element('li', { className: markOf(round), title: text, ariaLabel: text })
  })
}

function markOf(round) {
  if (round === undefined) return 'pending'
  if (round.status !== 'committed') return 'open'
  return round.missing.length > 0 ? 'committed incomplete' : 'committed'
}

function describeRound(round) {
  if (round === undefined) return 'to come'
  if (round.status !== 'committed') return round.status
  const missing = round.missing.length > 0 ? `, missing ${round.missing.join(', ')}` : ''
  return `mean loss ${round.meanLoss.toFixed(3)}${missing}`
}

function siteCard(site) {
  const { progress } = site
  const current = progress !== undefined && progress.round === study.round ? progress : undefined
  return element(
    'li',
    {},
    element('div', { className: 'name' }, site.site, statusOf(site)),
    element('progress', {
      max: 1,
      value: current === undefined ? 0 : current.step / Math.max(1, current.steps),
      ariaLabel: `Progress of ${site.site} in its round`,
    }),
    element('div', { className: 'facts' }, factsOf(site, current)),
  )
}

function statusOf({ site, joined, connected, secondsSinceSeen, progress }) {
  const delivered =
    study.rounds.at(-1)?.status === 'collecting' && site in study.rounds.at(-1).losses
  if (!joined) return element('span', { className: 'status' }, 'left')
  if (!connected) {
    const since = secondsSinceSeen === undefined ? '' : `, seen ${duration(secondsSinceSeen)} ago`
    return element('span', { className: 'status away' }, `away${since}`)
  }
  const training = study.state === 'collecting' && progress?.round === study.round
  return element(
    'span',
    { className: 'status' },
    delivered ? 'delivered' : training ? 'training' : 'connected',
  )
}

function factsOf({ imagesBucket }, current) {
  const images = `${imagesBucket}+ images`
  if (current === undefined) return images
  const { step, steps, loss, imagesPerSecond } = current
  return `step ${step} of ${steps} · loss ${loss.toFixed(3)} · ${Math.round(imagesPerSecond)} images/s · ${images}`
}

const duration = (seconds) =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`

function modelFacts(models) {
  const newest = models.at(-1)
  const origin = {
    initial: () => 'untrained',
    round: () => `round ${newest.round}, from ${newest.contributors.map(shareOf).join(', ')}`,
    release: () =>
      `backbone of the last model, ${newest.rounds} rounds, ${newest.sites.join(', ')}`,
  }[newest.kind]()
  return [
    ...fact(newest.kind === 'release' ? 'Release' : 'Newest', newest.sha256, 'digest'),
    ...fact('Made in', origin),
    ...(newest.parent === undefined ? [] : fact('Parent', newest.parent, 'digest')),
    ...fact('Parameters', newest.parameters.toLocaleString('en')),
    ...fact('Plan', newest.planSha256, 'digest'),
  ]
}

const shareOf = ({ site, weight }) => `${site} ${Math.round(100 * weight)} %`

function wireFacts(wire) {
  const rate = (value) =>
    value === undefined ? 'none yet' : `${value.toFixed(2)} bytes per parameter`
  return [
    ...fact('Updates in', `${wire.updates}, ${megabytes(wire.bytesUp)}`),
    ...fact('', rate(wire.bytesPerParameterUp)),
    ...fact('Models out', `${wire.downloads}, ${megabytes(wire.bytesDown)}`),
    ...fact('', rate(wire.bytesPerParameterDown)),
  ]
}

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`

const fact = (name, value, className = '') => [
  element('dt', {}, name),
  element('dd', { className }, value),
]

function lossRows() {
  const names = study.sites.map(({ site }) => site)
  const head = element(
    'tr',
    {},
    ...['Round', ...names, 'All'].map((name) => element('th', {}, name)),
  )
  const rows = study.rounds.map((round) => {
    const values = [...names.map((name) => round.losses[name]), round.meanLoss]
    const cells = [String(round.round), ...values.map((value) => value?.toFixed(4) ?? '')]
    return element('tr', {}, ...cells.map((text) => element('td', {}, text)))
  })
  return [head, ...rows]
}
