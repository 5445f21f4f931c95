export {
  createLogger,
  silentLogger,
  type LogDestination,
  type Logger,
  type LogLevel,
} from './logger.ts'
export {
  PrometheusMetrics,
  type LabelledValue,
  type MetricCounter,
  type MetricHistogram,
  type Metrics,
} from './metrics.ts'
