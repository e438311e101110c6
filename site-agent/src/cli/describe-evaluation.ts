import type { SiteEvaluation } from '@consilium/learning'

const BACKBONES = ['untrained', 'local', 'federated'] as const

/** A small table for people: AUC by share of labels. */
export function describeEvaluation({
  name,
  images,
  heldOut,
  probe,
  fineTune,
}: SiteEvaluation): readonly string[] {
  const fractions = Object.keys(probe).sort((a, b) => Number(a) - Number(b))
  const row = (label: string, value: (fraction: string) => number | undefined): string =>
    label.padEnd(24) + fractions.map((f) => (value(f)?.toFixed(3) ?? '-').padStart(8)).join('')
  return [
    `${name}: ${images} training images, ${heldOut} held out; macro AUC on the held-out images`,
    'labels used'.padEnd(24) + fractions.map((f) => `${Number(f) * 100} %`.padStart(8)).join(''),
    ...BACKBONES.map((backbone) => row(`probe, ${backbone}`, (f) => probe[f]?.[backbone]?.auc)),
    row('fine-tuned, scratch', (f) => fineTune[f]?.scratch),
    row('fine-tuned, federated', (f) => fineTune[f]?.federated),
  ]
}
