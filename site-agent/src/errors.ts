import { ConsiliumError } from '@consilium/errors'

/** Thrown when the text of a data source cannot be understood. */
export class DataSourceSyntaxError extends ConsiliumError {
  constructor({ text, problem }: { text: string; problem: string }) {
    super({
      code: 'DATA_SOURCE_SYNTAX',
      message: `The data source '${text}' cannot be read: ${problem}. Give a folder, 'file.npz', 'file.npz#split=2/4,skew=dirichlet:0.5,seed=0' or 'file.npz#site=NAME'.`,
    })
  }
}

/** Thrown when a data source names nothing that exists, or something that is no folder and no .npz file. */
export class DataNotFoundError extends ConsiliumError {
  constructor({ path, problem }: { path: string; problem: string }) {
    super({
      code: 'DATA_NOT_FOUND',
      message: `No data at '${path}': ${problem}. Give the path of a folder of images or of a .npz file.`,
    })
  }
}

/** Thrown when a data source has no image that can be used. */
export class NoImagesError extends ConsiliumError {
  constructor({ source, skipped }: { source: string; skipped: readonly string[] }) {
    const why = skipped.length > 0 ? ` Skipped: ${skipped.join('; ')}.` : ''
    super({
      code: 'DATA_NO_IMAGES',
      message: `'${source}' has no image that can be used.${why} Expected PNG, JPEG, TIFF or uncompressed DICOM files, or a .npz with train_images.`,
    })
  }
}

/** Thrown when contrastive training would have nothing to contrast. */
export class TooFewImagesError extends ConsiliumError {
  constructor({ source, images, needed }: { source: string; images: number; needed: number }) {
    super({
      code: 'DATA_TOO_FEW',
      message: `'${source}' has ${images} training images, contrastive training needs at least ${needed}. Add images, or take a larger part of the file.`,
    })
  }
}

/** Thrown when labels are needed and there are none. */
export class NoLabelsError extends ConsiliumError {
  constructor({ source, split }: { source: string; split: string }) {
    super({
      code: 'DATA_NO_LABELS',
      message: `'${source}' has no labelled image in its ${split} split, so nothing can be evaluated. Put images into one sub-folder per class, or add a labels.csv with the columns file,label.`,
    })
  }
}

/** Thrown when labels are needed and all are the same. */
export class OneClassError extends ConsiliumError {
  constructor({ source, split, name }: { source: string; split: string; name: string }) {
    super({
      code: 'DATA_ONE_CLASS',
      message: `Every labelled image of '${source}' in the ${split} split is '${name}', so there is nothing to tell apart. Add images of at least one other class.`,
    })
  }
}

/** Thrown when the working images would not fit the cap on a data set. */
export class DataTooLargeError extends ConsiliumError {
  constructor({ source, bytes, maxBytes }: { source: string; bytes: number; maxBytes: number }) {
    super({
      code: 'DATA_TOO_LARGE',
      message: `'${source}' gives ${bytes} bytes of working images, at most ${maxBytes} are allowed. Use fewer images or a smaller working size.`,
    })
  }
}

/** Thrown when a prepared data set on disk is not whole. */
export class DatasetCorruptError extends ConsiliumError {
  constructor({ folder, problem, cause }: { folder: string; problem: string; cause?: unknown }) {
    super({
      code: 'DATA_CACHE_CORRUPT',
      cause,
      message: `The prepared images in '${folder}' cannot be used: ${problem}. Delete that folder; it is made again from the data source.`,
    })
  }
}

/** Thrown when a .npz file or an array in it is not well formed. */
export class NpzFormatError extends ConsiliumError {
  constructor({ path, problem }: { path: string; problem: string }) {
    super({
      code: 'NPZ_FORMAT',
      message: `'${path}' cannot be read as .npz: ${problem}. Write it again with numpy.savez or numpy.savez_compressed.`,
    })
  }
}

/** Thrown when a .npz file is well formed but does not hold images and labels as expected. */
export class NpzContentError extends ConsiliumError {
  constructor({ path, problem }: { path: string; problem: string }) {
    super({
      code: 'NPZ_CONTENT',
      message: `'${path}' does not hold images as expected: ${problem}. Expected {train,val,test}_images of shape [N, H, W] or [N, H, W, 3] and {train,val,test}_labels of shape [N] or [N, 1].`,
    })
  }
}

