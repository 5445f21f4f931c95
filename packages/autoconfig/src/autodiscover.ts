import type { MailService, MailServices } from './mail-services.ts'
import { httpsUrl } from './mozilla-config.ts'
import { elementText, xmlText } from './xml.ts'

const response = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'
const outlook = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'

/** The address that a POX Autodiscover request asks for (MS-OXDSCLI section 2.2.3.1.1.2). */
export function autodiscoverAddress(xml: string): string | undefined {
  return elementText(xml, 'EMailAddress')
}

/** The settings of an account (MS-OXDSCLI section 2.2.4.1). */
export function autodiscoverSettings(services: MailServices, address: string): string {
  const { hostname, imap, submission, displayName } = services
  const protocols = [
    ...imap.slice(0, 1).map((service) => protocolElement('IMAP', hostname, service, address)),
    ...submission.slice(0, 1).map((service) => protocolElement('SMTP', hostname, service, address)),
  ]
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${response}">
  <Response xmlns="${outlook}">
    <User>
      <DisplayName>${xmlText(displayName)}</DisplayName>
    </User>
    <Account>
      <AccountType>email</AccountType>
      <Action>settings</Action>
${protocols.join('\n')}
    </Account>
  </Response>
</Autodiscover>
`
}

/** 500: the address is not one of ours; 600: the request has none (MS-OXDSCLI section 2.2.4.1.1.1.5). */
export function autodiscoverError(code: 500 | 600, time: string): string {
  const message = code === 600 ? 'Invalid Request' : 'The email address cannot be found.'
  return `<?xml version="1.0" encoding="utf-8"?>
<Autodiscover xmlns="${response}">
  <Response>
    <Error Time="${xmlText(time)}" Id="0">
      <ErrorCode>${code}</ErrorCode>
      <Message>${message}</Message>
      <DebugData />
    </Error>
  </Response>
</Autodiscover>
`
}

/** Autodiscover v2: where the XML is to be had; undefined for other protocols, such as ActiveSync, which there are none of. */
export function autodiscoverUrl(
  { hostname, https }: MailServices,
  protocol: string,
): { readonly Protocol: string; readonly Url: string } | undefined {
  if (https === undefined || protocol.toLowerCase() !== 'autodiscoverv1') return undefined
  return {
    Protocol: 'AutodiscoverV1',
    Url: httpsUrl(hostname, https, '/autodiscover/autodiscover.xml'),
  }
}

function protocolElement(
  type: 'IMAP' | 'SMTP',
  hostname: string,
  { port, tls }: MailService,
  address: string,
): string {
  return `      <Protocol>
        <Type>${type}</Type>
        <Server>${xmlText(hostname)}</Server>
        <Port>${port}</Port>
        <DomainRequired>off</DomainRequired>
        <LoginName>${xmlText(address)}</LoginName>
        <SPA>off</SPA>
        <Encryption>${tls === 'implicit' ? 'SSL' : 'TLS'}</Encryption>
        <SSL>${tls === 'implicit' ? 'on' : 'off'}</SSL>
        <AuthRequired>on</AuthRequired>
      </Protocol>`
}
