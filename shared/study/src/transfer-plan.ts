/** How updates are written for the wire. */
import { z } from 'zod'

const format = z.discriminatedUnion('format', [
  /** 4 bytes a parameter, exact. */
  z.strictObject({ format: z.literal('float32') }),
  /** 2 bytes a parameter. */
  z.strictObject({ format: z.literal('float16') }),
  /** 1 byte a parameter and a float32 scale for every `block` of them; the rounding error goes into the next update. */
  z.strictObject({ format: z.literal('int8'), block: z.int().min(16).max(65_536) }),
  /** The `fraction` of parameters that changed most, with their positions; the rest goes into the next update. */
  z.strictObject({ format: z.literal('top-k'), fraction: z.number().positive().max(1) }),
])

export const transfer = z.strictObject({
  /** In order of preference: a site takes the first one it knows. */
  formats: z
    .array(format)
    .min(1)
    .max(4)
    .refine((formats) => new Set(formats.map((one) => one.format)).size === formats.length, {
      message: 'must not name a format twice',
    }),
})

export type WireFormat = Readonly<z.infer<typeof format>>
