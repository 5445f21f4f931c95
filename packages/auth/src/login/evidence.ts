/** What somebody shows who wants to log in, and in which way it came: `PLAIN`, `BASIC`, ... */
export type Evidence =
  | {
      readonly kind: 'password'
      /** As the client wrote it. */
      readonly user: string
      readonly password: string
      readonly mechanism: string
    }
  | {
      readonly kind: 'scram'
      readonly user: string
      /** RFC 5802 section 3. */
      readonly authMessage: string
      readonly proof: Buffer
      readonly mechanism: string
    }
  | {
      readonly kind: 'token'
      /** Empty where the client names nobody: the token does. */
      readonly user: string
      readonly token: string
      readonly mechanism: string
    }
