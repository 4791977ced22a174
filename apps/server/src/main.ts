/** The `productbuilding-server` command. */
import { enableCompileCache } from "node:module"
import { fileURLToPath } from "node:url"

// NOTE: what the engine has made of our sources is kept beside them, where only who may change those can put anything: a
// start is a tenth to a fifth shorter. Where nothing can be written there it is as long as ever.
enableCompileCache(fileURLToPath(new URL("../.compile-cache", import.meta.url)))
const { main } = await import("./program.ts")
main()
