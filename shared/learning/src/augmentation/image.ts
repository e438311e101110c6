/** One image at working resolution: [size, size, channels], values in 0..1. */
export interface Image {
  readonly size: number
  readonly channels: 1 | 3
  readonly data: Float32Array
}
