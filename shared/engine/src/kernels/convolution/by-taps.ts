/**
 * Convolution as one matrix product per kernel tap, over exactly the pixels that the tap reads. With activations in
 * CNHW a product spans the whole batch and nothing is rearranged: a 1x1 convolution is a single GEMM, and so is its
 * filter gradient. Padding costs nothing: at 2x2 pixels a padded 3x3 kernel has 16 products per channel pair, not 36.
 */
import { CNHW, type GraphWriter } from '../../onnx/graph-writer.ts'
import type { Value } from '../../trace/graph.ts'
import { tapsOf, type Convolution, type Geometry, type Reach, type Tap } from './geometry.ts'

/** [N, OH, OW, O] in CNHW */
export function forwardByTaps(writer: GraphWriter, { x, filter, geometry }: Convolution): string {
  const { inChannels, outChannels, outHeight, outWidth } = geometry
  const image = writer.load(x!, CNHW)
  const products = tapsOf(geometry).map((tap) => {
    const pixels = flatten(writer, readPixels(writer, image, tap, geometry), inChannels)
    const product = writer.emit('Gemm', [kernelAt(writer, filter!, tap, geometry), pixels], {
      transA: 1,
    })
    const shaped = unflatten(writer, product, { channels: outChannels, tap, geometry })
    const { rows, columns } = tap
    return pad(writer, shaped, [rows.from, columns.from], {
      before: [rows.to, columns.to],
      after: [outHeight, outWidth],
    })
  })
  return sum(writer, products)
}

/** [N, H, W, C] in CNHW */
export function inputGradientByTaps(
  writer: GraphWriter,
  { dy, filter, geometry }: Convolution,
): string {
  const { inChannels, outChannels, inHeight, inWidth } = geometry
  const gradient = writer.load(dy!, CNHW)
  const products = tapsOf(geometry).map((tap) => {
    const pixels = flatten(writer, writtenPixels(writer, gradient, tap, geometry), outChannels)
    const product = writer.emit('Gemm', [kernelAt(writer, filter!, tap, geometry), pixels])
    const shaped = unflatten(writer, product, { channels: inChannels, tap, geometry })
    const { rows, columns } = tap
    return pad(
      writer,
      spreadOut(writer, shaped, { channels: inChannels, tap, geometry }),
      [rows.start, columns.start],
      {
        before: [
          rows.start + lengthOf(rows) * rows.stride,
          columns.start + lengthOf(columns) * columns.stride,
        ],
        after: [inHeight, inWidth],
      },
    )
  })
  return sum(writer, products)
}

/** [kh, kw, C, O] in its own order */
export function filterGradientByTaps(
  writer: GraphWriter,
  { x, dy, geometry }: Convolution,
): string {
  const { inChannels, outChannels, filterHeight, filterWidth } = geometry
  const image = writer.load(x!, CNHW)
  const gradient = writer.load(dy!, CNHW)
  const products = new Map(
    tapsOf(geometry).map((tap) => {
      const read = flatten(writer, readPixels(writer, image, tap, geometry), inChannels)
      const written = flatten(writer, writtenPixels(writer, gradient, tap, geometry), outChannels)
      return [
        tap.row * filterWidth + tap.column,
        writer.emit('Gemm', [read, written], { transB: 1 }),
      ] as const
    }),
  )
  const taps = filterHeight * filterWidth
  const shape = [filterHeight, filterWidth, inChannels, outChannels]
  if (taps === 1) return writer.reshape(products.get(0)!, shape)
  const all = Array.from(
    { length: taps },
    (_, tap) => products.get(tap) ?? writer.filled([inChannels, outChannels], 0, 'float32'),
  )
  return writer.reshape(writer.emit('Concat', all, { axis: 0 }), shape)
}

/** The kernel's [C, O] matrix at a tap. */
function kernelAt(writer: GraphWriter, filter: Value, { row, column }: Tap, g: Geometry): string {
  const { filterWidth, filterHeight, inChannels, outChannels } = g
  const tap = row * filterWidth + column
  const rows = writer.reshape(writer.load(filter), [
    filterHeight * filterWidth * inChannels,
    outChannels,
  ])
  return slice(writer, rows, {
    axes: [0],
    starts: [tap * inChannels],
    ends: [(tap + 1) * inChannels],
    steps: [1],
    sizes: [filterHeight * filterWidth * inChannels],
  })
}

