/** Did the machine have something else to do? Pure. */

/** Of the 1-minute load average, per core. */
const BUSY_LOAD = 0.5

/** What is to be said about it, if anything. */
export function busyWarning(loadAverage: number, cores: number): string | undefined {
  if (loadAverage <= BUSY_LOAD * cores) return undefined
  return `The machine was busy at the start (load average ${loadAverage.toFixed(2)} on ${cores} cores): these ratios are not to be quoted.`
}
