/** Preview environments: contract, compose sanitiser, durable deployment, readiness and reconciliation. */
export * from "./Contract.ts"
export * from "./Preview.ts"
export * from "./PreviewAddress.ts"
export * from "./PreviewStore.ts"
export * from "./Runtime.ts"
