/** The whole journal of a coordinator that runs. */
import type { JournalEntry } from '@consilium/coordinator'

export async function readJournal(url: string): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = []
  for (;;) {
    const after = entries.at(-1)?.seq ?? 0
    const response = await fetch(`${url}/v1/events?after=${after}`)
    const { events } = (await response.json()) as { events: JournalEntry[] }
    if (events.length === 0) return entries
    entries.push(...events)
  }
}
