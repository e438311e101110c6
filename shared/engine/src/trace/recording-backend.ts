/**
 * A TensorFlow.js backend that computes nothing: every kernel call becomes a node of a graph. It is registered once;
 * what it records goes to the recording that is open (tracing is synchronous, so there is never more than one).
 */
import {
  DynamicShapeError,
  MissingKernelError,
  OutsideTensorError,
  TracedReadError,
} from '../errors.ts'
import { kernels, type Kernel } from '../kernels/index.ts'
import { tf, type TensorFlow } from '../tf.ts'
import { callSiteOf } from './call-site.ts'
import { dynamicReader, hasDynamicShape } from './dynamic-shape.ts'
import type { Attributes, ConstantData, DataType, Node, Value } from './graph.ts'

export const RECORDING_BACKEND = 'consilium-recording'

export interface Recording {
  readonly nodes: Node[]
  readonly inputs: Map<string, Value>
  readonly constants: Map<Value, ConstantData>
  readonly values: WeakMap<object, Value>
  /** The first read of values: a program may swallow the error or never wait for it. */
  read?: Error
}

let open: Recording | undefined
let nextId = 0

export function withRecording<T>(recording: Recording, body: () => T): T {
  open = recording
  nextId = 0
  try {
    return body()
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

/** Undefined for a tensor that is not of the open recording. */
export const valueOf = (tensor: { dataId: object }): Value | undefined =>
  recording().values.get(tensor.dataId)

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
  override readSync(dataId: object): never {
    throw noteRead(dataId)
  }
  /** A promise that stays open: the recording fails once the program has returned. */
  override read(dataId: object): Promise<never> {
    noteRead(dataId)
    return new Promise(() => undefined)
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

function noteRead(dataId: object): Error {
  const stack = new Error()
  const site = callSiteOf(stack)
  const operation = dynamicReader(stack)
  const error =
    operation === undefined
      ? new TracedReadError({ source: describe(valueOf({ dataId })), site })
      : new DynamicShapeError({ operation, site })
  recording().read ??= error
  return error
}

/** `input 'x'`, `the result of kernel 'Sum'` or `a constant`. */
function describe(value: Value | undefined): string {
  const { inputs, nodes } = recording()
  const input = [...inputs].find(([, candidate]) => candidate === value)
  if (input !== undefined) return `input '${input[0]}'`
  const node = nodes.find(({ output }) => output === value)
  return node === undefined ? 'a constant' : `the result of kernel '${node.kernel}'`
}

type KernelInputs = Readonly<Record<string, TensorFlow.TensorInfo>>

function record(
  kernel: Kernel,
  inputs: KernelInputs,
  attributes: Attributes,
): TensorFlow.TensorInfo {
  const values = (kernel.inputs ?? Object.keys(inputs)).map((name) => {
    const value = valueOf(inputs[name]!)
    if (value !== undefined) return value
    throw new OutsideTensorError(
      `An input of kernel '${kernel.name}' at ${callSiteOf(new Error())}`,
    )
  })
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

/** Unpack has one output per place on the axis; each is recorded as a slice without that axis. */
function recordUnpack(inputs: KernelInputs, attributes: Attributes): TensorFlow.TensorInfo[] {
  const x = inputs['value']!
  const axis = tf.util.parseAxisParam(attributes['axis'] as number, x.shape)[0]!
  const size = x.shape.with(axis, 1)
  return Array.from({ length: x.shape[axis]! }, (_, place) => {
    const begin = x.shape.map((_, i) => (i === axis ? place : 0))
    const slice = record(kernels.get('Slice')!, { x }, { begin, size })
    return record(kernels.get('Reshape')!, { x: slice }, { shape: x.shape.toSpliced(axis, 1) })
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
  tf.registerKernel({
    kernelName: 'Unpack',
    backendName: RECORDING_BACKEND,
    kernelFunc: ({ inputs, attrs }) => recordUnpack(inputs as KernelInputs, { ...attrs }),
  })
}

/** tfjs reports an unregistered kernel as a plain error; ours names the kernel and its place, and says what to do. */
export function asMissingKernel(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const name = /Kernel '(\w+)' not registered for backend/.exec(error.message)?.[1]
  if (name === undefined) return error
  const site = callSiteOf(error)
  return hasDynamicShape(name)
    ? new DynamicShapeError({ operation: name, site })
    : new MissingKernelError(name, site)
}
