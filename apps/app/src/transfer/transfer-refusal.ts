/** A transfer cannot begin with what it is given; the message says why. */
export class TransferRefusal extends Error {
  override readonly name = 'TransferRefusal'
}
