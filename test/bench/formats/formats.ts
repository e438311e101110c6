import type { WireFormat } from '@consilium/weights'

/** Float32 first: the others are compared with it. */
export const formats: readonly WireFormat[] = [
  { format: 'float32' },
  { format: 'float16' },
  { format: 'int8', block: 256 },
  { format: 'top-k', fraction: 0.1 },
  { format: 'top-k', fraction: 0.01 },
]

/** 'int8, block 256' */
export const formatLabel = (format: WireFormat): string =>
  Object.entries(format)
    .map(([key, value]) => (key === 'format' ? String(value) : `${key} ${value}`))
    .join(', ')
