/**
 * A film before development: X-ray thickness on a square grid, 0 for air. Anatomy is drawn in the patient's coordinates:
 * u grows to the image's right, v downwards, and the film covers about -1..1 of both.
 */
export const FILM_SIZE = 128

/** Where the patient stands before the film. */
export interface Pose {
  readonly shiftU: number
  readonly shiftV: number
  /** Radians. */
  readonly rotation: number
  readonly scale: number
}

export interface Film {
  /** [FILM_SIZE, FILM_SIZE] */
  readonly thickness: Float32Array
  readonly pose: Pose
}

export interface Stroke {
  readonly from: readonly [u: number, v: number]
  readonly to: readonly [u: number, v: number]
  /** Standard deviation of the cross-section. */
  readonly width: number
  readonly thickness: number
}

export const createFilm = (pose: Pose): Film => ({
  thickness: new Float32Array(FILM_SIZE * FILM_SIZE),
  pose,
})

const pixelsPerUnit = ({ scale }: Pose): number => (FILM_SIZE / 2) * scale

/** Adds `thicknessAt(u, v)` to every pixel. */
export function paint(
  { thickness, pose }: Film,
  thicknessAt: (u: number, v: number) => number,
): void {
  const cos = Math.cos(pose.rotation) / pixelsPerUnit(pose)
  const sin = Math.sin(pose.rotation) / pixelsPerUnit(pose)
  for (let y = 0, pixel = 0; y < FILM_SIZE; y += 1) {
    const dy = y + 0.5 - FILM_SIZE / 2
    for (let x = 0; x < FILM_SIZE; x += 1, pixel += 1) {
      const dx = x + 0.5 - FILM_SIZE / 2
      const u = cos * dx + sin * dy - pose.shiftU
      const v = cos * dy - sin * dx - pose.shiftV
      thickness[pixel]! += thicknessAt(u, v)
    }
  }
}

/** Adds a line with a Gaussian cross-section; a stroke from a point to itself is a Gaussian dot. */
export function stroke(film: Film, { from, to, width, thickness }: Stroke): void {
  const [x0, y0] = toPixel(film.pose, from)
  const [x1, y1] = toPixel(film.pose, to)
  const sigma = width * pixelsPerUnit(film.pose)
  const reach = 2.5 * sigma
  const lengthSquared = (x1 - x0) ** 2 + (y1 - y0) ** 2
  const right = onFilm(Math.max(x0, x1) + reach)
  const bottom = onFilm(Math.max(y0, y1) + reach)
  for (let y = onFilm(Math.min(y0, y1) - reach); y <= bottom; y += 1) {
    for (let x = onFilm(Math.min(x0, x1) - reach); x <= right; x += 1) {
      const along =
        lengthSquared > 0 ? ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / lengthSquared : 0
      const t = Math.min(1, Math.max(0, along))
      const squared = (x - x0 - t * (x1 - x0)) ** 2 + (y - y0 - t * (y1 - y0)) ** 2
      if (squared > reach * reach) continue
      film.thickness[y * FILM_SIZE + x]! += thickness * Math.exp(-squared / (2 * sigma * sigma))
    }
  }
}

/** Position in pixels: pixel (0, 0) has its centre at 0, 0. */
function toPixel(pose: Pose, [u, v]: readonly [number, number]): readonly [number, number] {
  const unit = pixelsPerUnit(pose)
  const du = (u + pose.shiftU) * unit
  const dv = (v + pose.shiftV) * unit
  const cos = Math.cos(pose.rotation)
  const sin = Math.sin(pose.rotation)
  const middle = (FILM_SIZE - 1) / 2
  return [middle + cos * du - sin * dv, middle + sin * du + cos * dv]
}

const onFilm = (position: number): number =>
  Math.min(FILM_SIZE - 1, Math.max(0, Math.round(position)))
