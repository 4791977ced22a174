/** Example repositories that come with the package. */
import { fileURLToPath } from "node:url"

/** The folder of `acme/shop`: a small shop with a preview contract, for Docker and for the process runtime. */
export const exampleRepository: string = fileURLToPath(new URL("../repositories/acme/shop", import.meta.url))
