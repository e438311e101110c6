import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** A certificate that vouches for itself, made by openssl. `name` as in subjectAltName: `DNS:…` or `IP:…`. */
export function makeCertificate(folder: string, name: string): CertificateFiles {
  const [cert, key] = [join(folder, 'consilium.pem'), join(folder, 'consilium.key')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=consilium'],
      ...['-addext', `subjectAltName=${name}`],
    ],
    { stdio: 'ignore' },
  )
  return { cert, key }
}
