export {
  createLogger,
  silentLogger,
  type LogDestination,
  type Logger,
  type LogLevel,
} from './logger.ts'
export { PrometheusMetrics, type MetricCounter, type Metrics } from './metrics.ts'
