/**
 * Draws training and test images: 70 to 30, stratified by label, whole patients. The order within a label is the
 * order of a hash of the patient or of the file's content, so the split is the same on every machine and run, whatever
 * the files are called. Images of patients without any label train: a test needs labels.
 */
import type { Split } from '@consilium/learning'
import { sha256 } from '@consilium/weights'

export const TEST_FRACTION = 0.3

export interface SplitInput {
  /** SHA-256 of the file. */
  readonly contentSha256: string
  /** Class index, -1 without a label. */
  readonly label: number
  readonly patient?: string | undefined
}

/** The split of each image. No patient, and no file, is in two splits. */
export function assignSplits(images: readonly SplitInput[]): readonly Split[] {
  const labels = new Map<string, number>()
  for (const image of images) {
    const group = groupOf(image)
    labels.set(group, Math.max(labels.get(group) ?? -1, image.label))
  }
  const test = new Set([...new Set(labels.values())].flatMap((label) => testGroups(labels, label)))
  return images.map((image) => (test.has(groupOf(image)) ? 'test' : 'train'))
}

const groupOf = ({ patient, contentSha256 }: SplitInput): string =>
  patient === undefined ? contentSha256 : sha256(`patient ${patient}`)

/** With two groups or more, each label is in both splits. A patient with several labels counts for the last of them. */
function testGroups(labels: ReadonlyMap<string, number>, label: number): readonly string[] {
  if (label < 0) return []
  const groups = [...labels].filter(([, l]) => l === label).map(([group]) => group)
  const count = groups.length < 2 ? 0 : Math.max(1, Math.round(groups.length * TEST_FRACTION))
  return groups.sort().slice(0, count)
}
