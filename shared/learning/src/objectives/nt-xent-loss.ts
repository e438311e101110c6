/**
 * NT-Xent (Chen et al. 2020, SimCLR, equation 1): each view must find the other view of its image among all others.
 * Cosine similarities are at most 1, so exp((s - 1) / temperature) cannot overflow and no maximum is subtracted.
 *
 * The gradient is written out and made together with the value, in blocks of rows: a batch of 2N views needs the memory
 * of one block of similarities instead of several matrices [2N, 2N]. With p the softmax of row i over all j != i:
 * d loss / dz = (p z + p' z) / (temperature 2N) - 2 partners / (temperature 2N).
 */
import { tf, type TensorFlow } from '@consilium/engine'
import { normaliseRows } from './normalise-rows.ts'

type Tensor2D = TensorFlow.Tensor2D

/** Rows of similarities at a time; a smaller batch is one block. */
export const BLOCK_ROWS = 1024

/** embeddings [2N, D], row i and row i + N being two views of one image -> mean loss over the 2N rows, a scalar. */
export function ntXentLoss(
  embeddings: Tensor2D,
  temperature: number,
  blockRows = BLOCK_ROWS,
): TensorFlow.Scalar {
  const loss = tf.customGrad((...args) => {
    const [z, save] = args as unknown as [Tensor2D, TensorFlow.GradSaveFunc]
    const { value, gradient } = valueAndGradient(z, { temperature, blockRows })
    save([gradient])
    return {
      value,
      gradFunc: (dy: TensorFlow.Tensor, saved: TensorFlow.Tensor[]) => tf.mul(saved[0]!, dy),
    }
  })
  return loss(normaliseRows(embeddings))
}

interface Setting {
  readonly temperature: number
  readonly blockRows: number
}

/** z [2N, D], rows of length 1 -> the loss, and its gradient [2N, D] */
function valueAndGradient(
  z: Tensor2D,
  { temperature, blockRows }: Setting,
): { value: TensorFlow.Scalar; gradient: Tensor2D } {
  const [rows] = z.shape
  const n = rows / 2
  const partners = tf.concat([tf.slice(z, [n, 0], [n, -1]), tf.slice(z, [0, 0], [n, -1])]) // [2N, D]
  const positive = tf.div(tf.sum(tf.mul(z, partners)), temperature)
  const starts = Array.from(
    { length: Math.ceil(rows / blockRows) },
    (_, block) => block * blockRows,
  )
  const blocks = starts.map((start) =>
    rowBlock(z, { start, count: Math.min(blockRows, rows - start), temperature }),
  )
  const attracted = sum(blocks.map(({ byColumns }) => byColumns)) // [2N, D]
  const repelled = tf.add(tf.concat(blocks.map(({ byRows }) => byRows)), attracted) // [2N, D]
  const logSums = tf.add(sum(blocks.map(({ logSum }) => logSum)), rows / temperature)
  return {
    value: tf.div(tf.sub(logSums, positive), rows),
    gradient: tf.mul(tf.sub(repelled, tf.mul(partners, 2)), 1 / (temperature * rows)),
  }
}

interface RowBlock {
  /** Sum over the block's rows of log sum_j exp((s_ij - 1) / temperature). */
  readonly logSum: TensorFlow.Scalar
  /** p z: what the block's rows meet, [count, D] */
  readonly byRows: Tensor2D
  /** p' z: what meets the block's rows, [2N, D] */
  readonly byColumns: Tensor2D
}

function rowBlock(
  z: Tensor2D,
  { start, count, temperature }: { start: number; count: number; temperature: number },
): RowBlock {
  const own = tf.slice(z, [start, 0], [count, -1]) // [count, D]
  const similarities = tf.matMul(own, z, false, true) // [count, 2N]
  const weights = tf.mul(
    tf.exp(tf.mul(tf.sub(similarities, 1), 1 / temperature)),
    notSelf(start, count, z.shape[0]),
  )
  const others = tf.sum(weights, 1, true) // [count, 1]
  const p = tf.div<Tensor2D>(weights, others)
  return {
    logSum: tf.sum(tf.log(others)),
    byRows: tf.matMul(p, z),
    byColumns: tf.matMul(p, own, true),
  }
}

/** 1 everywhere but where row and column are the same view, [count, rows]. */
function notSelf(start: number, count: number, rows: number): Tensor2D {
  const row = tf.tensor2d(
    Float32Array.from({ length: count }, (_, i) => start + i),
    [count, 1],
  )
  const column = tf.tensor2d(
    Float32Array.from({ length: rows }, (_, i) => i),
    [1, rows],
  )
  const isSelf = tf.cast<Tensor2D>(tf.equal<Tensor2D>(row, column), 'float32')
  return tf.sub<Tensor2D>(1, isSelf)
}

const sum = <T extends TensorFlow.Tensor>(terms: readonly T[]): T =>
  terms.reduce((a, b) => tf.add<T>(a, b))
