export { createStream, type Name, type Stream } from './stream.ts'
export { permutation } from './permutation.ts'
export { dirichlet } from './dirichlet.ts'
