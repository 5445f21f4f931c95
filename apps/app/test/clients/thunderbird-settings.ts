import type { TestServer } from '../support/test-server.ts'

/** `user.js` of a profile with one account, me@example.test on the test server, from which it reaches no other host. */
export function thunderbirdSettings(server: TestServer): string {
  const settings = {
    ...quiet,
    ...account,
    'mail.server.server1.port': server.port('imaps'),
    'mail.smtpserver.smtp1.port': server.port('submissions'),
  }
  return Object.entries(settings)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('')
}

/** TLS from the first octet; a password. */
const implicitTls = 3
const plainPassword = 3

const account = {
  'mail.accountmanager.accounts': 'account1',
  'mail.accountmanager.defaultaccount': 'account1',
  'mail.account.account1.server': 'server1',
  'mail.account.account1.identities': 'id1',
  'mail.server.server1.type': 'imap',
  'mail.server.server1.hostname': '127.0.0.1',
  'mail.server.server1.userName': 'me@example.test',
  'mail.server.server1.name': 'me@example.test',
  'mail.server.server1.socketType': implicitTls,
  'mail.server.server1.authMethod': plainPassword,
  // The password is not there yet.
  'mail.server.server1.login_at_startup': false,
  'mail.server.server1.check_new_mail': false,
  'mail.identity.id1.fullName': 'Me',
  'mail.identity.id1.useremail': 'me@example.test',
  'mail.identity.id1.valid': true,
  'mail.identity.id1.smtpServer': 'smtp1',
  'mail.identity.id1.compose_html': false,
  'mail.identity.id1.fcc_folder': 'imap://me%40example.test@127.0.0.1/Sent',
  'mail.smtpservers': 'smtp1',
  'mail.smtp.defaultserver': 'smtp1',
  'mail.smtpserver.smtp1.type': 'smtp',
  'mail.smtpserver.smtp1.hostname': '127.0.0.1',
  'mail.smtpserver.smtp1.username': 'me@example.test',
  'mail.smtpserver.smtp1.try_ssl': implicitTls,
  'mail.smtpserver.smtp1.authMethod': plainPassword,
}

const quiet = {
  // It takes a free one.
  'marionette.port': 0,
  // No name is resolved: all it reaches is 127.0.0.1.
  'network.dns.disabled': true,
  'network.trr.mode': 5,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.update.auto': false,
  'mailnews.start_page.enabled': false,
  'mail.provider.suppress_dialog_on_startup': true,
  'mail.spotlight.firstRunDone': true,
}
