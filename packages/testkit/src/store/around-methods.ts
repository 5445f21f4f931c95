/** Stands around every round trip to a store: `name` is that of the method, `call` makes it. */
export type Around = <T>(name: string, call: () => Promise<T>) => Promise<T>

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Every method of `target` but the `local` ones is a round trip, and is called `name.method`. */
export function aroundMethods<T extends object>(
  name: string,
  target: T,
  around: Around,
  local: ReadonlySet<keyof T> = new Set(),
): T {
  return new Proxy(target, {
    get(_, property) {
      const method = Reflect.get(target, property) as Method
      if (local.has(property as keyof T)) return method.bind(target)
      return (...args: unknown[]) =>
        around(`${name}.${String(property)}`, () => method.apply(target, args))
    },
  })
}
