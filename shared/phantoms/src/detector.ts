/** From X-ray thickness to the site's image: exposure, sharpness, contrast, non-linearity, noise and tint, in this order. */
import type { Stream } from '@consilium/random'
import { FILM_SIZE } from './film.ts'
import { gaussianBlur } from './gaussian-blur.ts'
import type { PhantomSite, Tint } from './phantom-site.ts'

export interface Image {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  /** [H,W,C], 0..1. */
  readonly pixels: Float32Array
}

/** Thickness beyond which a film is as bright as it gets, and the steps of the response's table up to there. */
const OPAQUE = 6
const STEPS = 1024

export function develop(thickness: Float32Array, site: PhantomSite, stream: Stream): Image {
  const response = drawResponse(site, stream)
  const blurred = gaussianBlur(thickness, FILM_SIZE, site.blur * stream.uniform(0.8, 1.2))
  const grey = blurred.map((t) => {
    const brightness = response[Math.min(STEPS, Math.round((t / OPAQUE) * STEPS))]!
    return clamp(
      brightness + site.noise * Math.sqrt(0.1 + 0.9 * brightness) * roughlyNormal(stream),
    )
  })
  const size = { width: FILM_SIZE, height: FILM_SIZE }
  return site.tint === undefined
    ? { ...size, channels: 1, pixels: grey }
    : { ...size, channels: 3, pixels: tinted(grey, site.tint) }
}

/** The brightness of 0..OPAQUE thickness in STEPS steps. Bones are bright, as on the films radiologists read. */
function drawResponse(site: PhantomSite, stream: Stream): Float32Array {
  const exposure = stream.uniform(0.65, 1.35)
  const contrast = site.contrast * stream.uniform(0.75, 1.25)
  const gamma = site.gamma * stream.uniform(0.85, 1.15)
  return Float32Array.from({ length: STEPS + 1 }, (_, step) => {
    const absorbed = 1 - Math.exp((-exposure * OPAQUE * step) / STEPS)
    return clamp(0.5 + contrast * (absorbed - 0.5)) ** gamma
  })
}

/** Mean 0, standard deviation 1, from the four bytes of one draw: a normal draw per pixel would cost more than the film. */
function roughlyNormal(stream: Stream): number {
  const bits = stream.bits()
  const sum = (bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24)
  return (sum - 510) / 147.8
}

function tinted(grey: Float32Array, { black, white }: Tint): Float32Array {
  const pixels = new Float32Array(grey.length * 3)
  for (let i = 0; i < grey.length; i += 1) {
    for (let c = 0; c < 3; c += 1)
      pixels[3 * i + c] = black[c]! + (white[c]! - black[c]!) * grey[i]!
  }
  return pixels
}

const clamp = (x: number): number => Math.min(1, Math.max(0, x))
