import { float16Packing } from './float16-packing.ts'
import { int8Packing } from './int8-packing.ts'
import type { Packing } from './packing.ts'
import { topKPacking } from './top-k-packing.ts'
import type { PackedFormat } from './wire-format.ts'

/** `values`: length of the vector, 1 or more. */
export function packingOf(format: PackedFormat, values: number): Packing {
  switch (format.format) {
    case 'float16':
      return float16Packing(values)
    case 'int8':
      return int8Packing(values, format.block)
    case 'top-k':
      return topKPacking(values, format.fraction)
  }
}
