/**
 * Cuts one data set into parts that stand for sites. All parts together hold every image exactly once.
 *
 * `dirichlet` is the label skew of Hsu et al. 2019 (arXiv:1909.06335) in its per-class form: each class is shared out over
 * the parts by one Dirichlet draw. The same draw serves every official split, so a part's test images have the
 * prevalence of its training images. Images without a label are one more class. `quantity` draws the sizes of the parts.
 */
import { createStream, dirichlet, permutation } from '@consilium/random'
import type { Cut } from './parse-data-source.ts'

export interface CutInput {
  /** Class index of each image, -1 without a label. */
  readonly labels: Int16Array
  /** Split code of each image. */
  readonly splits: Uint8Array
}

/** Indices of the images in the part, ascending. */
export function cutIntoParts(input: CutInput, cut: Cut): Uint32Array {
  const mine = groupsOf(input, cut).flatMap(({ split, name, images }) => {
    const shares = sharesOf(name, cut)
    const order = permutation(createStream(cut.seed, 'cut', 'order', split, name), images.length)
    const from = boundary(shares, cut.part - 1, images.length)
    const to = boundary(shares, cut.part, images.length)
    return Array.from(order.subarray(from, to), (i) => images[i]!)
  })
  return Uint32Array.from(mine).sort()
}

/** Images that are shared out together. Groups of the same name are shared out in the same proportions. */
interface Group {
  readonly split: number
  readonly name: string
  readonly images: number[]
}

function groupsOf({ labels, splits }: CutInput, { skew }: Cut): readonly Group[] {
  const groups = new Map<string, Group>()
  splits.forEach((split, i) => {
    const name = skew.kind === 'dirichlet' ? `class ${labels[i]!}` : 'all'
    const key = `${split} ${name}`
    const group = groups.get(key) ?? { split, name, images: [] }
    group.images.push(i)
    groups.set(key, group)
  })
  return [...groups.values()]
}

/** Parts of the whole, one per part: positive, sum 1. */
function sharesOf(name: string, { skew, parts, seed }: Cut): Float64Array {
  if (skew.kind === 'none') return new Float64Array(parts).fill(1 / parts)
  return dirichlet(createStream(seed, 'cut', skew.kind, name), skew.alpha, parts)
}

/** Where the first `parts` parts of `n` images end. The last part ends at `n` whatever the rounding. */
function boundary(shares: Float64Array, parts: number, n: number): number {
  if (parts === shares.length) return n
  return Math.min(n, Math.round(n * shares.subarray(0, parts).reduce((sum, x) => sum + x, 0)))
}
