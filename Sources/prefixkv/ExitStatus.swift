import Basics
import Evaluation
import ArgumentParser
import Foundation
import Inference
import KVCache
import TUI

/// Exit statuses of sysexits.h that the program uses.
enum ExitStatus {
  static let usage = ExitCode(64)
  static let badData = ExitCode(65)
  static let missingInput = ExitCode(66)

  /// 66 where a named file is not there or cannot be opened, 64 for what was typed wrongly, 65 for
  /// everything that is there and unusable.
  static func of(_ error: any Error) -> ExitCode {
    switch error {
    case let error as ImageError where isMissing(error): missingInput
    case WeightError.bundledModelUnusable(let reason): of(reason)
    case WeightError.noSuchModel, WeightError.unreadable: missingInput
    case DataError.unreadable, ResultError.unreadable: missingInput
    case is ShardError, ResultError.exists: usage
    case is BudgetError, is TemplateError, is RetentionError: usage
    default: badData
    }
  }

  private static func isMissing(_ error: ImageError) -> Bool {
    switch error {
    case .noPath, .remoteAddress, .notFound, .unreadable, .notAFile: true
    default: false
    }
  }
}

/// Runs a subcommand's work; an error becomes one sentence on stderr and an exit status.
func exitingWithStatus(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ExitCode {
    throw error
  } catch {
    let sentence = (error as? LocalizedError)?.errorDescription ?? "\(error)"
    FileHandle.standardError.write(Data("prefixkv: \(DisplayText.visible(sentence))\n".utf8))
    throw ExitStatus.of(error)
  }
}
