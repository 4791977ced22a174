/**
 * The pages' browser parts are TypeScript in `src/pages/client`, bundled here and kept in the repository as text, so that
 * the server can inline them without a build step. When this fails, run it once with
 * `--update`.
 */
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import { describe, expect, it } from "vitest"

const folder = new URL("../../src/pages/client/", import.meta.url)

const bundled = async (entry: string): Promise<string> => {
  const bundle = await rolldown({
    input: fileURLToPath(new URL(entry, folder)),
    platform: "browser",
    logLevel: "silent"
  })
  const { output } = await bundle.generate({ format: "iife", comments: false, sourcemap: false, minify: false })
  await bundle.close()
  const code = output[0].code
  // NOTE: rolldown names each module by its path from the working directory.
  return code.replace(/^\/\/.*\n/gm, "").trim()
}

const moduleOf = (
  name: string,
  source: string,
  code: string
) => `/** \`${source}\` and what it imports, bundled by \`ClientScripts.test.ts\`. Do not edit. */
export const ${name} = String.raw\`${code.replace(/`|\$\{/g, (found) => `\${${JSON.stringify(found)}}`)}\`
`

describe("the inlined scripts are those of the sources", () => {
  for (const [name, source, target] of [
    ["dashboardScript", "dashboard.ts", "DashboardScript.ts"],
    ["statesScript", "states.ts", "StatesScript.ts"]
  ] as const) {
    it(source, async () => {
      await expect(moduleOf(name, source, await bundled(source))).toMatchFileSnapshot(
        fileURLToPath(new URL(target, folder))
      )
    })
  }
})
