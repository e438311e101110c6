import { createStream } from '@consilium/random'
import { sha256 } from '@consilium/weights'
import { augmentationPresets } from '../augmentation/presets.ts'
import type { Dataset } from '../dataset.ts'
import { viewBatch } from './view-batch.ts'

const IMAGES = 24

function noise(size: number, channels: 1 | 3): Dataset {
  const stream = createStream(1, 'noise', size, channels)
  return {
    size,
    channels,
    pixels: Uint16Array.from({ length: IMAGES * size * size * channels }, () =>
      stream.integer(65536),
    ),
    labels: new Int16Array(IMAGES),
    classes: [],
    splits: new Uint8Array(IMAGES),
  }
}

/** Digests of the first version: other bits would give another backbone from the same plan and data. */
test.each([
  ['xray', 1, 9, 'a1def87fb7fb5694d21040f5e2e44db5d449a34929339417f7473c89024d1854'],
  ['xray', 3, 28, '8bfda3897f23aa07f5632ae87aec71929afcb65e5b6e6467cedfc125a5ab8109'],
  ['microscopy', 1, 28, '83f5acab70e2e7d168471188bf70ff9d06249a6d70f713e42cc930da6173f834'],
  ['microscopy', 3, 9, '3b684c7c51bfbc352b70ff2967f137139b6a29f8ce6c066f6bead135e3b5cd1f'],
  ['microscopy', 3, 28, '77a0e29b2c90b69ad22a07b90194a8f87b28476f3a37ac6640f1c153071195cf'],
  ['microscopy', 3, 64, 'c47347ccaabc0566f969c21d5025d35c0d3939e1f696b74bb5a42b67753595ea'],
] as const)(
  'views by the preset %s of %i channel(s) at %i px have the bits they always had',
  (preset, channels, size, digest) => {
    const source = {
      dataset: noise(size, channels),
      augmentation: augmentationPresets[preset],
      seed: 7,
      path: ['bern', 'round', 3, 'epoch', 1],
    }
    const views = viewBatch(
      source,
      Uint32Array.from({ length: IMAGES }, (_, i) => i),
      2,
    )
    expect(sha256(new Uint8Array(views.buffer))).toBe(digest)
  },
)
