/**
 * Sites that learn to tell invented points of several classes apart, each from its own: softmax regression by a few steps
 * of plain gradient descent. Small, so that hundreds of federations are played in a minute; what it shows of rules is how
 * they compare, not what a network would reach.
 */
import { createStream, dirichlet, type Stream } from '@consilium/random'

export interface SyntheticFederation {
  /** Of the model: `CLASSES * (FEATURES + 1)`. */
  readonly parameters: number
  /** What honest site `i` sends from `weights`. */
  update(site: number, weights: Float64Array): Float64Array
  /** Share of unseen points told right. */
  accuracy(weights: Float64Array): number
}

export interface FederationOptions {
  readonly sites: number
  /** Of the Dirichlet distribution of a site's classes: large, and all sites are alike; small, and each has few classes. */
  readonly alpha: number
  readonly seed: number
}

const FEATURES = 20
const CLASSES = 5
const POINTS_PER_SITE = 32
const TEST_POINTS = 1000
/** Of the classes' centres from the origin; a point lies around its centre with a standard deviation of 1 per feature. */
const DISTANCE = 2
const LOCAL_STEPS = 5
const LEARNING_RATE = 0.2

interface Points {
  /** `[points][FEATURES + 1]`, the last one 1. */
  readonly x: readonly Float64Array[]
  readonly y: readonly number[]
}

export function createSyntheticFederation(options: FederationOptions): SyntheticFederation {
  const { sites, alpha, seed } = options
  const stream = createStream(seed, 'synthetic-federation')
  const centres = Array.from({ length: CLASSES }, () => direction(stream, DISTANCE))
  const points = (count: number, shares: Float64Array): Points => {
    const y = Array.from({ length: count }, () => draw(shares, stream.uniform()))
    return { y, x: y.map((label) => around(centres[label]!, stream)) }
  }
  const held = Array.from({ length: sites }, () =>
    points(POINTS_PER_SITE, dirichlet(stream, alpha, CLASSES)),
  )
  const unseen = points(TEST_POINTS, new Float64Array(CLASSES).fill(1 / CLASSES))
  return {
    parameters: CLASSES * (FEATURES + 1),
    update: (site, weights) => descend(held[site]!, weights),
    accuracy: (weights) => {
      const right = unseen.x.filter((x, i) => largest(logits(x, weights)) === unseen.y[i])
      return right.length / TEST_POINTS
    },
  }
}

function direction(stream: Stream, length: number): Float64Array {
  const drawn = Float64Array.from({ length: FEATURES }, () => stream.normal())
  const norm = Math.hypot(...drawn)
  return drawn.map((value) => (value * length) / norm)
}

const around = (centre: Float64Array, stream: Stream): Float64Array =>
  Float64Array.from([...centre].map((value) => value + stream.normal()).concat(1))

function draw(shares: Float64Array, at: number): number {
  let sum = 0
  const found = shares.findIndex((share) => (sum += share) > at)
  return found === -1 ? shares.length - 1 : found
}

function descend({ x, y }: Points, start: Float64Array): Float64Array {
  const weights = start.slice()
  for (let step = 0; step < LOCAL_STEPS; step += 1) {
    const gradient = new Float64Array(weights.length)
    x.forEach((point, i) => {
      addGradient(gradient, point, errors(logits(point, weights), y[i]!))
    })
    const rate = LEARNING_RATE / x.length
    for (let c = 0; c < weights.length; c += 1) weights[c]! -= rate * gradient[c]!
  }
  return weights.map((value, c) => value - start[c]!)
}

function addGradient(gradient: Float64Array, x: Float64Array, error: readonly number[]): void {
  error.forEach((e, k) => {
    for (let f = 0; f < x.length; f += 1) gradient[k * x.length + f]! += e * x[f]!
  })
}

function logits(x: Float64Array, weights: Float64Array): readonly number[] {
  return Array.from({ length: CLASSES }, (_, k) => {
    let sum = 0
    for (let f = 0; f < x.length; f += 1) sum += weights[k * x.length + f]! * x[f]!
    return sum
  })
}

/** Softmax without the label's one. */
function errors(scores: readonly number[], label: number): readonly number[] {
  const most = Math.max(...scores)
  const powers = scores.map((score) => Math.exp(score - most))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power, k) => power / total - (k === label ? 1 : 0))
}

const largest = (scores: readonly number[]): number => scores.indexOf(Math.max(...scores))
