import type { Door } from '@gatepost/gate'
export function createImapDoor(_options: object): Door {
  return {
    protocol: 'imap',
    accept: (c) => {
      c.socket.end('* BYE not yet\r\n')
    },
    refusal: () => '* BYE refused\r\n',
  }
}
