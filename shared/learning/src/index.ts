export { indicesOf, splitCodes, type Dataset, type Split } from './dataset.ts'
