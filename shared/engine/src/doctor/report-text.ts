import type { DoctorReport, ProviderFinding, RuntimeFinding } from './doctor-report.ts'

const LABEL_WIDTH = 14

/** A report for people: plain lines, labels on the left. */
export function reportText(report: DoctorReport): string {
  const rows: [label: string, lines: readonly string[]][] = [
    ['Runtimes', report.runtimes.map((finding) => runtimeText(finding, report))],
    ['Providers', report.providers.map(providerText)],
    ['Processor', [`${report.processor}, ${report.platform}`]],
    ['Cores', [count(report.cores)]],
    ['Threads', [count(report.threads)]],
    ['Memory', [`${gib(report.memoryBytes)}, ${gib(report.freeMemoryBytes)} free`]],
    ['Node', [report.node]],
    ['Convolutions', [convolutionText(report)]],
    ['Cache', [`${report.cache.folder}, choices: ${report.cache.choices}`]],
    ['Throughput', [throughputText(report)]],
    ['Problems', report.problems.length === 0 ? ['none'] : report.problems],
  ]
  return rows
    .filter(([, lines]) => lines.length > 0)
    .map(([label, lines]) => block(label, lines))
    .join('')
}

const block = (label: string, lines: readonly string[]): string =>
  lines.map((line, i) => `${(i === 0 ? label : '').padEnd(LABEL_WIDTH)}${line}\n`).join('')

function runtimeText({ name, loaded, detail }: RuntimeFinding, { runtime }: DoctorReport): string {
  if (!loaded) return `${name}: not loaded, because ${detail}`
  if (name !== runtime) return `${name}: loaded, not used (${detail})`
  const why = name === 'onnx' ? 'the default' : 'because onnx does not compute here'
  return `${name}: used, ${why} (${detail})`
}

const providerText = ({ name, usable, reason }: ProviderFinding): string => {
  if (!usable) return `${name}: not usable, because ${reason!}`
  return name === 'cpu' ? 'cpu: used, the default' : `${name}: usable, by the option \`provider\``
}

function convolutionText({ blockSize }: DoctorReport): string {
  if (blockSize === null) return 'unknown without ONNX Runtime'
  return blockSize === 0
    ? 'without blocked kernels, which this processor does not have'
    : `with blocked kernels, ${blockSize} channels in a block`
}

function throughputText({ throughput }: DoctorReport): string {
  if (throughput === null) return 'nothing can compute'
  const { viewsPerSecond, gflopPerSecond, steps, views, seconds } = throughput
  const speed = `${viewsPerSecond.toFixed(0)} views/s, ${gflopPerSecond.toFixed(1)} GFLOP/s`
  return `${speed} (SimCLR with a small ResNet, ${steps} steps of ${views} views of 32 x 32 in ${seconds.toFixed(1)} s)`
}

const count = (n: number): string => String(n)

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
