/** The certificate a coordinator shows, from files that are replaced before it expires. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { InputFileError } from '../errors.ts'

/** Paths of PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
}

export interface TlsPair {
  readonly cert: Buffer
  readonly key: Buffer
  /** Until when the certificate counts, in milliseconds since 1970. */
  readonly notAfterMs: number
}

/** The certificate that counts now. */
export interface Certificate {
  pair(): TlsPair
  /** Reads the files again. Throws INPUT_FILE; what was read before counts on then. */
  renew(): Promise<TlsPair>
}

/** Throws INPUT_FILE. */
export async function openCertificate(files: TlsFiles): Promise<Certificate> {
  let pair = await readTlsFiles(files)
  return { pair: () => pair, renew: async () => (pair = await readTlsFiles(files)) }
}

/** Throws INPUT_FILE unless both can be read and belong together. */
async function readTlsFiles(files: TlsFiles): Promise<TlsPair> {
  const [cert, key] = await Promise.all([
    read('TLS certificate', files.cert, (bytes) => new X509Certificate(bytes)),
    read('TLS key', files.key, (bytes) => createPrivateKey(bytes)),
  ])
  if (!cert.parsed.checkPrivateKey(key.parsed)) {
    const cause = new Error(`it does not belong to the certificate ${files.cert}`)
    throw new InputFileError({ what: 'TLS key', path: files.key, cause })
  }
  return { cert: cert.bytes, key: key.bytes, notAfterMs: Date.parse(cert.parsed.validTo) }
}

async function read<T>(
  what: string,
  path: string,
  parse: (bytes: Buffer) => T,
): Promise<{ bytes: Buffer; parsed: T }> {
  try {
    const bytes = await readFile(path)
    return { bytes, parsed: parse(bytes) }
  } catch (cause) {
    throw new InputFileError({ what, path, cause: cause as Error })
  }
}
