import type { Attributes } from '../trace/graph.ts'

/** `{pad: "same", strides: 1}` in alphabetical order, nothing where there are none: equal text, equal attributes. */
export function attributesToText(attributes: Attributes): string {
  const entries = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${attributeToText(value)}`)
  return entries.length === 0 ? '' : `{${entries.join(', ')}}`
}

function attributeToText(value: unknown): string {
  if (typeof value === 'number') return numberToText(value)
  if (Array.isArray(value)) return `[${value.map(attributeToText).join(', ')}]`
  return JSON.stringify(value)
}

/** JavaScript's shortest text for a number, with the sign of zero. */
export const numberToText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))
