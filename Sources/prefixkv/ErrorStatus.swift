import ArgumentParser
import Basics
import Evaluation
import Inference
import Sessions
import Settings

extension ExitStatus {
  /// 66 where something that was named is not there, 64 for what was typed wrongly, 73 and 74 for
  /// output, and 65 for everything that is there and cannot be used.
  static func of(_ error: any Error) -> ExitStatus {
    switch error {
    case SettingsError.unreadable(let error): error.exitStatus
    case SettingsError.badVariable: .usage
    case is LicenceError: .missingInput
    case is NoQuestion: .badData
    case let error as DataError: of(error)
    case let error as ResultError: of(error)
    case SessionError.noSession: .missingInput
    case is ValidationError, is SessionFormatError, is ShardError, is BudgetListError: .usage
    default: .ofEngine(error)
    }
  }

  private static func of(_ error: DataError) -> ExitStatus {
    switch error {
    case .unreadable: .missingInput
    case .bad(let problem), .allBad(_, let problem), .nothingEvaluated(_, let problem):
      problem.isMissingFile ? .missingInput : .badData
    case .nothingSelected, .noQuestions: .usage
    case .noItems, .notUTF8, .shortText: .badData
    }
  }

  private static func of(_ error: ResultError) -> ExitStatus {
    switch error {
    case .unreadable(let error), .unwritable(let error), .notWritten(let error): error.exitStatus
    case .exists, .inUse, .nothingToMerge: .usage
    case .damaged, .otherRun, .twice: .badData
    }
  }
}
