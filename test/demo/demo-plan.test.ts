import { createDemoPlan, fullScale, quickScale } from './demo-plan.ts'

test.each([fullScale, quickScale])(
  'its defaults are a valid plan for any number of sites',
  ({ study }) => {
    const plan = createDemoPlan(study, 3)
    expect(plan.cohort).toMatchObject({ sites: 3, quorum: 3 })
    expect(plan.schedule).toMatchObject({ rounds: study.rounds, localEpochs: study.localEpochs })
    expect(plan.seed).toBe(study.seed)
  },
)

test('refuses what no study can be made of', () => {
  expect(() => createDemoPlan({ ...fullScale.study, size: 4 }, 3)).toThrow(
    expect.objectContaining({ code: 'STUDY_INVALID_PLAN' }),
  )
})
