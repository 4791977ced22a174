/** The nouns that every room shares, and the port to a code host. */
export * from "./CodeHost.ts"
export * from "./Delivery.ts"
export * from "./Operation.ts"
export * from "./Project.ts"
export * from "./Repository.ts"
export * from "./Resource.ts"
