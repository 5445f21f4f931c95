import type { HubStory } from './hub-stories.ts'

/** Of attacks on several accounts, from several addresses, or on what an account is used for. */
export const accountStories: Readonly<Record<string, HubStory>> = {
  /**
   * Three guesses an hour, with logins of his own in between, of which three a day forgive: an account of one's own is no licence. One every two hours is
   * somebody with a bad memory.
   */
  'gatepost-slow-bf': {
    alerts: [['gatepost/mail-slow-bf', 'Ip', '192.0.2.71']],
    tell: (log) => {
      for (let count = 0; count < 24; count += 1) {
        log.fail('192.0.2.71', 1)
        log.succeed('192.0.2.71', 'you@example.test')
        log.pass(1198)
      }
      log.fail('198.51.100.12', 15, { everySeconds: 7200 })
    },
  },
  /** One password for many. Five users of one office who mistype are none. */
  'gatepost-password-spray': {
    alerts: [['gatepost/mail-password-spray', 'Ip', '192.0.2.72']],
    tell: (log) => {
      for (let count = 0; count < 7; count += 1) {
        const user = `user${count}@example.test`
        log.fail('192.0.2.72', 1, { user, fingerprint: 'bbbbbbbb' })
        if (count < 5) log.fail('198.51.100.13', 2, { user })
      }
    },
  },
  /** Slower than spraying, since names that do not exist are more than a typing error. */
  'gatepost-login-enumeration': {
    alerts: [['gatepost/mail-login-enumeration', 'Ip', '192.0.2.73']],
    tell: (log) => {
      for (let count = 0; count < 6; count += 1) {
        const user = `nobody${count}@example.test`
        log.fail('192.0.2.73', 1, { user, reason: 'unknown_user' })
        if (count < 3) log.fail('198.51.100.24', 1, { user, reason: 'unknown_user' })
        log.pass(240)
      }
    },
  },
  /** Many addresses, many passwords, one account. A phone on the move with one old password is none, nor are guesses at nobody. */
  'gatepost-account-attack': {
    alerts: [['gatepost/mail-account-attack', 'username', 'me@example.test']],
    tell: (log) => {
      for (let count = 0; count < 12; count += 1) {
        log.fail(`192.0.2.${100 + count}`, 1)
        const phone = { user: 'you@example.test', fingerprint: 'cccccccc' }
        log.fail(`198.51.100.${100 + count}`, 1, phone)
        const nobody = { user: 'nobody@example.test', reason: 'unknown_user' as const }
        log.fail(`2001:db8:0:${100 + count}::1`, 1, nobody)
        // One subscriber of IPv6 is one, whatever address he takes.
        const other = { user: 'us@example.test', fingerprint: `eeeeeee${count % 2}` }
        log.fail(`2001:db8:0:99::${100 + count}`, 1, other)
        log.pass(10)
      }
    },
  },
  /** Eleven wrong ones, the twelfth was right. Three and then the right one is everyday. */
  'gatepost-account-guessed': {
    alerts: [['gatepost/mail-account-guessed', 'username', 'me@example.test']],
    tell: (log) => {
      for (let count = 0; count < 3; count += 1) log.succeed('192.0.2.74')
      log.fail('192.0.2.74', 11, { everySeconds: 70 })
      log.succeed('192.0.2.74')
      log.fail('198.51.100.14', 3, { user: 'you@example.test' })
      for (let count = 0; count < 10; count += 1) log.succeed('198.51.100.14', 'you@example.test')
    },
  },
  'gatepost-outbound-burst': {
    alerts: [['gatepost/mail-outbound-burst', 'username', 'me@example.test']],
    tell: (log) => {
      const client = log.from('192.0.2.83')
      log.events.outboundBurst(client, { user: 'Me@example.test', recipients: 300, seconds: 42 })
    },
  },
}
