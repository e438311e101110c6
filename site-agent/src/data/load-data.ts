import { loadFolder } from './load-folder.ts'
import { loadNpz } from './load-npz.ts'
import type { LoadedData, LoadOptions } from './loaded-data.ts'
import type { DataSource } from './parse-data-source.ts'

/** Reads a data source from beginning to end. Whether the result can be used is `assertUsable`'s to say. */
export function loadData(source: DataSource, options: LoadOptions): Promise<LoadedData> {
  return source.kind === 'folder' ? loadFolder(source, options) : loadNpz(source, options)
}
