type Vector = Float32Array | Float64Array

/** Sum in float64 of a[i] * b[i] over the length of `a`. */
export function dot(a: Vector, b: Vector): number {
  const length = a.length
  let sum = 0
  for (let i = 0; i < length; i += 1) sum += a[i]! * b[i]!
  return sum
}
