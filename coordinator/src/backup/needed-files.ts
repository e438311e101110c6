/** The files a study still reads, for one state of it. Whatever a state comes to name has to be added here. */
import type { FileRecord, UpdateRecord } from '../journal/journal-event.ts'
import { currentRound, type StudyState } from '../rounds/study-state.ts'

export interface NeededFile {
  readonly sha256: string
  /** Where it may be, relative to the state folder, with `/`. */
  readonly places: readonly string[]
}

/** Each file once, sorted by digest. */
export function neededFiles(state: StudyState): readonly NeededFile[] {
  const { initial, model, rounds, phase } = state
  const committed = rounds.map((round) => round.model)
  const folded = phase.kind === 'folded' ? phase.round : rounds.at(-1)
  const kept = [folded?.model, folded?.optimiserState].filter((file) => file !== undefined)
  const release = phase.kind === 'finished' ? [phase.release] : []
  const blobs = [initial, model, ...committed, ...kept, ...release].map(({ sha256 }) =>
    blobFile(sha256),
  )
  const open = currentRound(state)
  const updates = open?.updates.map((update) => updateFile(open.round, update)) ?? []
  const byDigest = new Map([...updates, ...blobs].map((file) => [file.sha256, file]))
  return [...byDigest.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1))
}

const blobFile = (sha256: string): NeededFile => ({
  sha256,
  places: [`blobs/sha256/${sha256.slice(0, 2)}/${sha256}`],
})

/** Where updates are unpacked as they arrive, what is folded has a digest of its own. */
type StoredUpdate = UpdateRecord & { readonly delta?: FileRecord }

function updateFile(round: number, { site, sha256, delta }: StoredUpdate): NeededFile {
  const folded = delta?.sha256 ?? sha256
  const { places } = blobFile(folded)
  return { sha256: folded, places: [...places, `spool/round-${round}/${site}.safetensors`] }
}