const readPixels = (
  writer: GraphWriter,
  image: string,
  { rows, columns }: Tap,
  g: Geometry,
): string =>
  slice(writer, image, {
    axes: [2, 3],
    starts: [rows.start, columns.start],
    ends: [lastRead(rows) + 1, lastRead(columns) + 1],
    steps: [rows.stride, columns.stride],
    sizes: [g.inHeight, g.inWidth],
  })

const writtenPixels = (
  writer: GraphWriter,
  gradient: string,
  { rows, columns }: Tap,
  g: Geometry,
): string =>
  slice(writer, gradient, {
    axes: [2, 3],
    starts: [rows.from, columns.from],
    ends: [rows.to, columns.to],
    steps: [1, 1],
    sizes: [g.outHeight, g.outWidth],
  })

const lengthOf = ({ from, to }: Reach): number => to - from
const lastRead = (reach: Reach): number => reach.start + (lengthOf(reach) - 1) * reach.stride

/** [channels, N, h, w] -> [channels, N*h*w] */
const flatten = (writer: GraphWriter, name: string, channels: number): string =>
  writer.reshape(name, [channels, -1])

interface Product {
  readonly channels: number
  readonly tap: Tap
  readonly geometry: Geometry
}

const unflatten = (
  writer: GraphWriter,
  name: string,
  { channels, tap: { rows, columns }, geometry: { batchSize } }: Product,
): string => writer.reshape(name, [channels, batchSize, lengthOf(rows), lengthOf(columns)])

/** Zeros between the pixels and after them along both axes: [C, N, h, w] -> [C, N, h*stride, w*stride]. */
function spreadOut(
  writer: GraphWriter,
  name: string,
  { channels, tap: { rows, columns }, geometry }: Product,
): string {
  const { batchSize, strideHeight, strideWidth } = geometry
  if (strideHeight === 1 && strideWidth === 1) return name
  const [h, w] = [lengthOf(rows), lengthOf(columns)]
  // Columns by a product with an interleaving matrix: ONNX Runtime pads single values far more slowly.
  const flat = writer.reshape(name, [channels * batchSize * h, w])
  const wide = writer.emit('Gemm', [flat, interleaving(writer, w, strideWidth)])
  const width = w * strideWidth
  const apart = writer.reshape(wide, [channels * batchSize * h, width])
  const pads = writer.ints([0, 0, 0, (strideHeight - 1) * width])
  const tall = writer.emit('Pad', [apart, pads, writer.float(0)])
  return writer.reshape(tall, [channels, batchSize, h * strideHeight, width])
}

/** [w, w * stride], 1 at (i, i * stride) */
function interleaving(writer: GraphWriter, w: number, stride: number): string {
  const matrix = new Float32Array(w * w * stride)
  for (let i = 0; i < w; i += 1) matrix[i * w * stride + i * stride] = 1
  return writer.constant(matrix, [w, w * stride], 'float32')
}

/** Zeros around rows and columns; what reaches beyond the end is cut (ONNX pads may be negative). */
function pad(
  writer: GraphWriter,
  name: string,
  [top, left]: readonly [number, number],
  { before, after }: { before: readonly [number, number]; after: readonly [number, number] },
): string {
  const pads = [0, 0, top, left, 0, 0, after[0] - before[0], after[1] - before[1]]
  return pads.every((p) => p === 0)
    ? name
    : writer.emit('Pad', [name, writer.ints(pads), writer.float(0)])
}

interface Range {
  readonly axes: readonly number[]
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly steps: readonly number[]
  /** Sizes of those axes: a slice of everything is no slice. */
  readonly sizes: readonly number[]
}

function slice(
  writer: GraphWriter,
  name: string,
  { axes, starts, ends, steps, sizes }: Range,
): string {
  const isWhole = axes.every((_, i) => starts[i] === 0 && ends[i] === sizes[i] && steps[i] === 1)
  return isWhole
    ? name
    : writer.emit('Slice', [name, ...[starts, ends, axes, steps].map((v) => writer.ints(v))])
}

const sum = (writer: GraphWriter, names: readonly string[]): string =>
  names.length === 1 ? names[0]! : writer.emit('Sum', names)
