/** Stands around every round trip to a store: `name` is that of the method, `call` makes it. */
export type Around = <T>(name: string, call: () => Promise<T>) => Promise<T>

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Every method of `target` is a round trip, and is called `name.method`. */
export function aroundMethods<T extends object>(name: string, target: T, around: Around): T {
  return new Proxy(target, {
    get(_, property) {
      const method = Reflect.get(target, property) as Method
      return (...args: unknown[]) =>
        around(`${name}.${String(property)}`, () => method.apply(target, args))
    },
  })
}
