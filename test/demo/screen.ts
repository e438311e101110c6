/** Shows progress to a person: bars that are redrawn on a terminal, plain lines anywhere else. */
import {
  boardAfter,
  boardLines,
  describeMilestone,
  type Board,
  type SiteEvent,
} from './progress-board.ts'

export interface Screen {
  /** A line that stays. */
  say(line: string): void
  /** A line that the next one replaces; only on a terminal. */
  progress(line: string): void
  site(site: string, event: SiteEvent): void
  /** Leaves the bars as they are; what follows begins below them. */
  release(): void
}

export interface ScreenStream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

const REDRAW_MS = 100

/** `clock` in milliseconds. */
export function createScreen(stream: ScreenStream, clock: () => number): Screen {
  let board: Board = new Map()
  /** Lines on the terminal that the next drawing replaces. */
  let drawn = 0
  let drawnAt = -Infinity
  const draw = (lines: readonly string[]): void => {
    const columns = stream.columns ?? 80
    stream.write(erase(drawn) + lines.map((line) => `${line.slice(0, columns - 1)}\n`).join(''))
    drawn = lines.length
    drawnAt = clock()
  }
  return {
    say(line) {
      if (stream.isTTY === true) stream.write(erase(drawn))
      drawn = 0
      stream.write(`${line}\n`)
    },
    progress(line) {
      if (stream.isTTY === true && clock() - drawnAt >= REDRAW_MS) draw([line])
    },
    site(site, event) {
      const milestone = describeMilestone(board.get(site), event)
      board = boardAfter(board, site, event, clock())
      if (stream.isTTY !== true) {
        if (milestone !== undefined) stream.write(`${site}: ${milestone}\n`)
      } else if (milestone !== undefined || clock() - drawnAt >= REDRAW_MS) {
        draw(boardLines(board, clock()))
      }
    },
    release() {
      drawn = 0
    },
  }
}

/** Moves up and clears down to the end of the screen. */
const erase = (lines: number): string => (lines > 0 ? `\u001B[${lines}A\u001B[0J` : '')
