import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import sharp from 'sharp'

/** An 8-bit grey PNG of 4 x 4 pixels; another `value`, another image. */
export const greyPng = (value: number): Promise<Uint8Array> =>
  sharp(
    Uint8Array.from({ length: 16 }, (_, i) => (value + i) % 256),
    { raw: { width: 4, height: 4, channels: 1 } },
  )
    .toColourspace('b-w')
    .png()
    .toBuffer()

/** Files by path relative to `folder`. A number is a grey PNG of that value. */
export async function writeImages(
  folder: string,
  files: Readonly<Record<string, number | string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, typeof content === 'number' ? await greyPng(content) : content)
  }
}
