import type { ModelPlan } from './plan.ts'

type Backbone = Omit<ModelPlan, 'channels'>

/**
 * Backbones by name. `r*` are BiT's (Kolesnikov et al. 2020, table 2 of the reference code: units and widths);
 * the small ones keep its blocks and norms at sizes that train on a CPU. Parameters count the backbone only.
 */
export const modelPresets = {
  /** 0.12 M parameters for one channel. */
  tiny: { units: [1, 1, 1], width: 16, groups: 8, stem: 'small' },
  /** 0.6 M parameters. */
  small: { units: [2, 2, 2], width: 32, groups: 32, stem: 'small' },
  r50x1: { units: [3, 4, 6, 3], width: 64, groups: 32, stem: 'imagenet' },
  r101x1: { units: [3, 4, 23, 3], width: 64, groups: 32, stem: 'imagenet' },
  r152x2: { units: [3, 8, 36, 3], width: 128, groups: 32, stem: 'imagenet' },
} as const satisfies Record<string, Backbone>

export type ModelPreset = keyof typeof modelPresets
