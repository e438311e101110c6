/** `npm run bench:aggregation`: every rule against every attack, where sites are alike and where they differ. */
import { attacks } from './attacks.ts'
import { measureAttacks, type AttackTable } from './attack-table.ts'
import { attackLines } from './attack-lines.ts'

/** Nearly the same classes everywhere; one or two classes at most sites. */
const ALPHAS = [100, 0.3]

const tables: AttackTable[] = []
for (const alpha of ALPHAS) tables.push(await measureAttacks({ alpha }))
if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ tables })}\n`)
else {
  const about = attacks.map((attack) => `${attack.name}: ${attack.about}`)
  const lines = [...tables.flatMap((table) => [...attackLines(table), '']), ...about]
  process.stdout.write(`${lines.join('\n')}\n`)
}
