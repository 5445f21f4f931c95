import { createTransport, type SendMailOptions, type SentMessageInfo } from 'nodemailer'

import { password as usualPassword } from '../../support/test-server.ts'

export interface SubmissionOptions {
  readonly port: number
  /** Left out: STARTTLS, which is required. */
  readonly isImplicitTls?: boolean
  readonly user?: string
  readonly password?: string
}

/** Sends a mail with nodemailer, logged in. Rejects when nobody was accepted. */
export async function submit(
  options: SubmissionOptions,
  mail: SendMailOptions,
): Promise<SentMessageInfo> {
  const { port, isImplicitTls = true, user = 'me@example.test', password = usualPassword } = options
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    secure: isImplicitTls,
    requireTLS: !isImplicitTls,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
  })
  try {
    return await transport.sendMail({ from: user, ...mail })
  } finally {
    transport.close()
  }
}
