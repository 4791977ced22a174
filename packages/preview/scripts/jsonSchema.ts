/** Writes the contract's JSON Schema to `schema/config.schema.json`, or to the file that is named. Run before packing. */
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { contractJsonSchema } from "../src/ContractJsonSchema.ts"

const [target = join(import.meta.dirname, "..", "schema", "config.schema.json")] = process.argv.slice(2)
mkdirSync(dirname(target), { recursive: true })
writeFileSync(target, `${JSON.stringify(contractJsonSchema(), null, 2)}\n`)
