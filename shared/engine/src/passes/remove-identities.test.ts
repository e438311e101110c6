import { tf, type Program } from '../index.ts'
import { graphToText } from '../print/graph-to-text.ts'
import { traceProgram } from '../trace/trace-program.ts'
import { removeIdentities } from './remove-identities.ts'

test('copies and casts that change no type are taken out, other casts stay', () => {
  const program: Program = ({ x }) => {
    const whole = tf.cast(tf.clone(x!), 'int32')
    return { copy: tf.clone(x!), y: tf.cast(tf.cast(whole, 'float32'), 'float32') }
  }
  expect(graphToText(removeIdentities(traceProgram(program, { x: [2] })))).toBe(
    [
      'input %x float32[2]',
      '%2 int32[2] = Cast(%x) {dtype: "int32"}',
      '%4 float32[2] = Cast(%2) {dtype: "float32"}',
      'output copy = %x',
      'output y = %4',
      '',
    ].join('\n'),
  )
})
