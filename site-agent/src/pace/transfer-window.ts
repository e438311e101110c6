/** A daily time of transfers by the clock of this machine, as '22:00-06:00'; it may go over midnight. */

export interface TransferWindow {
  /** Minutes after midnight. */
  readonly from: number
  readonly to: number
}

/** Undefined where the text is no window. */
export function parseTransferWindow(text: string): TransferWindow | undefined {
  const [, ...parts] = /^(\d\d):(\d\d)-(\d\d):(\d\d)$/.exec(text) ?? []
  const [h1 = 24, m1 = 0, h2 = 24, m2 = 0] = parts.map(Number)
  if (h1 > 23 || h2 > 23 || m1 > 59 || m2 > 59) return undefined
  const window = { from: 60 * h1 + m1, to: 60 * h2 + m2 }
  return window.from === window.to ? undefined : window
}

export const isOpen = ({ from, to }: TransferWindow, now: Date): boolean => {
  const minute = 60 * now.getHours() + now.getMinutes()
  return from < to ? from <= minute && minute < to : from <= minute || minute < to
}

export const formatWindow = ({ from, to }: TransferWindow): string =>
  `${clock(from)} to ${clock(to)}`

const clock = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
