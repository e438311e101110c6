/** Words that a study's coordinators share and nobody else may read: the join token, the operator's token. */
export interface Secrets {
  read(name: string): Promise<string | undefined>
  write(name: string, value: string): Promise<void>
  /** Stores the value unless there is one; answers with the one that stands. */
  make(name: string, value: string): Promise<string>
}
