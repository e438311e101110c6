import { macroAuc } from './macro-auc.ts'

test('two classes: the AUC of the score of class 1', () => {
  const values = Float64Array.from([0.1, 0.9, 0.2, 0.8, 0.7, 0.3, 0.25, 0.75])
  expect(macroAuc({ classes: 2, values }, [1, 0, 0, 1])).toBe(0.75)
})

test('three classes: the unweighted mean of one against the rest', () => {
  const values = Float64Array.from([3, 0, 0, 2, 1, 0, 0, 0, 1, 1, 2, 2])
  // class 0: {3} against {2,0,1} = 1; class 1: {1} against {0,0,2} = 2/3; class 2: {1,2} against {0,0} = 1
  expect(macroAuc({ classes: 3, values }, [0, 1, 2, 2])).toBeCloseTo((1 + 2 / 3 + 1) / 3, 12)
})

test('a class without labels is left out of the mean', () => {
  const values = Float64Array.from([3, 9, 0, 2, 9, 0, 0, 9, 1, 1, 9, 2])
  expect(macroAuc({ classes: 3, values }, [0, 0, 2, 2])).toBe(1)
})

test('needs labels of two classes', () => {
  const scores = { classes: 3, values: new Float64Array(6) }
  expect(() => macroAuc(scores, [2, 2])).toThrow(
    expect.objectContaining({ code: 'LEARNING_ONE_CLASS' }),
  )
})
