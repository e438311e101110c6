/** One decoded image, before it is brought to working resolution. */
export interface RawImage {
  readonly width: number
  readonly height: number
  /** 1 grey, 3 RGB. Alpha is already composited on black. */
  readonly channels: 1 | 3
  /** height * width * channels samples, rows first. */
  readonly samples: Uint8Array | Uint16Array | Float32Array
  /** `bytes`: 0..255 is black to white. `values`: only the order of the values has a meaning. */
  readonly scale: 'bytes' | 'values'
  /** One entry per pixel, not 0 where the pixel is padding and not image. */
  readonly padding?: Uint8Array
}
