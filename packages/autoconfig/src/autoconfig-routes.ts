import type { HttpModule } from '@gatepost/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { appleProfile } from './apple-profile.ts'
import {
  autodiscoverAddress,
  autodiscoverError,
  autodiscoverSettings,
  autodiscoverUrl,
} from './autodiscover.ts'
import { domainOf, type MailServices } from './mail-services.ts'
import { mozillaConfig } from './mozilla-config.ts'
import { userAgentConfiguration } from './user-agent-configuration.ts'

export interface AutoconfigOptions {
  readonly services: MailServices
  readonly now: () => number
}

/** RFC 5321 section 4.5.3.1.3 with room for display names that nobody sends; a request is one address in a few lines of XML. */
const maxRequestBytes = 16_384
const maxAge = 'public, max-age=3600'

/** A list: it was given more than once. */
type Field = string | readonly string[]

interface Query {
  readonly emailaddress?: Field
  readonly email?: Field
  readonly Email?: Field
  readonly Protocol?: Field
  readonly protocol?: Field
}

/** It needs nothing of the door but the routes. */
export interface AutoconfigModule extends HttpModule {
  addRoutes(app: FastifyInstance): void
}

/** Settings for mail programs, without a login, over http and https alike: they hold nothing secret, and programs ask for them before they know a password. */
export function createAutoconfigModule(options: AutoconfigOptions): AutoconfigModule {
  // Another method is answered as if they were not here: the mail programs that try it do not mean it.
  return { paths: [], addRoutes: (app) => addRoutes(app, options) }
}

function addRoutes(app: FastifyInstance, options: AutoconfigOptions): void {
  app.register((scope, _none, done) => {
    addMozilla(scope, options)
    addAutodiscover(scope, options)
    addApple(scope, options)
    scope.get('/.well-known/user-agent-configuration.json', (_request, reply) =>
      document(reply, 'application/json', userAgentConfiguration(options.services)),
    )
    done()
  })
}

function addMozilla(app: FastifyInstance, { services }: AutoconfigOptions): void {
  const paths = ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml']
  for (const path of paths)
    app.get(path, (request, reply) => {
      const domain = domainOf(services, asked(request))
      if (domain === undefined) return notOurs(reply)
      return document(reply, 'text/xml; charset=utf-8', mozillaConfig(services, domain))
    })
}

function addAutodiscover(app: FastifyInstance, { services, now }: AutoconfigOptions): void {
  app.addContentTypeParser(
    ['text/xml', 'application/xml'],
    { parseAs: 'string', bodyLimit: maxRequestBytes },
    (_request, body, done) => done(null, body),
  )
  for (const folder of ['/autodiscover', '/Autodiscover', '/AutoDiscover'])
    for (const file of ['/autodiscover.xml', '/Autodiscover.xml', '/AutoDiscover.xml'])
      app.post(folder + file, (request, reply) => {
        const { body } = request
        const address = typeof body === 'string' ? autodiscoverAddress(body) : undefined
        const isOurs = address !== undefined && domainOf(services, { address }) !== undefined
        const xml = isOurs
          ? autodiscoverSettings(services, address)
          : autodiscoverError(address === undefined ? 600 : 500, timeOf(now()))
        return reply.type('text/xml; charset=utf-8').send(xml)
      })
  const second = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const query = request.query as Query
    const protocol = query.Protocol ?? query.protocol
    const url = typeof protocol === 'string' ? autodiscoverUrl(services, protocol) : undefined
    if (url !== undefined) return reply.send(url)
    const error = { ErrorCode: 'InvalidProtocol', ErrorMessage: 'Only AutodiscoverV1 is supported' }
    return reply.code(400).send(error)
  }
  for (const folder of ['/autodiscover', '/Autodiscover']) {
    app.get(`${folder}/autodiscover.json`, second)
    app.get(`${folder}/autodiscover.json/v1.0/:address`, second)
  }
}

function addApple(app: FastifyInstance, { services }: AutoconfigOptions): void {
  app.get('/apple.mobileconfig', (request, reply) => {
    const { address } = asked(request)
    if (address === undefined || domainOf(services, { address }) === undefined)
      return notOurs(reply)
    const profile = appleProfile(services, address)
    if (profile === undefined) return notOurs(reply)
    return document(
      reply.header('content-disposition', 'attachment; filename="mail.mobileconfig"'),
      'application/x-apple-aspen-config',
      profile,
    )
  })
}

function asked(request: FastifyRequest): { address: string | undefined; host: string | undefined } {
  const query = request.query as Query
  const address = query.emailaddress ?? query.email ?? query.Email
  // Mozilla's own example sends the placeholder of a program that does not want to say who asks.
  const isAddress = typeof address === 'string' && address.includes('@') && !address.includes('%')
  return { address: isAddress ? address : undefined, host: request.headers.host }
}

function document(reply: FastifyReply, type: string, text: string): FastifyReply {
  return reply.header('cache-control', maxAge).type(type).send(text)
}

function notOurs(reply: FastifyReply): FastifyReply {
  return reply.code(404).type('text/plain; charset=utf-8').send('No such mail domain here\n')
}

/** As Outlook writes it: `12:34:56.0000000`. */
function timeOf(now: number): string {
  return `${new Date(now).toISOString().slice(11, 19)}.0000000`
}
