import type { Frame } from '@consilium/proto'
import {
  afterWork,
  assign,
  IDLE,
  isSameWork,
  type AssignChoice,
  type Assignment,
} from './assignment.ts'

export type Task = Exclude<Assignment, { kind: 'idle' }>

/**
 * Where pushed frames become tasks. One task is worked on at a time; its signal aborts as soon as the coordinator wants
 * something else, so no work is done for a round that is over.
 */
export class AssignmentDesk {
  readonly #choice: AssignChoice
  #current: Assignment = IDLE
  #working = new AbortController()
  #failure: { readonly error: unknown } | undefined
  #wake: () => void = () => undefined

  constructor(choice: AssignChoice) {
    this.#choice = choice
  }

  receive(frame: Frame): void {
    this.#change(assign(this.#current, frame, this.#choice))
  }

  /** Ends the work: `next` throws `error` from now on. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#change(IDLE)
    this.#wake()
  }

  /** The next task, as soon as there is one. Throws what `fail` was given. */
  async next(): Promise<{ task: Task; signal: AbortSignal }> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#current.kind !== 'idle') {
        this.#working = new AbortController()
        return { task: this.#current, signal: this.#working.signal }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** The task needs no more work, however it ended. */
  finish(task: Task): void {
    if (isSameWork(this.#current, task)) this.#current = afterWork(this.#current)
  }

  #change(next: Assignment): void {
    const isSame = isSameWork(next, this.#current)
    this.#current = next
    if (isSame) return
    this.#working.abort(new Error('internal: the coordinator wants something else'))
    this.#wake()
  }
}