/** Thrown when `#site=` names a site that the .npz file does not have. */
export class NpzUnknownSiteError extends ConsiliumError {
  constructor({ path, site, known }: { path: string; site: string; known: readonly string[] }) {
    super({
      code: 'NPZ_UNKNOWN_SITE',
      message: `'${path}' has no site '${site}'. It has: ${known.join(', ')}.`,
    })
  }
}

/** Thrown when the coordinator cannot be reached, or the connection broke before it answered. */
export class CoordinatorOfflineError extends ConsiliumError {
  constructor({ url, cause }: { url: string; cause?: unknown }) {
    super({
      code: 'COORDINATOR_OFFLINE',
      message: `The coordinator at ${url} cannot be reached. Check the address and the network; the agent goes on by itself when it is back.`,
      retryable: true,
      cause,
    })
  }
}

/** Thrown when the proxy of the site's network does not let a connection through. */
export class ProxyRefusedError extends ConsiliumError {
  constructor({ target, status }: { target: string; status: number }) {
    super({
      code: 'PROXY_REFUSED',
      message: `The proxy on the way to ${target} answered with HTTP status ${status}. ${status === 407 ? 'It wants a name and a password, or others: put them into CONSILIUM_PROXY or HTTPS_PROXY, http://NAME:PASSWORD@HOST:PORT.' : 'Ask whoever runs it to allow connections to that address and port.'} The agent goes on by itself when it is let through.`,
      retryable: true,
    })
  }
}

/** Thrown when the coordinator refuses a request. Code and message are its own. */
export class CoordinatorRefusalError extends ConsiliumError {}

/** Thrown when something answers at the coordinator's address that is no coordinator, or one that is broken. */
export class CoordinatorAnswerError extends ConsiliumError {
  constructor({ url, got, retryable }: { url: string; got: string; retryable: boolean }) {
    super({
      code: 'COORDINATOR_ANSWER',
      message: `${url} answered with ${got}, which no coordinator does. Check the address and any proxy on the way.`,
      retryable,
    })
  }
}

/** Thrown when the study plan that was agreed to is not the one that is in force. */
export class PlanMismatchError extends ConsiliumError {
  constructor({ expected, got }: { expected: string; got: string }) {
    super({
      code: 'STUDY_PLAN_MISMATCH',
      message: `The coordinator names the study plan ${got}, expected ${expected}. Nothing was trained under it. Start the agent again to look at the plan in force.`,
    })
  }
}

/** Thrown when downloaded weights are not the ones that were announced. They are not kept. */
export class BlobDigestError extends ConsiliumError {
  readonly expected: string
  readonly got: string

  constructor({ expected, got }: { expected: string; got: string }) {
    super({
      code: 'BLOB_DIGEST_MISMATCH',
      message: `The downloaded model has SHA-256 ${got}, announced was ${expected}. It was deleted and is fetched again; if this goes on, look for a proxy that alters downloads.`,
      retryable: true,
    })
    this.expected = expected
    this.got = got
  }
}

/** Thrown when the released backbone is not the one that was announced. It is not kept. */
export class ReleaseDigestError extends ConsiliumError {
  constructor({ expected, got }: { expected: string; got: string }) {
    super({
      code: 'RELEASE_DIGEST_MISMATCH',
      message: `The released backbone has SHA-256 ${got}, announced was ${expected}. It is not used. Look for a proxy that alters downloads or a damaged disk, then run the agent with a new state folder to fetch it once more.`,
    })
  }
}

/** Thrown when the manifest of a release is about another model or another plan. */
export class ReleaseManifestError extends ConsiliumError {
  constructor(problem: string) {
    super({
      code: 'RELEASE_MANIFEST_MISMATCH',
      message: `The manifest of the release does not fit it: ${problem}. Nothing was kept. Ask the study lead which coordinator runs this study.`,
    })
  }
}

/** Thrown when another agent works in the state folder. */
export class StateLockedError extends ConsiliumError {
  constructor({ folder, pid }: { folder: string; pid: number }) {
    super({
      code: 'AGENT_STATE_LOCKED',
      message: `Another agent (process ${pid}) uses the state folder '${folder}'. Stop it, or give this one another --state.`,
    })
  }
}

/** Thrown when there is no room for what the agent has to keep. */
export class DiskFullError extends ConsiliumError {
  constructor(cause?: unknown) {
    super({
      code: 'AGENT_DISK_FULL',
      cause,
      message:
        'No space is left on the disk that holds the state folder. Make room there; the agent goes on by itself when there is some, and nothing is lost.',
      retryable: true,
    })
  }
}

