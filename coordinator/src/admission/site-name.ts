/** Lower-case letters, digits and dashes, at most 63: also safe as a file name. */
export const isSiteName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)
