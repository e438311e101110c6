/** A site's images at working resolution, as training and evaluation see them. No name, path or tag is in here. */
export type Split = 'train' | 'validation' | 'test'

export interface Dataset {
  /** Images are [N, size, size, channels]. */
  readonly size: number
  readonly channels: 1 | 3
  /** N * size * size * channels values, 0..65535 over the stated intensity window. */
  readonly pixels: Uint16Array
  /** Class index of each image in `classes`, or -1 where it has no label. */
  readonly labels: Int16Array
  readonly classes: readonly string[]
  /** Split of each image: 0 train, 1 validation, 2 test. Training and label fractions draw from 0 only. */
  readonly splits: Uint8Array
}

export const splitCodes = { train: 0, validation: 1, test: 2 } as const satisfies Record<
  Split,
  number
>

/** Indices of the images of one split, in order; with `labelled`, only those that have a label. */
export function indicesOf(dataset: Dataset, split: Split, { labelled = false } = {}): Uint32Array {
  const code = splitCodes[split]
  return Uint32Array.from(
    [...dataset.splits.keys()].filter(
      (i) => dataset.splits[i] === code && (!labelled || dataset.labels[i]! >= 0),
    ),
  )
}
