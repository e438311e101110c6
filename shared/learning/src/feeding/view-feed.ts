/**
 * Micro-batches of views, made ahead in threads of their own while the ones before are trained on. The views lie in a ring
 * of slots: shared memory that is allocated once. A micro-batch is begun when a slot is free, so the threads are at
 * most `depth` micro-batches ahead, and each slot is read in place and given back.
 */
import type { Augmentation } from '../augmentation/presets.ts'
import type { Dataset } from '../dataset.ts'
import { ViewFeedEndedError } from '../errors.ts'
import type { Deferred } from './deferred.ts'
import { viewLength } from './fill-views.ts'
import { createResultQueue, type ResultQueue } from './result-queue.ts'
import { sharePixels } from './share-pixels.ts'
import { startViewThread, type ViewThread } from './view-thread.ts'
import { assertSpec, type ViewSpec } from './view-spec.ts'

export interface ViewFeedOptions {
  /** Its pixels are not copied if they lie over a SharedArrayBuffer. */
  readonly dataset: Dataset
  readonly augmentation: Augmentation
  readonly seed: number
  /** Slots: micro-batches that are held or made ahead. Whoever holds all of them while waiting for another waits for ever. */
  readonly depth: number
  /** Values of a slot: those of the largest micro-batch, N * size * size * channels. */
  readonly slotLength: number
  /** Threads that make views. */
  readonly workers?: number
}

export interface ReadyViews {
  /** [N, size, size, channels], over a SharedArrayBuffer; good until it is released. */
  readonly data: Float32Array
  /** Gives the slot back. */
  release(): void
}

export interface ViewSequence {
  /**
   * The micro-batches in the order of the specs, each when it is made, and undefined after the last. Throws
   * TRAINING_VIEWS_INVALID in the place of a spec that cannot be made, what the specs themselves throw, and
   * TRAINING_FEED_ENDED. After an error nothing more comes.
   */
  next(): Promise<ReadyViews | undefined>
}

export interface ViewFeed {
  /** Begins to make the views of `specs`, which may be endless. A sequence that was open is given up, with the slots it holds. */
  open(specs: Iterable<ViewSpec>): ViewSequence
  /** Ends the threads, at once. */
  close(): Promise<void>
}

/** Bits do not depend on `depth` or `workers`. */
export const createViewFeed = (options: ViewFeedOptions): ViewFeed => new ThreadedViewFeed(options)

interface Sequence {
  readonly specs: Iterator<ViewSpec>
  readonly queue: ResultQueue<ReadyViews>
  /** The first one that is not begun: the end is known before anybody asks for it. */
  upcoming?: ViewSpec | undefined
}

interface Filling {
  readonly sequence: Sequence
  readonly place: Deferred<ReadyViews | undefined>
  readonly rows: number
}

class ThreadedViewFeed implements ViewFeed {
  readonly #images: number
  readonly #viewLength: number
  readonly #slots: readonly Float32Array[]
  readonly #threads: readonly ViewThread[]
  /** Slots that nobody writes or reads, the longest free first. */
  #free: number[] = []
  /** By slot. */
  readonly #filling = new Map<number, Filling>()
  #fillings = 0
  #current: Sequence | undefined
  #failure: ViewFeedEndedError | undefined

  constructor({ dataset, augmentation, seed, depth, slotLength, workers = 1 }: ViewFeedOptions) {
    this.#images = dataset.labels.length
    this.#viewLength = viewLength(dataset)
    this.#slots = Array.from({ length: depth }, () => allocateSlot(slotLength))
    const data = {
      source: { dataset: sharePixels(dataset), augmentation, seed },
      slots: this.#slots,
    }
    const events = {
      onFilled: (slot: number) => {
        this.#handOver(slot)
      },
      onEnded: (cause: unknown) => {
        this.#end({ problem: 'a thread that makes them has ended', cause })
      },
    }
    this.#threads = Array.from({ length: workers }, () => startViewThread(data, events))
  }

  open(specs: Iterable<ViewSpec>): ViewSequence {
    this.#giveUp(new ViewFeedEndedError({ problem: 'another sequence of them was opened' }))
    const queue = createResultQueue<ReadyViews>()
    if (this.#failure === undefined) {
      this.#current = { specs: specs[Symbol.iterator](), queue }
      this.#free = [...this.#slots.keys()].filter((slot) => !this.#filling.has(slot))
      this.#lookAhead(this.#current)
      this.#begin()
    } else queue.finish(this.#failure)
    return { next: () => queue.next() }
  }

  async close(): Promise<void> {
    this.#end({ problem: 'their feed was closed' })
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }

  /** Begins as many micro-batches as there are free slots. */
  #begin(): void {
    const sequence = this.#current
    while (sequence?.upcoming !== undefined && this.#free.length > 0) {
      const slot = this.#free.shift()!
      const spec = sequence.upcoming
      const place = sequence.queue.begin()
      this.#filling.set(slot, { sequence, place, rows: spec.images.length })
      this.#threads[this.#fillings % this.#threads.length]!.fill({ slot, spec })
      this.#fillings += 1
      this.#lookAhead(sequence)
    }
  }

  #lookAhead(sequence: Sequence): void {
    try {
      const result = sequence.specs.next()
      sequence.upcoming = result.done === true ? undefined : this.#checked(result.value)
      if (result.done === true) sequence.queue.finish()
    } catch (error) {
      sequence.upcoming = undefined
      sequence.queue.finish(error)
    }
  }

  #checked(spec: ViewSpec): ViewSpec {
    const maxRows = Math.floor(this.#slots[0]!.length / this.#viewLength)
    assertSpec(spec, { images: this.#images, maxRows })
    return spec
  }

  #handOver(slot: number): void {
    const { sequence, place, rows } = this.#filling.get(slot)!
    this.#filling.delete(slot)
    if (sequence !== this.#current) {
      this.#giveBack(slot)
      return
    }
    let isHeld = true
    place.resolve({
      data: this.#slots[slot]!.subarray(0, rows * this.#viewLength),
      release: () => {
        if (isHeld && sequence === this.#current) this.#giveBack(slot)
        isHeld = false
      },
    })
  }

  #giveBack(slot: number): void {
    this.#free.push(slot)
    this.#begin()
  }

  #giveUp(error: ViewFeedEndedError): void {
    for (const { sequence, place } of this.#filling.values())
      if (sequence === this.#current) place.reject(error)
    this.#current?.queue.abort(error)
    this.#current = undefined
  }

  #end(why: { readonly problem: string; readonly cause?: unknown }): void {
    if (this.#failure !== undefined) return
    this.#failure = new ViewFeedEndedError(why)
    this.#giveUp(this.#failure)
    for (const thread of this.#threads) void thread.terminate()
  }
}

const allocateSlot = (length: number): Float32Array =>
  new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT))
