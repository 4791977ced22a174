/** The specialists of this package without anything outside: their tools judge calls, and cannot run one. */
import { CodeHost, ResourceLedger } from "@productbuilding/core"
import { Layer } from "effect"
import { Code } from "./Code.ts"
import { Delegate } from "./Delegate.ts"
import { Issues } from "./Issues.ts"
import { PreviewDesk } from "./PreviewDesk.ts"
import { type Specialists, layer as specialistsLayer } from "./Specialists.ts"

/** For a replay, and to show which tools there are. Running a tool is a defect. */
export const layer: Layer.Layer<Specialists> = specialistsLayer.pipe(
  Layer.provide(
    Layer.mergeAll(
      Layer.mock(Code, {}),
      Layer.mock(CodeHost, {}),
      Layer.mock(Delegate, {}),
      Layer.mock(Issues, {}),
      Layer.mock(PreviewDesk, {}),
      Layer.mock(ResourceLedger, {})
    )
  )
)