/** Thrown when the state folder belongs to another site or study. */
export class StateOtherStudyError extends ConsiliumError {
  constructor({
    folder,
    what,
    has,
    wanted,
  }: {
    folder: string
    what: string
    has: string
    wanted: string
  }) {
    super({
      code: 'AGENT_STATE_OTHER_STUDY',
      message: `The state folder '${folder}' belongs to ${what} ${has}, this run is for ${wanted}. Give it another --state.`,
    })
  }
}

/** Thrown when a value on the command line cannot be used. */
export class UsageError extends ConsiliumError {
  constructor({ option, value, expected }: { option: string; value: string; expected: string }) {
    super({
      code: 'AGENT_USAGE',
      message: `${option} '${value}' cannot be used: expected ${expected}. See consilium-site --help.`,
    })
  }
}

/** Thrown when the file that lists an agent's studies cannot be used. */
export class AgentConfigError extends ConsiliumError {
  constructor({ file, problem }: { file: string; problem: string }) {
    super({
      code: 'AGENT_CONFIG',
      message: `The configuration '${file}' cannot be used: ${problem}. Expected {"state", "site", "data", "studies": [{"name", "coordinator", "joinToken"}]}; a study may have a site and data of its own.`,
    })
  }
}

interface TrainerEnd {
  readonly code: number | null
  readonly killedBy: string | null
  /** Of a process that could not be started, or not be told. */
  readonly cause?: unknown
}

/** Thrown when the trainer process ends before its job is done: a crash of the native runtime, or a kill, as operating systems do when memory runs out. */
export class TrainerEndedError extends ConsiliumError {
  constructor({ code, killedBy, cause }: TrainerEnd) {
    const how = killedBy === null ? `with exit code ${code ?? 'unknown'}` : `by ${killedBy}`
    super({
      code: 'TRAINING_PROCESS_ENDED',
      cause,
      message: `The training process ended ${how} before its job was done. Check the machine's free memory; the agent tries the round again.`,
      retryable: true,
    })
  }
}

/** Thrown when training cannot have the memory it asks for. */
export class OutOfMemoryError extends ConsiliumError {
  constructor(cause?: unknown) {
    super({
      code: 'TRAINING_OUT_OF_MEMORY',
      cause,
      message:
        'Training ran out of memory. Close other programs on this machine or give it more memory; if this goes on, ask the study lead for a smaller batch, image size or model.',
      retryable: true,
    })
  }
}

/** Says, without ending anything, that work of an interrupted round cannot be used. */
export class CheckpointUnusableError extends ConsiliumError {
  constructor({ round, reason }: { round: number; reason: string }) {
    super({
      code: 'TRAINING_CHECKPOINT_UNUSABLE',
      message: `The checkpoint of round ${round} cannot be used: ${reason}. Nothing needs to be done; the round is trained from its beginning and gives a valid update.`,
    })
  }
}

/** Says, without ending anything, that a round in progress is not written down. */
export class CheckpointNotWrittenError extends ConsiliumError {
  constructor({ round, step }: { round: number; step: number }) {
    super({
      code: 'TRAINING_CHECKPOINT_NOT_WRITTEN',
      message: `Round ${round} cannot be written down after step ${step}: no space is left on the disk that holds the state folder. Training goes on. Make room there; until then an interruption costs the work since the last checkpoint.`,
    })
  }
}

/** Thrown when an evaluation is asked for before the study has released a backbone. */
export class NoReleaseError extends ConsiliumError {
  constructor(folder: string) {
    super({
      code: 'AGENT_NO_RELEASE',
      message: `There is no released backbone in '${folder}'. Run 'consilium-site run' with this state folder until the study is finished.`,
    })
  }
}

/** Thrown when a site is willing to write none of the study's wire formats. */
export class NoCommonFormatError extends ConsiliumError {
  constructor({ agreed, willing }: { agreed: readonly string[]; willing: readonly string[] }) {
    super({
      code: 'TRANSFER_NO_COMMON_FORMAT',
      message: `The study takes updates in ${agreed.join(', ')}; this site writes ${willing.join(', ')}. Allow one of them with --formats, or agree on another study plan.`,
    })
  }
}

/** Thrown when a transfer is under way at the end of the site's own time for them. */
export class TransferWindowClosedError extends ConsiliumError {
  constructor(window: string) {
    super({
      code: 'TRANSFER_WINDOW_CLOSED',
      message: `Transfers run from ${window} only. What has travelled is kept, and the rest follows then.`,
      retryable: true,
    })
  }
}
