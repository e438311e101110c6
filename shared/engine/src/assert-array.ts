import { types } from 'node:util'
import { sizeOf } from '@consilium/weights'
import { InvalidInputError } from './errors.ts'

/** Refuses what is no Float32Array (of any realm) with the values of `shape`. Throws ENGINE_INVALID_INPUT. */
export function assertArray(name: string, data: unknown, shape: readonly number[]): void {
  const expected = `${sizeOf(shape)} float32 values of shape [${shape.join(', ')}]`
  if (data === undefined) throw new InvalidInputError({ name, came: 'missing', expected })
  if (!types.isFloat32Array(data))
    throw new InvalidInputError({ name, came: typeOf(data), expected })
  if (data.length !== sizeOf(shape))
    throw new InvalidInputError({ name, came: `${data.length} values`, expected })
}

/** As in "an Int32Array". */
export function typeOf(value: unknown): string {
  const name = Object.prototype.toString.call(value).slice('[object '.length, -1)
  return `${/^[AIO]/.test(name) ? 'an' : 'a'} ${name}`
}
