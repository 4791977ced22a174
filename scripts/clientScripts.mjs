/**
 * Bundles the browser parts of the server's pages, `apps/server/src/pages/client/*.ts`, into modules that export them as
 * text, so that the server can inline them. Written only when they differ; never committed.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { root } from "./support.mjs"

const folder = join(root, "apps", "server", "src", "pages", "client")

const bundled = async (source) => {
  const bundle = await rolldown({ input: join(folder, source), platform: "browser", logLevel: "silent" })
  const { output } = await bundle.generate({ format: "iife", comments: false, sourcemap: false, minify: false })
  await bundle.close()
  // NOTE: rolldown names each module by its path from the working directory.
  return output[0].code.replace(/^\/\/.*\n/gm, "").trim()
}

const moduleOf = (
  name,
  source,
  code
) => `/** \`${source}\` and what it imports. Made by \`scripts/clientScripts.mjs\`. */
export const ${name} = String.raw\`${code.replace(/`|\$\{/g, (found) => `\${${JSON.stringify(found)}}`)}\`
`

/** Before the tests, the checks and the bundles. */
export const setup = async () => {
  for (const [name, source, target] of [
    ["dashboardScript", "dashboard.ts", "DashboardScript.ts"],
    ["statesScript", "states.ts", "StatesScript.ts"]
  ]) {
    const file = join(folder, target)
    const text = moduleOf(name, source, await bundled(source))
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text)
  }
}
