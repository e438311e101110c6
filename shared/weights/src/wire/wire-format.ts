/** How a delta is written for the wire, as a study plan's `transfer.formats` says it. */
export type WireFormat = { readonly format: 'float32' } | PackedFormat

/** Fewer than 4 bytes a parameter, so that something of the delta is lost. */
export type PackedFormat =
  | { readonly format: 'float16' }
  /** `block`: values that share a scale, 1 or more. */
  | { readonly format: 'int8'; readonly block: number }
  /** `fraction`: part of the values that are sent, above 0 and up to 1. */
  | { readonly format: 'top-k'; readonly fraction: number }
