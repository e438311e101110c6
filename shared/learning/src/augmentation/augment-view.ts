import type { Stream } from '@consilium/random'
import { blur } from './blur.ts'
import { jitterColour, toGrey } from './colour.ts'
import { cropAndTurn } from './crop-and-turn.ts'
import { equalise } from './equalise.ts'
import type { Image } from './image.ts'
import { BLUR_SIGMA, type Augmentation } from './presets.ts'

/** The image size for which BLUR_SIGMA is meant. */
const BLUR_REFERENCE_SIZE = 224

/** One random view of an image, in REMEDIS's order: equalise, turn and crop, colour, grey, blur. The input is not changed. */
export function augmentView(image: Image, augmentation: Augmentation, stream: Stream): Image {
  const source = { ...image, data: image.data.slice() }
  if (stream.chance(augmentation.equalise)) equalise(source)
  const view = cropAndTurn(source, augmentation, stream)
  if (stream.chance(augmentation.jitter)) jitterColour(view, augmentation, stream)
  if (stream.chance(augmentation.grey)) toGrey(view)
  if (!stream.chance(augmentation.blur)) return view
  return blur(view, (stream.uniform(...BLUR_SIGMA) * image.size) / BLUR_REFERENCE_SIZE + 0.1)
}
