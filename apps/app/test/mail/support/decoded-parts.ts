import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { runProgram } from './external-program.ts'

const script = `
import email, email.policy, json, sys
def parts(file):
    message = email.message_from_binary_file(open(file, 'rb'), policy=email.policy.compat32)
    return [part for part in message.walk() if not part.is_multipart()]
print(json.dumps([[[part.get_content_type(), part.get_payload(decode=True).decode('latin1')] for part in parts(file)] for file in sys.argv[1:]]))
`

/** Of each message, type and decoded octets of every leaf, those in message/rfc822 too, as Python's `email` reads them; one character for each octet. */
export async function decodedParts(
  folder: string,
  messages: readonly string[],
): Promise<readonly (readonly (readonly [type: string, octets: string])[])[]> {
  const files = messages.map((_message, index) => join(folder, `decoded-parts-${index}.eml`))
  for (const [index, file] of files.entries()) writeFileSync(file, messages[index] ?? '', 'latin1')
  const { code, stdout, stderr } = await runProgram('python3', ['-c', script, ...files])
  if (code !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as [string, string][][]
}
