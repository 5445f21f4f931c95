/** In events and metrics, whatever is served: HTTP began as JMAP here, and the parser of CrowdSec knows it by this name. */
export const httpProtocol = 'jmap'
