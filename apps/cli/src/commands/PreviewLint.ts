/** `preview lint` */
import { Effect } from "effect"
export const previewLint = (_: { path: string; json: boolean }) => Effect.void
