import { prometheusText, single } from './prometheus-text.ts'

test('metrics are written as Prometheus documents the format', () => {
  const text = prometheusText([
    single('gauge', 'round', { help: 'Its number.', value: 3 }),
    {
      name: 'fold_seconds',
      help: 'Time\nspent.',
      type: 'summary',
      samples: [
        { suffix: '_sum', value: 1.5 },
        { suffix: '_count', value: 2 },
      ],
    },
    {
      name: 'refusals_total',
      help: String.raw`By \ code.`,
      type: 'counter',
      samples: [{ labels: { code: 'a"b\\c\nd' }, value: 1 }],
    },
    { name: 'nothing', help: 'None.', type: 'gauge', samples: [] },
  ])
  expect(text).toBe(
    String.raw`# HELP round Its number.
# TYPE round gauge
round 3
# HELP fold_seconds Time\nspent.
# TYPE fold_seconds summary
fold_seconds_sum 1.5
fold_seconds_count 2
# HELP refusals_total By \\ code.
# TYPE refusals_total counter
refusals_total{code="a\"b\\c\nd"} 1
`,
  )
})
