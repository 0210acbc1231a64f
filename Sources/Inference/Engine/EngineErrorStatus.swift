import Basics
import KVCache

extension ExitStatus {
  /// What an error of the engine means for a program that ends because of it: 66 where something that
  /// was named is not there, 64 for what was typed wrongly, 73 and 74 for output, and 65 for everything
  /// that is there and cannot be used.
  public static func ofEngine(_ error: any Error) -> ExitStatus {
    switch error {
    case let error as FileError: error.exitStatus
    case let error as ImageError: error.isMissingFile ? .missingInput : .badData
    case WeightError.bundledModelUnusable(let reason): ofEngine(reason)
    case WeightError.noSuchModel, WeightError.unreadable: .missingInput
    case WeightError.unwritable(let error): error.exitStatus
    case CacheError.spill: .cannotWrite
    case let error as ConfigurationError: of(error)
    case is BudgetError, is TemplateError, is RetentionError: .usage
    case ModelError.blind, is PictureTokenError: .usage
    case KernelError.unavailableInstructions, KernelError.threadsNotStarted: .usage
    default: .badData
    }
  }

  private static func of(_ error: ConfigurationError) -> ExitStatus {
    switch error {
    case .missing: .missingInput
    case .unreadable(let error): error.exitStatus
    case .ambiguous: .usage
    case .bad, .layers: .badData
    }
  }
}
