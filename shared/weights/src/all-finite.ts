/** Whether no value is a NaN or an infinity: times 0 those are NaN, and a sum keeps it. Of memory's speed. */
export function allFinite(values: Float32Array | Float64Array): boolean {
  let probe = 0
  for (let i = 0; i < values.length; i += 1) probe += values[i]! * 0
  return probe === 0
}
