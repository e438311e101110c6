/** Class names of MedMNIST v2 files by file name (https://github.com/MedMNIST/MedMNIST, medmnist/info.py), shortened. */
const medmnistClasses: Readonly<Record<string, readonly string[]>> = {
  pneumoniamnist: ['normal', 'pneumonia'],
  breastmnist: ['malignant', 'normal or benign'],
  octmnist: ['choroidal neovascularization', 'diabetic macular edema', 'drusen', 'normal'],
  dermamnist: [
    'actinic keratoses',
    'basal cell carcinoma',
    'benign keratosis',
    'dermatofibroma',
    'melanoma',
    'melanocytic nevi',
    'vascular lesions',
  ],
}

/** `fileName` without folder and ending; size suffixes as in `pneumoniamnist_64` do not matter. */
export const medmnistClassesOf = (fileName: string): readonly string[] | undefined =>
  medmnistClasses[fileName.toLowerCase().replace(/_\d+$/, '')]
