/** Running sums and products along one axis, either way; `exclusive` ones leave out the value at their own place. */
import type { GraphWriter } from '../onnx/graph-writer.ts'
import type { Kernel } from './kernel.ts'

interface Scan {
  readonly x: string
  readonly rank: number
  readonly axis: number
  readonly length: number
  readonly exclusive: boolean
  readonly reverse: boolean
}

const scan = (name: string, emit: (writer: GraphWriter, scan: Scan) => string): Kernel => ({
  name,
  inputs: ['x'],
  infer: ([x]) => x!,
  lower: ({ inputs: [x], attributes, output }, writer) => {
    const layout = writer.nativeLayout(x!)
    const logicalAxis = attributes['axis'] as number
    const result = emit(writer, {
      x: writer.load(x!, layout),
      rank: layout.length,
      axis: layout.indexOf(logicalAxis),
      length: x!.shape[logicalAxis]!,
      exclusive: attributes['exclusive'] === true,
      reverse: attributes['reverse'] === true,
    })
    writer.store(output, result, layout)
  },
})

const cumulativeSum = (writer: GraphWriter, { x, axis, exclusive, reverse }: Scan): string =>
  writer.emit('CumSum', [x, writer.constant(new Int32Array([axis]), [], 'int32')], {
    exclusive: exclusive ? 1 : 0,
    reverse: reverse ? 1 : 0,
  })

/** ONNX has no running product. Each step multiplies in what stands 1, 2, 4, ... places back (Hillis & Steele 1986). */
function cumulativeProduct(writer: GraphWriter, scan: Scan): string {
  let product = scan.exclusive ? shifted(writer, scan.x, scan, 1) : scan.x
  for (let places = 1; places < scan.length; places *= 2) {
    product = writer.emit('Mul', [product, shifted(writer, product, scan, places)])
  }
  return product
}

/** Values moved along the axis, ones moved in. A negative pad cuts. */
function shifted(
  writer: GraphWriter,
  x: string,
  { rank, axis, reverse }: Scan,
  places: number,
): string {
  const pads = new Array<number>(2 * rank).fill(0)
  pads[axis] = reverse ? -places : places
  pads[axis + rank] = -pads[axis]
  return writer.emit('Pad', [x, writer.ints(pads), writer.float(1)])
}

export const scanKernels: readonly Kernel[] = [
  scan('Cumsum', cumulativeSum),
  scan('Cumprod', cumulativeProduct),
]
