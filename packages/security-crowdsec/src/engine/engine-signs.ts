import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'

import { request } from 'undici'

/** Whether the Local API at the URL takes requests. */
export async function isAnswering(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${url}/health`, {
      headersTimeout: 1000,
      bodyTimeout: 1000,
    })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

/** Whether the engine has the file open: it reads from the end on, and would miss what is written before. Its log says so a moment too early. */
export function isFollowing(pid: number | undefined, file: string, logFile: string): boolean {
  if (pid === undefined) return false
  try {
    const descriptors = `/proc/${pid}/fd`
    const target = realpathSync(file)
    return readdirSync(descriptors).some((name) => isLinkTo(`${descriptors}/${name}`, target))
  } catch {
    // No /proc on this system.
    return readFileSync(logFile, 'utf8').includes('Starting processing data')
  }
}

function isLinkTo(link: string, target: string): boolean {
  try {
    return readlinkSync(link) === target
  } catch {
    return false
  }
}
