import { readFileSync } from 'node:fs'

/** What is loaded with a source file: files and packages, by the imports that are not of types alone. */
function loadedWith(file: URL, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file.href)) return loaded
  loaded.add(file.href)
  const imports = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?!type )(?:[^'=(]*from )?'([^']+)'/gm,
  )
  for (const [, name] of imports) {
    if (name!.startsWith('.')) loadedWith(new URL(name!, file), loaded)
    else loaded.add(name!)
  }
  return loaded
}

test('a thread that makes views loads neither TensorFlow.js nor ONNX Runtime', () => {
  const loaded = [...loadedWith(new URL('./view-worker.ts', import.meta.url))]
  const packages = loaded.filter((name) => !name.startsWith('file:'))
  expect(packages.sort()).toEqual(['@consilium/random', 'node:worker_threads'])
})
