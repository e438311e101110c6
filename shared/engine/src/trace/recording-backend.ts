/**
 * A TensorFlow.js backend that computes nothing: every kernel call becomes a node of a graph. It is registered once;
 * what it records goes to the recording that is open (tracing is synchronous, so there is never more than one).
 */
import { MissingKernelError, TracedReadError } from '../errors.ts'
import { kernels, type Kernel } from '../kernels/index.ts'
import { tf, type TensorFlow } from '../tf.ts'
import type { Attributes, ConstantData, DataType, Node, Value } from './graph.ts'

export const RECORDING_BACKEND = 'consilium-recording'

export interface Recording {
  readonly nodes: Node[]
  readonly constants: Map<Value, ConstantData>
  readonly values: WeakMap<object, Value>
}

let open: Recording | undefined
let nextId = 0

export function withRecording(recording: Recording, body: () => void): void {
  open = recording
  nextId = 0
  try {
    body()
  } finally {
    open = undefined
  }
}

/** A tensor of the open recording that stands for `value`. */
export function createValue(
  shape: readonly number[],
  dtype: DataType,
): { value: Value; dataId: object } {
  const value = { id: nextId, shape, dtype }
  nextId += 1
  const dataId = {}
  recording().values.set(dataId, value)
  return { value, dataId }
}

export function valueOf(tensor: { dataId: object }): Value {
  const value = recording().values.get(tensor.dataId)
  if (value === undefined)
    throw new Error('internal: a tensor of another backend in a recorded program')
  return value
}

function recording(): Recording {
  if (open === undefined) throw new Error('internal: no recording is open')
  return open
}

class RecordingBackend extends tf.KernelBackend {
  readonly #ids = new Set<object>()

  override write(values: ConstantData, shape: number[], dtype: 'float32'): object {
    const { value, dataId } = createValue(shape, dtype)
    recording().constants.set(value, values)
    return dataId
  }
  override move(dataId: object, values: ConstantData, shape: number[], dtype: 'float32'): void {
    const value = { id: nextId, shape, dtype }
    nextId += 1
    recording().values.set(dataId, value)
    recording().constants.set(value, values)
  }
  override readSync(): never {
    throw new TracedReadError()
  }
  override read(): never {
    throw new TracedReadError()
  }
  override numDataIds = (): number => this.#ids.size
  override disposeData = (): boolean => true
  override refCount = (): number => 1
  override incRef = (): void => undefined
  override memory = (): { unreliable: boolean } => ({ unreliable: true })
  override floatPrecision = (): 32 => 32
  override epsilon = (): number => 1e-7
  override dispose = (): void => undefined
}

type KernelInputs = Readonly<Record<string, TensorFlow.TensorInfo>>

function record(
  kernel: Kernel,
  inputs: KernelInputs,
  attributes: Attributes,
): TensorFlow.TensorInfo {
  const values = (kernel.inputs ?? Object.keys(inputs)).map((name) => valueOf(inputs[name]!))
  const { shape, dtype } = kernel.infer(values, attributes)
  const { value, dataId } = createValue(shape, dtype)
  recording().nodes.push({ kernel: kernel.name, inputs: values, attributes, output: value })
  return { dataId, shape: [...shape], dtype }
}

/** SplitV has several outputs; it is recorded as one slice for each. */
function recordSplit(inputs: KernelInputs, attributes: Attributes): TensorFlow.TensorInfo[] {
  const x = inputs['x']!
  const axis = tf.util.parseAxisParam(attributes['axis'] as number, x.shape)[0]!
  const sizes = tf.backend_util.prepareSplitSize(
    tf.engine().makeTensorFromTensorInfo(x),
    attributes['numOrSizeSplits'] as number[],
    axis,
  )
  let start = 0
  return sizes.map((length) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0))
    const size = x.shape.map((whole, i) => (i === axis ? length : whole))
    start += length
    return record(kernels.get('Slice')!, { x }, { begin, size })
  })
}

export function registerRecordingBackend(): void {
  if (tf.engine().backendNames().includes(RECORDING_BACKEND)) return
  tf.registerBackend(RECORDING_BACKEND, () => new RecordingBackend(), 0)
  for (const kernel of kernels.values()) {
    tf.registerKernel({
      kernelName: kernel.name,
      backendName: RECORDING_BACKEND,
      kernelFunc: ({ inputs, attrs }) => record(kernel, inputs as KernelInputs, { ...attrs }),
    })
  }
  tf.registerKernel({
    kernelName: 'SplitV',
    backendName: RECORDING_BACKEND,
    kernelFunc: ({ inputs, attrs }) => recordSplit(inputs as KernelInputs, { ...attrs }),
  })
}

/** tfjs reports an unregistered kernel as a plain error; ours names the kernel and says what to do. */
export function asMissingKernel(error: unknown): unknown {
  const name =
    error instanceof Error
      ? /Kernel '(\w+)' not registered for backend/.exec(error.message)?.[1]
      : undefined
  return name === undefined ? error : new MissingKernelError(name)
}
